"""The schedule of a path, shifts as they are answered, and how much may be asked for at once."""

from datetime import UTC, datetime, timedelta
from typing import Any

from api.container import Container
from api.problems import Problem
from db.schedules.finding import Known, find
from domain.schedule.assignment import MOST_FAIR_TURNS
from domain.schedule.schedule import Rotation, Schedule
from domain.schedule.shifts import Shift

MOST_TURNS = 100_000
"""Of all rotations together, in one answer."""
_HOURS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 672}


async def known_schedule(parts: Container, reference: str, start: datetime, end: datetime) -> Known:
    """The schedule of a path, with what departs from it in a span of time.

    Raises:
        Problem: there is none.
    """
    async with parts.sessions() as session:
        found = await find(session, parts.catalogue, reference, start, end)
    if found is None:
        raise no_schedule(reference)
    return found


def no_schedule(reference: str) -> Problem:
    """What is answered when there is no such schedule."""
    return Problem(404, f"There is no schedule {reference}: name it by its UUID or its name")


def shift_items(shifts: list[Shift] | tuple[Shift, ...]) -> list[dict[str, Any]]:
    """Shifts as they are answered."""
    return [shift.model_dump(mode="json") for shift in shifts]


def require_work(schedule: Schedule, length: timedelta, end: datetime | None = None) -> None:
    """See that a span of a schedule can be worked out soon.

    Args:
        schedule: whose shifts are asked for.
        length: of the span.
        end: of the span, aware; now if None. Turns that are dealt out fairly are dealt from their start on.

    Raises:
        Problem: it has too many turns.
    """
    rotations = [rotation for layer in schedule.layers for rotation in layer.rotations]
    turns = sum(_turns(rotation, length, end or datetime.now(UTC)) for rotation in rotations)
    if turns > MOST_TURNS:
        raise Problem.of_field(
            "to", f"these are {turns:,.0f} turns, {MOST_TURNS:,} are told at most: ask for less time"
        )


def _turns(rotation: Rotation, length: timedelta, end: datetime) -> float:
    hours = length / timedelta(hours=1)
    turns = hours / _length(rotation) + len(rotation.restrictions) * hours / 24
    if rotation.assignment == "fair":
        dealt = max(0.0, (end - rotation.start) / timedelta(hours=1)) / _length(rotation)
        turns += min(MOST_FAIR_TURNS, dealt)
    return turns


def _length(rotation: Rotation) -> int:
    """Hours of one turn, about."""
    return rotation.interval * _HOURS[rotation.kind]
