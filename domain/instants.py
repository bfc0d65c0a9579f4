"""Instants as people write them: with the offset from UTC, without which nobody knows whose clock it is."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, TypeAdapter

FIRST_YEAR, LAST_YEAR = 1970, 2199
"""Of what is written down: schedules, overrides, days away."""
EXAMPLE = "2026-01-05T09:00:00+01:00 or 2026-01-05T08:00:00Z"

TIME_ON_A_DATE = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}", re.ASCII | re.IGNORECASE)

_DATETIME: TypeAdapter[datetime] = TypeAdapter(datetime)


def _written(value: object) -> object:
    """A number, or a number in quotes, would be read as seconds since 1970; nobody means that."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and TIME_ON_A_DATE.match(value.strip()):
        # Read here: where JSON is read strictly, a text that has been through a validator is not read any more.
        return _DATETIME.validate_python(value)
    raise ValueError(f"must be a timestamp such as {EXAMPLE}")


def _known(value: datetime) -> datetime:
    if value.utcoffset() is None:
        raise ValueError(f"has no offset from UTC: write it as {EXAMPLE}")
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}")
    return value


Instant = Annotated[datetime, BeforeValidator(_written), AfterValidator(_known)]
"""A datetime that knows its offset from UTC; kept as it was given."""
