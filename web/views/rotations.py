"""Rotations in words: who takes turns, when they hand off, when they rest."""

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from domain.hours import WEEKDAYS
from domain.schedule.schedule import Layer, Restriction, Rotation, Schedule
from web.views.naming import Naming, joined

_EVERY = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}
_DAYS = {"mon": "Mon", "tue": "Tue", "wed": "Wed", "thu": "Thu", "fri": "Fri", "sat": "Sat", "sun": "Sun"}
_WORKDAYS = WEEKDAYS[:5]


@dataclass(frozen=True)
class Turn:
    """One rotation as people read it."""

    layer: str
    level: int
    people: str
    rhythm: str
    hours: str


def turns_of(schedule: Schedule, name: Naming) -> Iterator[Turn]:
    """Every rotation and every calendar, in the order of the schedule."""
    for layer in schedule.layers:
        if layer.calendar:
            yield Turn(layer.name, layer.level, "as its calendar says", f"calendar “{layer.calendar}”", "")
        for rotation in layer.rotations:
            yield _turn(layer, rotation, schedule, name)


def _turn(layer: Layer, rotation: Rotation, schedule: Schedule, name: Naming) -> Turn:
    groups = [joined([name(email) for email in group]) if group else "nobody" for group in rotation.participants]
    people = ", then ".join(groups)
    if rotation.assignment == "fair":
        people = f"{joined(groups)}, whoever has had the least"
    return Turn(layer.name, layer.level, people, rhythm(rotation, schedule.time_zone), hours(rotation))


def rhythm(rotation: Rotation, zone: str) -> str:
    """`every week, hand-off Mon 09:00`."""
    unit = _EVERY[rotation.kind]
    every = f"every {unit}" if rotation.interval == 1 else f"every {rotation.interval} {unit}s"
    wall = rotation.start.astimezone(ZoneInfo(zone))
    at = {
        "hourly": f"from {wall:%H:%M} on",
        "daily": f"hand-off {wall:%H:%M}",
        "weekly": f"hand-off {wall:%a %H:%M}",
        "monthly": f"hand-off on day {wall.day}, {wall:%H:%M}",
    }[rotation.kind]
    until = rotation.until
    ends = f", until {until.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" if until else ""
    return f"{every}, {at}{ends}"


def hours(rotation: Rotation) -> str:
    """`Mon to Fri 09:00–17:00`; nothing for around the clock."""
    return "; ".join(_hours(one) for one in rotation.restrictions)


def _hours(restriction: Restriction) -> str:
    days = tuple(sorted(set(restriction.weekdays), key=WEEKDAYS.index))
    if days == WEEKDAYS:
        words = "every day"
    elif days == _WORKDAYS:
        words = "Mon to Fri"
    else:
        words = ", ".join(_DAYS[day] for day in days)
    holidays = {"any": "", "only": ", holidays only", "never": ", not on holidays"}[restriction.holidays]
    return f"{words} {restriction.from_}–{restriction.until}{holidays}"
