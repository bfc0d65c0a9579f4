"""Shifts of Grafana OnCall as rotations.

There, a shift is an event that recurs by the rules of iCalendar, and groups of users take its periods in turn. Here, a
rotation has turns without gaps, and hours in which it is awake. So a turn is one period of the frequency, periods that
the interval leaves out are turns of nobody, and what of a period the event lasts are its hours.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from domain.hours import WEEKDAYS, Weekday
from domain.schedule.schedule import Rotation
from domain.wall_clock import zone_of
from gateway.importers.clocks import DAY_MINUTES, WEEK_MINUTES, hours, same_clocks
from gateway.importers.imported import Item

_DAYS: dict[str, Weekday] = {day[:2].upper(): day for day in WEEKDAYS}
_HOUR_MINUTES = 60


class Cannot(Exception):
    """A shift cannot be said as a rotation; the message says why."""


def event(shift: Item, zone: str) -> tuple[datetime, datetime]:
    """Start and end of a shift's first event."""
    start = _local(shift["start"], zone_of(_zone(shift, zone)))
    return start, start + timedelta(seconds=int(shift["duration"]))


def rotation_of(shift: Item, groups: Sequence[tuple[str, ...]], zone: str, now: datetime) -> Rotation | None:
    """The rotation that has the same people on call; None when it is over.

    Args:
        shift: of the API, with a frequency.
        groups: e-mail addresses, in the order of their turns.
        zone: IANA name, of the schedule.
        now: when the dump was made.

    Raises:
        Cannot: there is no such rotation.
    """
    own = _zone(shift, zone)
    if not same_clocks(own, zone, now):
        raise Cannot(f"is by the clocks of {own}, the schedule by those of {zone}: make a schedule of its own of it")
    local = zone_of(own)
    until = _local(shift["until"], local) if shift.get("until") else None
    if until is not None and until <= now:
        return None
    if shift.get("rotation_start") and _local(shift["rotation_start"], local) > now:
        raise Cannot(f"begins on {shift['rotation_start'][:10]} only: add it then")
    if shift.get("by_month") or shift.get("by_monthday"):
        raise Cannot("by_month and by_monthday cannot be said here")
    start, minutes = _local(shift["start"], local), int(shift["duration"]) // 60
    if start > now:
        raise Cannot(f"begins on {shift['start'][:10]} only: add it then")
    shape = _SHAPES.get(str(shift["frequency"]))
    if shape is None:
        raise Cannot(f"repeats {shift['frequency']}, by a length of time that is not that of a turn here")
    found: Rotation = shape(shift, groups, start, minutes)
    return found.model_copy(update={"until": until})


def _weekly(shift: Item, groups: Sequence[tuple[str, ...]], start: datetime, minutes: int) -> Rotation:
    interval = int(shift.get("interval") or 1)
    days = _by_day(shift) or [WEEKDAYS[start.weekday()]]
    if len(days) == 1 and minutes == interval * WEEK_MINUTES:
        return Rotation(kind="weekly", interval=interval, start=_first(shift, start, days), participants=tuple(groups))
    if minutes > WEEK_MINUTES:
        raise Cannot("lasts longer than a week, and not until its next turn")
    return Rotation(
        kind="weekly",
        start=_first(shift, start, days),
        participants=_with_pauses(groups, interval),
        restrictions=hours(days, start.hour * 60 + start.minute, minutes),
    )


def _daily(shift: Item, groups: Sequence[tuple[str, ...]], start: datetime, minutes: int) -> Rotation:
    interval = int(shift.get("interval") or 1)
    days = _by_day(shift)
    if days and len(groups) * interval > 1:
        raise Cannot("repeats daily on some weekdays with several turns: which day is whose moves from week to week")
    if minutes > DAY_MINUTES:
        return _whole(groups, start, minutes, DAY_MINUTES, interval, "daily")
    return Rotation(
        kind="daily",
        start=start,
        participants=_with_pauses(groups, interval),
        restrictions=hours(days or WEEKDAYS, start.hour * 60 + start.minute, minutes),
    )


def _hourly(shift: Item, groups: Sequence[tuple[str, ...]], start: datetime, minutes: int) -> Rotation:
    if _by_day(shift):
        raise Cannot("repeats hourly on some weekdays")
    return _whole(groups, start, minutes, _HOUR_MINUTES, int(shift.get("interval") or 1), "hourly")


def _whole(
    groups: Sequence[tuple[str, ...]], start: datetime, minutes: int, unit: int, interval: int, kind: Any
) -> Rotation:
    """Turns of several whole units, with a pause until the next one."""
    lasting, rest = divmod(minutes, unit)
    if rest or lasting > interval:
        raise Cannot("lasts longer than until its next turn, or not for whole hours or days")
    if lasting == interval:
        return Rotation(kind=kind, interval=interval, start=start, participants=tuple(groups))
    turns = [turn for group in groups for turn in [group] * lasting + [()] * (interval - lasting)]
    return Rotation(kind=kind, start=start, participants=tuple(turns))


def _with_pauses(groups: Sequence[tuple[str, ...]], interval: int) -> tuple[tuple[str, ...], ...]:
    return tuple(turn for group in groups for turn in [group, *[()] * (interval - 1)])


def _first(shift: Item, start: datetime, days: Sequence[Weekday]) -> datetime:
    """The hand-off of the week that the start is in: the first event of it, so that none is cut by a hand-off."""
    week_start = _DAYS[str(shift.get("week_start") or "SU")]
    begin = WEEKDAYS.index(week_start)
    offset = min((WEEKDAYS.index(day) - begin) % 7 for day in days)
    back = (start.weekday() - begin) % 7 - offset
    return start - timedelta(days=back)


def _by_day(shift: Item) -> list[Weekday]:
    said = shift.get("by_day") or []
    if any(day not in _DAYS for day in said):
        raise Cannot(f"by_day {', '.join(map(str, said))} cannot be said here")
    return [_DAYS[day] for day in said]


def _zone(shift: Item, zone: str) -> str:
    return str(shift.get("time_zone") or zone)


def _local(text: str, zone: Any) -> datetime:
    """Times there are by the clocks of the shift's zone, whatever offset they are written with."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


_SHAPES: dict[str, Any] = {"hourly": _hourly, "daily": _daily, "weekly": _weekly}
