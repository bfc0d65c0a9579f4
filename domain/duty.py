"""Going on call: who leaves and who comes, whose shift begins soon, and what a hand-off says."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.schedule.schedule import Schedule
from domain.schedule.shifts import Shift, levels, shifts
from domain.wall_clock import clock_text

MOMENT = timedelta.resolution
NEAR = timedelta(hours=1, seconds=1)
"""A hand-off is told when it was at most so long ago: clocks may have skipped its time."""
FAR = timedelta(days=15)
"""Who was on call last is looked for so far back."""
MOST_INCIDENTS = 20
"""That a recap names."""


class HandoffOrder(BaseModel):
    """Of which schedule, and when, a hand-off is due."""

    model_config = ConfigDict(frozen=True)

    schedule_id: UUID
    at: datetime | None = None
    """UTC; None: now."""


class Change(BaseModel):
    """A hand-off: who was on call last, and who is from an instant on."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    leaving: tuple[str, ...]
    coming: tuple[str, ...]


class Start(BaseModel):
    """Somebody goes on call."""

    model_config = ConfigDict(frozen=True)

    user: str
    level: int
    start: datetime
    end: datetime


class RecapIncident(BaseModel):
    """What a recap says of one incident."""

    model_config = ConfigDict(frozen=True)

    short_id: str
    title: str
    severity: str
    status: str
    is_open: bool
    minutes_to_acknowledge: float | None = None
    pages: int = 0


class Recap(BaseModel):
    """What the coming person must know."""

    model_config = ConfigDict(frozen=True)

    schedule: str
    at: datetime
    time_zone: str = "UTC"
    """Of the schedule: in which the instant is named."""
    leaving: tuple[str, ...] = ()
    coming: tuple[str, ...] = ()
    incidents: tuple[RecapIncident, ...] = ()
    """Open ones, and those since the last hand-off or of the last week."""
    notes: tuple[tuple[str, str], ...] = ()
    """Author and text of each."""


def handing_level(schedule: Schedule) -> int:
    """The level whose hand-offs are told: the first at which people take turns, by rotation or by their hours."""
    return next((level for level in levels(schedule) if _takes_turns(schedule, level)), 1)


def _takes_turns(schedule: Schedule, level: int) -> bool:
    layers = [layer for layer in schedule.layers if layer.level == level]
    rotations = [rotation for layer in layers for rotation in layer.rotations]
    if any(layer.calendar for layer in layers) or any(len(rotation.participants) > 1 for rotation in rotations):
        return True
    by_hours = any(rotation.restrictions or rotation.until for rotation in rotations)
    return by_hours and len({group for rotation in rotations for group in rotation.participants}) > 1


def hand_off_near(schedule: Schedule, at: datetime) -> Change | None:
    """The latest hand-off in the hour before an instant, or at it; None when the same people stay.

    A pause in between, as at night or over a weekend, is no hand-off: who was on call before it leaves.
    """
    level = handing_level(schedule)
    found = [shift for shift in shifts(schedule, at - FAR, at + MOMENT) if shift.level == level]
    for number in reversed(range(len(found))):
        shift = found[number]
        if shift.start <= at - NEAR:
            break
        before = found[number - 1].users if number else ()
        if set(before) != set(shift.users):
            return Change(at=shift.start, leaving=before, coming=shift.users)
    return None


def starting(schedule: Schedule, after: datetime, until: datetime) -> tuple[Start, ...]:
    """Everybody whose duty at a level begins in `(after, until]`: who is on call already does not begin."""
    found: list[Start] = []
    for shift in shifts(schedule, after, until + MOMENT):
        if not after < shift.start <= until:
            continue
        before = _users(shifts(schedule, shift.start - MOMENT, shift.start), shift.level)
        whole = _whole(schedule, shift)
        found += [
            Start(user=user, level=shift.level, start=shift.start, end=whole)
            for user in shift.users
            if user not in before
        ]
    return tuple(found)


def _whole(schedule: Schedule, shift: Shift) -> datetime:
    """Until when the shift that begins there lasts, at most two weeks on."""
    later = shifts(schedule, shift.start, shift.start + timedelta(days=14))
    return next(one.end for one in later if one.level == shift.level and one.start == shift.start)


def recap_text(recap: Recap) -> str:
    """The hand-off as a message."""
    lines = [
        f"Hand-off of {recap.schedule}, {clock_text(recap.at, recap.time_zone)} ({recap.time_zone}): "
        f"{_names(recap.leaving)} → {_names(recap.coming)}",
        "",
    ]
    open_ones = [one for one in recap.incidents if one.is_open]
    closed = [one for one in recap.incidents if not one.is_open]
    lines += _listed("Open incidents", open_ones)
    lines += _listed("Incidents of the last week", closed)
    if recap.notes:
        lines += ["Notes:", *(f"- {text} ({author})" for author, text in recap.notes)]
    return "\n".join(lines).strip()


def _listed(title: str, incidents: Sequence[RecapIncident]) -> list[str]:
    if not incidents:
        return [f"{title}: none.", ""]
    lines = [f"{title}: {len(incidents)}"]
    lines += [_line(one) for one in incidents[:MOST_INCIDENTS]]
    if len(incidents) > MOST_INCIDENTS:
        lines.append(f"- and {len(incidents) - MOST_INCIDENTS} more")
    return [*lines, ""]


def _line(one: RecapIncident) -> str:
    facts = [one.severity.split("_")[0], one.status.lower()]
    if one.minutes_to_acknowledge is not None:
        facts.append(f"acknowledged after {one.minutes_to_acknowledge:.0f} min")
    facts.append(f"{one.pages} page{'' if one.pages == 1 else 's'}")
    return f"- {one.short_id} {one.title} ({', '.join(facts)})"


def _names(users: Iterable[str]) -> str:
    return ", ".join(users) or "nobody"


def _users(found: Iterable[Shift], level: int) -> tuple[str, ...]:
    return next((shift.users for shift in found if shift.level == level), ())
