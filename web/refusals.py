"""What the API's functions refuse, told beside the fields of the form that asked for it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pydantic import ValidationError

from api.problems import Problem, of_validation
from web.forms import Form


@contextmanager
def noted(form: Form, fields: Mapping[str, str], otherwise: str) -> Iterator[None]:
    """Note in the form what is refused inside; what names no field at all is raised on.

    Args:
        form: whose errors are noted.
        fields: the form's field for each of the API's.
        otherwise: the form's field for any other.
    """
    try:
        yield
    except ValidationError as error:
        _note(form, of_validation(error.errors()), fields, otherwise)
    except Problem as problem:
        if not problem.errors:
            raise
        _note(form, problem, fields, otherwise)


def _note(form: Form, problem: Problem, fields: Mapping[str, str], otherwise: str) -> None:
    for error in problem.errors:
        name = fields.get(error["field"].partition(".")[0], otherwise)
        form.errors.setdefault(name, f"{error['message'][:1].upper()}{error['message'][1:]}.")
