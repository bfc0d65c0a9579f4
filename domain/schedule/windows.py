"""The hours at which a restricted rotation is awake.

A window covers whatever clocks show within it, and what lies between: it begins at the first pass of its wall-clock
time and ends when clocks show no time before its end any more. In a repeated hour two people on call are better than
none. An edge in a skipped time is at the first instant after it.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.hours import WEEKDAYS
from domain.schedule.schedule import Restriction
from domain.wall_clock import end_instant, first_instant

Window = tuple[datetime, datetime]
_DAY = timedelta(days=1)


def windows(
    restrictions: Iterable[Restriction], zone: ZoneInfo, holidays: frozenset[date], start: datetime, end: datetime
) -> list[Window]:
    """When any of them is awake in `[start, end)`: starts and ends in UTC, in order, clipped, none touching the next.

    Without restrictions, all the time.
    """
    found: list[Window] = []
    restrictions = tuple(restrictions)
    if not restrictions:
        return [(start, end)]
    # Days are counted with one to spare on either side: a window may begin the day before, zones are hours away.
    day, last = start.astimezone(zone).date() - 2 * _DAY, end.astimezone(zone).date() + _DAY
    while day <= last:
        for restriction in restrictions:
            if _applies(restriction, day, holidays):
                begin, finish = _window(restriction, day, zone)
                if max(begin, start) < min(finish, end):
                    found.append((max(begin, start), min(finish, end)))
        day += _DAY
    return joined(found)


def joined(spans: Iterable[Window]) -> list[Window]:
    """The same time as few spans, in order."""
    result: list[Window] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = result[-1][0], max(end, result[-1][1])
        else:
            result.append((start, end))
    return result


def _applies(restriction: Restriction, day: date, holidays: frozenset[date]) -> bool:
    if WEEKDAYS[day.weekday()] not in restriction.weekdays:
        return False
    return restriction.holidays == "any" or (day in holidays) == (restriction.holidays == "only")


def _window(restriction: Restriction, day: date, zone: ZoneInfo) -> Window:
    begin, finish = _minutes(restriction.from_), _minutes(restriction.until)
    if finish <= begin:
        finish += 24 * 60
    midnight = datetime.combine(day, time())
    return (
        first_instant(midnight + timedelta(minutes=begin), zone),
        end_instant(midnight + timedelta(minutes=finish), zone),
    )


@lru_cache(maxsize=2048)
def _minutes(text: str) -> int:
    """After midnight, of `HH:MM`."""
    return int(text[:2]) * 60 + int(text[3:])
