"""When a Temporal Schedule looks for a hand-off: by the clocks of the schedule's zone, at every time that may be one.

That is where a turn begins, where the hours of a restricted rotation begin and end, and where a rotation ends for good.
Overrides are left out: whoever is put on call by one is told when it is made. Looking once too often does no harm, for
the rules say whether anybody hands over, and a hand-off is kept once; too seldom would.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from temporalio.client import ScheduleCalendarSpec, ScheduleRange, ScheduleSpec

from domain.duty import handing_level
from domain.hours import WEEKDAYS
from domain.schedule.schedule import Restriction, Rotation, Schedule
from domain.schedule.turns import local_start
from domain.wall_clock import zone_of

MOST_CALENDARS = 20
OFTEN = ScheduleCalendarSpec(
    minute=(ScheduleRange(0, 59, 5),), hour=(ScheduleRange(0, 23),), comment="too many times to name each"
)
_SKIPPED_HOURS = frozenset({22, 23, 0, 1, 2, 3})
"""In which clocks of some zone skip an hour: a hand-off there is at the first instant after, found an hour later."""
_YEARS = range(2001, 2100)
"""That Temporal takes in any zone: it knows 2000 to 2100."""
_SHORTEST_MONTH = 28
_WEEK = tuple(range(7))
"""From Sunday on, as Temporal counts."""
_EVERY_DAY = ScheduleRange(1, 31)


class _Clock(NamedTuple):
    """A wall-clock time, on which days of a month."""

    hour: int
    minute: int
    second: int = 0
    days: ScheduleRange = _EVERY_DAY


_When = tuple[_Clock, Sequence[int]]
"""A time, and on which weekdays."""


def handoff_spec(schedule: Schedule) -> ScheduleSpec | None:
    """When the people of the level that hands over may change; None where it has no turns."""
    level = handing_level(schedule)
    layers = [layer for layer in schedule.layers if layer.level == level]
    rotations = [rotation for layer in layers for rotation in layer.rotations]
    times = [time for rotation in rotations for time in _times(rotation, schedule.time_zone)]
    calendars = _calendars([*times, *(late for time in times for late in _an_hour_later(*time))])
    ends = [rotation.until for rotation in rotations if rotation.until and rotation.until.year in _YEARS]
    calendars += [_once(at, schedule.time_zone) for at in ends]
    if any(layer.calendar for layer in layers):
        every_hour = tuple(ScheduleRange(hour) for hour in range(24))
        calendars.append(
            ScheduleCalendarSpec(hour=every_hour, comment="an imported calendar may hand over at any hour")
        )
    if len(calendars) > MOST_CALENDARS:
        calendars = [OFTEN]
    return ScheduleSpec(calendars=calendars, time_zone_name=schedule.time_zone) if calendars else None


def _times(rotation: Rotation, zone: str) -> Iterator[_When]:
    yield from _turns(rotation, zone)
    for restriction in rotation.restrictions:
        yield from _edges(restriction)


def _turns(rotation: Rotation, zone: str) -> Iterator[_When]:
    """Where turns begin; of an interval of days, weeks or months, every one."""
    first = _whole_second(local_start(rotation, zone_of(zone)))
    clock = _Clock(first.hour, first.minute, first.second)
    match rotation.kind:
        case "hourly":
            regular = 24 % rotation.interval == 0
            hours = range(first.hour % rotation.interval, 24, rotation.interval) if regular else range(24)
            yield from ((clock._replace(hour=hour), _WEEK) for hour in hours)
        case "daily":
            yield clock, _WEEK
        case "weekly":
            yield clock, (first.isoweekday() % 7,)
        case "monthly":
            # Shorter months hand over on their last day.
            last = first.day if first.day < _SHORTEST_MONTH else 31
            yield clock._replace(days=ScheduleRange(min(first.day, _SHORTEST_MONTH), last)), _WEEK


def _edges(restriction: Restriction) -> Iterator[_When]:
    """Where hours begin and end, holiday or not."""
    weekdays = [(WEEKDAYS.index(day) + 1) % 7 for day in restriction.weekdays]
    yield _clock(restriction.from_), weekdays
    next_day = restriction.until <= restriction.from_ or restriction.until == "24:00"
    yield _clock(restriction.until), [(day + next_day) % 7 for day in weekdays]


def _clock(text: str) -> _Clock:
    return _Clock(int(text[:2]) % 24, int(text[3:]))


def _an_hour_later(clock: _Clock, weekdays: Sequence[int]) -> Iterator[_When]:
    if clock.hour == 23:
        yield _Clock(0, clock.minute, clock.second), _WEEK
    elif clock.hour in _SKIPPED_HOURS:
        yield clock._replace(hour=clock.hour + 1), weekdays


def _calendars(times: Sequence[_When]) -> list[ScheduleCalendarSpec]:
    """The same times in few calendars: those on the same days are one."""
    weekdays_of: defaultdict[_Clock, set[int]] = defaultdict(set)
    for clock, weekdays in times:
        weekdays_of[clock].update(weekdays)
    hours_of: defaultdict[tuple[_Clock, tuple[int, ...]], list[int]] = defaultdict(list)
    for clock in sorted(weekdays_of, key=lambda clock: clock[:3]):
        hours_of[clock._replace(hour=0), tuple(sorted(weekdays_of[clock]))].append(clock.hour)
    return [
        ScheduleCalendarSpec(
            second=_at(clock.second),
            minute=_at(clock.minute),
            hour=_at(*hours),
            day_of_week=_at(*weekdays),
            day_of_month=(clock.days,),
        )
        for (clock, weekdays), hours in hours_of.items()
    ]


def _once(at: datetime, zone: str) -> ScheduleCalendarSpec:
    """A single time: where a rotation has nobody any more."""
    local = _whole_second(at.astimezone(zone_of(zone)))
    return ScheduleCalendarSpec(
        second=_at(local.second),
        minute=_at(local.minute),
        hour=_at(local.hour),
        day_of_month=_at(local.day),
        month=_at(local.month),
        year=_at(local.year),
    )


def _whole_second(at: datetime) -> datetime:
    """The first one from there on: Temporal counts no less."""
    return at.replace(microsecond=0) + timedelta(seconds=at.microsecond > 0)


def _at(*values: int) -> tuple[ScheduleRange, ...]:
    return tuple(ScheduleRange(start=value, end=value) for value in values)
