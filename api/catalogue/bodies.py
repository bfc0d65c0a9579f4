"""Bodies of catalogue calls as the values of `domain.catalogue`, and what is wrong with them in the caller's terms."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from api.problems import Problem
from api.schemas import one_line, without_nul

Value = TypeVar("Value", bound=BaseModel)

_EXAMPLES = {
    r"^[^@\s]+@[^@\s]+$": "must be an e-mail address such as ana@example.com",
    r"^https?://\S+$": "must begin with http:// or https://",
    r"^https?://[^\s/@]+(/\S*)?$": "must begin with http:// or https://, and hold no user name or password",
    r"^#\S{1,99}$": "must be # and a name, such as #sre-core",
    r"^[a-z]{2}(-[A-Z]{2})?$": "must be a language such as en or pt-BR",
}
"""What is right, instead of the pattern that says so to a machine."""


def value_of(kind: type[Value], body: Mapping[str, Any], whole: str = "body") -> Value:
    """The value that a body means.

    Args:
        kind: the value's type.
        body: a JSON object; its texts are freed of what would steer a terminal, names are brought onto one line.
        whole: the field to name for what is wrong with the value as a whole.

    Raises:
        Problem: 422 naming the fields.
    """
    clean = _clean(body, "")
    for name in ("name", "email"):
        if isinstance(clean.get(name), str):
            clean[name] = one_line(clean[name])
    try:
        return kind.model_validate_json(json.dumps(clean), strict=True)
    except ValidationError as error:
        raise of_errors(error.errors(), clean, whole) from error


def of_errors(errors: Sequence[Any], body: Any, whole: str = "body") -> Problem:
    """What pydantic found as a problem: fields as the body names them, without the branches of unions."""
    inner = [error["loc"] for error in errors]
    # A list whose parts are wrong is called too short as well.
    errors = [
        error
        for error in errors
        if error["type"] != "too_short" or not any(loc[: len(error["loc"])] == error["loc"] != loc for loc in inner)
    ]
    named = [{"field": _field(error, body) or whole, "message": _message(error)} for error in errors]
    said = list({(one["field"], one["message"]): one for one in named}.values())
    return Problem(422, "; ".join(f"{one['field']}: {one['message']}" for one in said[:10]), said)


def _clean(value: Any, field: str) -> Any:
    if isinstance(value, str):
        try:
            return without_nul(value)
        except ValueError as error:
            raise Problem.of_field(field or "body", str(error)) from error
    if isinstance(value, list):
        return [_clean(part, f"{field}.{place}".strip(".")) for place, part in enumerate(value)]
    if isinstance(value, dict):
        return {_clean(key, field): _clean(part, f"{field}.{key}".strip(".")) for key, part in value.items()}
    return value


def _field(error: Any, body: Any) -> str:
    """Where it is in the body: what pydantic names of its own unions is no place there."""
    place, parts = body, []
    location = list(error["loc"])
    for number, part in enumerate(location):
        last = number == len(location) - 1
        if (isinstance(place, dict) and part in place) or (isinstance(place, list) and isinstance(part, int)):
            parts.append(str(part))
            place = place[part] if not isinstance(place, list) or part < len(place) else None
        elif last and error["type"] == "missing":
            parts.append(str(part))
    return ".".join(part for part in parts if part.isprintable())


def _message(error: Any) -> str:
    if error["type"] == "string_pattern_mismatch":
        pattern = error["ctx"]["pattern"]
        return _EXAMPLES.get(pattern, f"must match {pattern}")
    if error["type"] == "extra_forbidden":
        return "is no field here"
    if error["type"] in ("too_short", "too_long"):
        most, least = error["ctx"].get("max_length"), error["ctx"].get("min_length")
        return f"must have at most {most} items" if most is not None else f"must have at least {least}"
    message = str(error["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
