"""Settings for commands: a wrong or missing one is wrong usage, told in a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from cli.errors import WrongUsage
from config.settings import Settings, SettingsError, get_settings


@contextmanager
def settings() -> Iterator[Settings]:
    """The settings of this process.

    Raises:
        WrongUsage: one is wrong, or one that the body asks for is missing.
    """
    try:
        yield get_settings()
    except ValidationError as error:
        if error.title != Settings.__name__:
            raise
        wrong = (f"  {_variable(fault['loc'])}: {fault['msg']}" for fault in error.errors())
        raise WrongUsage("\n".join(["wrong settings:", *wrong])) from error
    except SettingsError as error:
        raise WrongUsage(str(error)) from error


def _variable(location: tuple[int | str, ...]) -> str:
    return f"TOCSIN_{location[0]}".upper() if location else "TOCSIN_…"
