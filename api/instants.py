"""Instants and spans of time as callers write them, in queries and in bodies."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator

from api.problems import Problem
from domain.instants import EXAMPLE, FIRST_YEAR, LAST_YEAR, TIME_ON_A_DATE

LONGEST = timedelta(days=400)
"""That shifts are told for."""

_LOST_PLUS = re.compile(r" (\d{2}:?\d{2})$")
"""A `+` that nobody encoded is a space when it arrives."""


def instant(value: object) -> datetime:
    """A timestamp with its offset, as UTC.

    Raises:
        ValueError: it is none, has no offset, or lies where no schedule reaches.
    """
    if isinstance(value, datetime):
        at = value
    elif isinstance(value, str) and TIME_ON_A_DATE.match(value.strip().upper()):
        try:
            at = datetime.fromisoformat(_LOST_PLUS.sub(r"+\1", value.strip().upper()))
        except ValueError as error:
            raise ValueError(f"is no time that there is: write it as {EXAMPLE}") from error
    else:
        raise ValueError(f"must be a timestamp such as {EXAMPLE}")
    if at.utcoffset() is None:
        raise ValueError(f"has no offset from UTC: write it as {EXAMPLE}")
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}")
    return at.astimezone(UTC)


Instant = Annotated[datetime, BeforeValidator(instant)]
"""In UTC; what has no offset is refused, for nobody knows whose clock it means."""


def require_span(start: datetime, end: datetime, longest: timedelta = LONGEST, fields: str = "from to") -> None:
    """See that a span of time runs forwards and is not too long.

    Raises:
        Problem: naming the end.
    """
    first, last = fields.split()
    if end <= start:
        raise Problem.of_field(last, f"must be later than {first}")
    if end - start > longest:
        raise Problem.of_field(last, f"must be at most {longest.days} days after {first}")
