"""JSON as senders really write it: what the strict reader refuses gets a second chance, for it may be a page."""

import json
from typing import Any

from pydantic_core import from_json


def forgiving_json(raw: bytes) -> Any:
    """A body's value.

    Beyond RFC 8259 it may begin with a byte-order mark, hold bytes that are no UTF-8, halves of surrogate pairs (a
    title that was cut inside an emoji) and NaN; what cannot be stored becomes U+FFFD, and NaN null.

    Raises:
        ValueError: it is no JSON even so, or nested too deeply.
    """
    try:
        return from_json(raw, allow_inf_nan=False)
    except ValueError:
        text = raw.decode("utf-8-sig", errors="replace")
        try:
            return _storable(json.loads(text, parse_constant=lambda _: None))
        except RecursionError as error:
            raise ValueError("it is nested too deeply") from error


def _storable(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", errors="replace").decode()
        case list():
            return [_storable(one) for one in value]
        case dict():
            return {_storable(name): _storable(one) for name, one in value.items()}
        case float() if value in (float("inf"), float("-inf")):
            return None
        case _:
            return value
