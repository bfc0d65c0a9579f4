"""One case of shifts worked out by hand, from the calendar and the dates of the clock changes.

The changes of 2026, each on a Sunday (5 January is a Monday):

- Paris, UTC+1, summer +2: on 29 March at 01:00 UTC clocks go from 02:00 to 03:00, on 25 October at 01:00 UTC from
  03:00 to 02:00.
- Chicago, UTC-6, summer -5: on 8 March at 08:00 UTC from 02:00 to 03:00, on 1 November at 07:00 UTC from 02:00 to
  01:00.
- Lord Howe, UTC+10:30, summer +11: on 5 April at 02:00 (4 April 15:00 UTC) to 01:30, on 4 October at 02:00
  (3 October 15:30 UTC) to 02:30.
- Kolkata, UTC+5:30, none.

A line of expectation is `start > end people`, in UTC, of the year of the question unless it says another.
"""

from typing import NamedTuple

from domain.schedule.schedule import Schedule


class Case(NamedTuple):
    """A question and its answer."""

    what: str
    schedule: Schedule
    window: str
    """`start > end`, in UTC."""
    expected: list[str]
    merge: bool = True
