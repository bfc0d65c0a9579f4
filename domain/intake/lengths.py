"""Lengths of time as people type them: `30m`, `2h`, `1d 12h`."""

import re

_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_PART = re.compile(r"(\d{1,9})\s*(min|[smhdw])", re.ASCII)
_WHOLE = re.compile(rf"(?:\s*{_PART.pattern})+\s*", re.ASCII)


def seconds_of(text: str) -> int:
    """How many seconds a length of time has.

    Raises:
        ValueError: it is none.
    """
    lowered = text.lower()
    if not _WHOLE.fullmatch(lowered):
        raise ValueError("must be a length of time such as 30m, 2h or 1d 12h")
    return sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(lowered))
