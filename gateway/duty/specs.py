"""When a Temporal Schedule looks for a hand-off: by the clocks of the schedule's zone, at every time that may be one.

Looking once too often does no harm, for the rules say whether anybody hands over; too seldom would.
"""

from collections.abc import Iterator, Sequence

from temporalio.client import ScheduleCalendarSpec, ScheduleRange, ScheduleSpec

from domain.duty import handing_level
from domain.schedule.schedule import Rotation, Schedule
from domain.schedule.turns import local_start
from domain.wall_clock import zone_of

MOST_CALENDARS = 20
_LAST_SKIPPED_HOUR = 3
"""Clocks skip times in the small hours: then the hand-off is at the first instant after, found an hour later."""
_SHORTEST_MONTH = 28
_EVERY_WEEKDAY: tuple[ScheduleRange, ...] = (ScheduleRange(0, 6),)
_EVERY_DAY: tuple[ScheduleRange, ...] = (ScheduleRange(1, 31),)


def handoff_spec(schedule: Schedule) -> ScheduleSpec | None:
    """When the people of the level that hands over may change; None where it has no turns."""
    level = handing_level(schedule)
    layers = [layer for layer in schedule.layers if layer.level == level]
    found = [_calendar(rotation, schedule.time_zone) for layer in layers for rotation in layer.rotations]
    if any(layer.calendar for layer in layers):
        found.append(
            ScheduleCalendarSpec(hour=_at(*range(24)), comment="an imported calendar may hand over at any hour")
        )
    calendars = list(_distinct(found))[:MOST_CALENDARS]
    return ScheduleSpec(calendars=calendars, time_zone_name=schedule.time_zone) if calendars else None


def _calendar(rotation: Rotation, zone: str) -> ScheduleCalendarSpec:
    first = local_start(rotation, zone_of(zone))
    hours: Sequence[int] = [first.hour]
    weekday, day = _EVERY_WEEKDAY, _EVERY_DAY
    match rotation.kind:
        case "hourly":
            regular = 24 % rotation.interval == 0
            hours = range(first.hour % rotation.interval, 24, rotation.interval) if regular else range(24)
        case "weekly":
            weekday = _at(first.isoweekday() % 7)
        case "monthly":
            # Shorter months hand over on their last day.
            day = _at(first.day) if first.day < _SHORTEST_MONTH else (ScheduleRange(_SHORTEST_MONTH, 31),)
        case "daily":
            pass
    late = [hour + 1 for hour in hours if hour <= _LAST_SKIPPED_HOUR]
    return ScheduleCalendarSpec(
        second=_at(first.second),
        minute=_at(first.minute),
        hour=_at(*sorted({*hours, *late})),
        day_of_week=weekday,
        day_of_month=day,
    )


def _at(*values: int) -> tuple[ScheduleRange, ...]:
    return tuple(ScheduleRange(start=value, end=value) for value in values)


def _distinct(found: Sequence[ScheduleCalendarSpec]) -> Iterator[ScheduleCalendarSpec]:
    seen: list[ScheduleCalendarSpec] = []
    for one in found:
        if one not in seen:
            seen.append(one)
            yield one
