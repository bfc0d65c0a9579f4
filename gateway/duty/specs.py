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
    second, minute, hour = _at(first.second), _at(first.minute), _at(*_hours(first.hour))
    match rotation.kind:
        case "hourly":
            hours = (
                range(first.hour % rotation.interval, 24, rotation.interval)
                if 24 % rotation.interval == 0
                else range(24)
            )
            return ScheduleCalendarSpec(second=second, minute=minute, hour=_at(*hours))
        case "daily":
            return ScheduleCalendarSpec(second=second, minute=minute, hour=hour)
        case "weekly":
            weekday = _at(first.isoweekday() % 7)
            return ScheduleCalendarSpec(second=second, minute=minute, hour=hour, day_of_week=weekday)
        case "monthly":
            last = first.day > _SHORTEST_MONTH  # shorter months hand over on their last day
            day = (ScheduleRange(start=_SHORTEST_MONTH, end=31),) if last else _at(first.day)
            return ScheduleCalendarSpec(second=second, minute=minute, hour=hour, day_of_month=day)


def _hours(hour: int) -> Sequence[int]:
    return (hour, hour + 1) if hour <= _LAST_SKIPPED_HOUR else (hour,)


def _at(*values: int) -> tuple[ScheduleRange, ...]:
    return tuple(ScheduleRange(start=value, end=value) for value in values)


def _distinct(found: Sequence[ScheduleCalendarSpec]) -> Iterator[ScheduleCalendarSpec]:
    seen: list[ScheduleCalendarSpec] = []
    for one in found:
        if one not in seen:
            seen.append(one)
            yield one
