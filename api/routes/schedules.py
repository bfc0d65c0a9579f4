"""`/schedules/`: who is on call when."""

import asyncio
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from api.instants import Instant, require_span
from api.requests import JsonRoute, Parts
from api.schedule_bodies import (
    known_schedule,
    require_work,
    shift_items,
)
from domain.inactive import inactive
from domain.schedule.coverage import Overlap, gaps, hidden_layers, overlaps, unfair
from domain.schedule.fairness import Load, loads
from domain.schedule.schedule import Schedule
from domain.schedule.shifts import Shift, on_call, shifts

router = APIRouter(prefix="/schedules", tags=["schedules"], route_class=JsonRoute)

Reference = Annotated[str, Path(max_length=255, description="UUID or name of the schedule")]
From = Annotated[Instant, Query(alias="from", description="From when on, such as 2026-01-05T00:00:00Z")]
To = Annotated[Instant, Query(description="Until when, at most 400 days later")]
Merge = Annotated[bool, Query(description="Adjacent equal shifts as one; `false` shows every hand-off")]
COVERAGE_AHEAD = timedelta(days=90)


class Preview(BaseModel):
    """A schedule that is not saved, and for when to tell its shifts."""

    model_config = ConfigDict(extra="forbid")

    schedule: Schedule
    from_: Instant = Field(alias="from")
    to: Instant
    merge: bool = True


class Coverage(BaseModel):
    """What is odd about a schedule in a span of time."""

    gaps: list[dict[str, Any]]
    """Times, by level, at which nobody is on call."""
    overlaps: list[Overlap]
    hidden: list[str]
    """Names of layers that nobody ever sees, for a later one always wins."""
    loads: dict[str, Load]
    unfair: list[dict[str, Any]]


@router.post("/preview/")
async def preview(body: Preview) -> dict[str, Any]:
    """The shifts of a schedule that is not saved, and what is odd about them. Its people need not exist."""
    require_span(body.from_, body.to)
    require_work(body.schedule, body.to - body.from_, body.to)
    found, coverage = await asyncio.to_thread(_worked_out, body.schedule, body.from_, body.to, body.merge)
    return {"items": shift_items(found), **coverage.model_dump(mode="json")}


@router.get("/{id:path}/on-call/")
async def who_is_on_call(
    id: Reference, parts: Parts, at: Annotated[Instant | None, Query(description="An instant; now if left out")] = None
) -> dict[str, Any]:
    """Who is on call at an instant: those of level 1, everybody by level, and their shifts.

    `inactive` are those whom the schedule names and who are not active: nobody pages them.
    """
    at = at or datetime.now(UTC)
    known = await known_schedule(parts, id, at, at)
    by_schedule = await asyncio.to_thread(on_call, known.value, at)
    gone = inactive(known.catalogue, (user for shift in by_schedule for user in shift.users))
    found = list(_without(gone, by_schedule))
    users = {shift.level: list(shift.users) for shift in found}
    levels = {layer.level for layer in known.value.layers}
    return {
        "schedule": known.value.name,
        "at": at,
        "users": users.get(1, []),
        "levels": [{"level": level, "users": users.get(level, [])} for level in sorted(levels | users.keys())],
        "items": shift_items(found),
        "inactive": list(gone),
    }


def _without(gone: Collection[str], found: Iterable[Shift]) -> Iterator[Shift]:
    """Shifts without some people; none where nobody is left."""
    for shift in found:
        if users := tuple(user for user in shift.users if user not in gone):
            yield shift.model_copy(update={"users": users})


@router.get("/{id:path}/shifts/")
async def shifts_of_schedule(id: Reference, parts: Parts, from_: From, to: To, merge: Merge = True) -> dict[str, Any]:
    """The shifts in a span of time, clipped to it, by start and level."""
    require_span(from_, to)
    known = await known_schedule(parts, id, from_, to)
    require_work(known.value, to - from_, to)
    found = await asyncio.to_thread(shifts, known.value, from_, to, merge=merge)
    return {"items": shift_items(found)}


@router.get("/{id:path}/coverage/")
async def coverage_of_schedule(
    id: Reference,
    parts: Parts,
    from_: Annotated[Instant | None, Query(alias="from", description="From when on; now if left out")] = None,
    to: Annotated[Instant | None, Query(description="Until when; 90 days later if left out")] = None,
) -> dict[str, Any]:
    """Gaps, overlaps, layers that nobody sees, and loads that are far from the mean.

    A time at which the schedule has nobody but people who are not active is a gap.
    """
    start = from_ or datetime.now(UTC)
    end = to or start + COVERAGE_AHEAD
    require_span(start, end)
    known = await known_schedule(parts, id, start, end)
    require_work(known.value, end - start, end)
    gone = inactive(known.catalogue, known.value.people)
    _, coverage = await asyncio.to_thread(_worked_out, known.value, start, end, True, gone)
    return {"from": start, "to": end, **coverage.model_dump(mode="json")}


def _worked_out(
    schedule: Schedule, start: datetime, end: datetime, merge: bool, absent: Collection[str] = ()
) -> tuple[list[Shift], Coverage]:
    found = shifts(schedule, start, end, merge=merge)
    carried = loads(found, schedule.time_zone, schedule.holidays)
    layered = sorted({layer.level for layer in schedule.layers} | {1})
    coverage = Coverage(
        gaps=[
            {"start": begin, "end": finish, "level": level}
            for level in layered
            for begin, finish in gaps(schedule, start, end, level, absent)
        ],
        overlaps=[one for level in layered for one in overlaps(schedule, start, end, level)],
        hidden=[layer.name for level in layered for layer in hidden_layers(schedule, start, end, level)],
        loads=carried,
        unfair=[one.model_dump() | {"sentence": one.sentence} for one in unfair(carried)],
    )
    return found, coverage
