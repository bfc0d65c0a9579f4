"""Wall-clock hours, turns and zones, from the terms of other products into those of the catalogue."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from domain.hours import WEEKDAYS, Weekday
from domain.schedule.schedule import Restriction
from domain.wall_clock import zone_of

DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
Kind = Literal["hourly", "daily", "weekly", "monthly"]


class Length(NamedTuple):
    """How long a turn is."""

    kind: Kind
    interval: int


def length_of(seconds: int) -> Length | None:
    """The length of a turn as whole weeks, days or hours; None when it is none of these."""
    for kind, unit in (("weekly", 604_800), ("daily", 86_400), ("hourly", 3600)):
        if seconds >= unit and seconds % unit == 0:
            return Length(kind, seconds // unit)  # type: ignore[arg-type]
    return None


def hours(days: Sequence[Weekday], start_minute: int, minutes: int) -> tuple[Restriction, ...]:
    """Windows that begin on some weekdays at a minute after midnight and last so many minutes; none for always.

    The catalogue's windows last a day at most: a longer one is cut at midnights.
    """
    if minutes <= DAY_MINUTES:
        if len(set(days)) == 7 and minutes == DAY_MINUTES:
            return ()
        return (_window(days, start_minute, (start_minute + minutes) % DAY_MINUTES),)
    if minutes >= WEEK_MINUTES:
        return ()
    pieces: list[Restriction] = []
    for day in days:
        left, begin, weekday = minutes, start_minute, WEEKDAYS.index(day)
        while left > 0:
            here = min(left, DAY_MINUTES - begin)
            pieces.append(_window((WEEKDAYS[weekday % 7],), begin, begin + here))
            left, begin, weekday = left - here, 0, weekday + 1
    return tuple(pieces)


def either(groups: Iterable[tuple[Restriction, ...]]) -> tuple[Restriction, ...]:
    """Any of several windows; one that is always open makes the others idle."""
    found = list(groups)
    return () if () in found else tuple(window for group in found for window in group)


def _window(days: Sequence[Weekday], begin: int, end: int) -> Restriction:
    ordered = tuple(day for day in WEEKDAYS if day in days)
    return Restriction(weekdays=ordered, from_=_clock(begin), until="24:00" if end in (0, DAY_MINUTES) else _clock(end))


def minute_of(clock: str) -> int:
    """After midnight, of `HH:MM` or `HH:MM:SS`; seconds do not count."""
    hour, minute, *_ = clock.rstrip("Z").split(":")
    return int(hour) * 60 + int(minute)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def same_clocks(one: str, other: str, since: datetime) -> bool:
    """Whether the clocks of two zones show the same for the next two years."""
    first, second = zone_of(one), zone_of(other)
    return one == other or all(
        _offset(at, first) == _offset(at, second) for at in (since + timedelta(hours=6 * n) for n in range(4 * 730))
    )


def _offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()
