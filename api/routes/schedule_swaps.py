"""`/schedules/{id}/swaps/`: somebody asks somebody else to take a piece of duty, who accepts or declines."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.ext.asyncio import AsyncSession

from api.container import Container
from api.instants import Instant, require_span
from api.problems import Problem
from api.requests import Caller, Cursor, JsonRoute, Limit, Parts, decode_cursor, encode_cursor, page, require
from api.routes.schedules import Reference
from api.schedule_bodies import no_schedule, require_work
from api.schedule_people import require_active, require_may_change_past
from api.schemas import Text
from db.access import Principal
from db.catalogue.entries import lock
from db.models import ShiftSwap, new_id
from db.schedules import swaps
from db.schedules.finding import Known, find
from domain.roles import Permission, may
from domain.schedule.schedule import Level
from domain.schedule.shifts import shifts

router = APIRouter(prefix="/schedules/{id:path}/swaps", tags=["schedules"], route_class=JsonRoute)

SwapId = Annotated[UUID, Path()]
Status = Literal["proposed", "accepted", "declined", "withdrawn"]
Person = Annotated[str, Field(max_length=320)]


class SwapIn(BaseModel):
    """Who is asked to take which duty, and what they get in exchange."""

    model_config = ConfigDict(extra="forbid")

    from_user: Person | None = None
    """The caller, unless the caller may manage everybody."""
    to_user: Person
    start: Instant
    end: Instant
    level: Level = 1
    return_start: Instant | None = None
    return_end: Instant | None = None
    note: Annotated[Text, Field(max_length=2000)] = ""

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.return_start is None) != (self.return_end is None):
            raise ValueError("return_start and return_end belong together")
        return self


@router.get("/")
async def list_swaps(
    id: Reference,
    parts: Parts,
    status: Annotated[Status | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Swaps, the latest first."""
    position = decode_cursor(cursor, UUID)
    async with parts.sessions() as session:
        known = await _known(session, parts, id)
        rows = await swaps.of(session, known.id, limit, position[0] if position else None, status)
    return page([_shown(row) for row in rows], limit, lambda: encode_cursor(rows[-1].id))


@router.post("/", status_code=201)
async def ask(id: Reference, body: SwapIn, parts: Parts, caller: Caller) -> dict[str, Any]:
    """Ask, for what is still to come; nothing changes until the other one accepts."""
    require(caller, Permission.ACKNOWLEDGE)
    asker = body.from_user or caller.email
    if asker != caller.email:
        require(caller, Permission.MANAGE)
    _require_sensible(body, asker)
    require_may_change_past(caller, body.start)
    if body.return_start is not None:
        require_may_change_past(caller, body.return_start, "return_start")
    async with parts.sessions.begin() as session:
        await lock(session)
        known = await _known(session, parts, id, body.start, body.end)
        require_active(known.catalogue, [asker], "from_user")
        require_active(known.catalogue, [body.to_user], "to_user")
        swap = _row(known, body, asker)
        await _require_duty(session, parts, swap)
        if await swaps.overlapping(session, swap):
            raise Problem.of_field("start", "you have asked for some of this already: withdraw that first", 409)
        session.add(swap)
        await session.flush()
        await session.refresh(swap)
        said = f"{swap.from_user} asks you to take over"
        await _tell(session, parts, known, swap, swap.to_user, said)
    return _shown(swap)


@router.post("/{swap}/accept/")
async def accept(id: Reference, swap: SwapId, parts: Parts, caller: Caller) -> dict[str, Any]:
    """Take it: from now on the schedule says so. What has passed since it was asked stays as it was."""
    return await _answer(id, swap, parts, caller, "accepted")


@router.post("/{swap}/decline/")
async def decline(id: Reference, swap: SwapId, parts: Parts, caller: Caller) -> dict[str, Any]:
    """Do not take it."""
    return await _answer(id, swap, parts, caller, "declined")


@router.post("/{swap}/withdraw/")
async def withdraw(id: Reference, swap: SwapId, parts: Parts, caller: Caller) -> dict[str, Any]:
    """The asker does not want it any more."""
    return await _answer(id, swap, parts, caller, "withdrawn")


async def _answer(id: str, swap_id: UUID, parts: Container, caller: Principal, status: Status) -> dict[str, Any]:
    async with parts.sessions.begin() as session:
        await lock(session)
        known = await _known(session, parts, id)
        swap = await swaps.locked(session, known.id, swap_id)
        if swap is None:
            raise Problem(404, f"The schedule has no swap {swap_id}")
        _require_theirs(swap, caller, status)
        if swap.status != "proposed":
            raise Problem(409, f"The swap is {swap.status} already")
        if status == "accepted":
            now = datetime.now(UTC)
            if min(swap.ends_at, swap.return_ends_at or swap.ends_at) <= now:
                raise Problem(409, "The duty is over: there is nothing left to swap")
            require_active(known.catalogue, [swap.to_user, swap.from_user], "to_user")
            await _require_duty(session, parts, swap, status=409)
            await swaps.carry_out(session, swap, now)
        await swaps.answer(session, swap, status)
        recipient = swap.to_user if status == "withdrawn" else swap.from_user
        said = f"{caller.email} has {status}"
        await _tell(session, parts, known, swap, recipient, said)
    return _shown(swap)


def _require_theirs(swap: ShiftSwap, caller: Principal, status: Status) -> None:
    if status == "withdrawn":
        if caller.email != swap.from_user and not may(caller.role, Permission.MANAGE):
            raise Problem(403, "Only who asked withdraws it")
    elif caller.email != swap.to_user:
        raise Problem(403, f"Only {swap.to_user} can say that")


def _require_sensible(body: SwapIn, asker: str) -> None:
    require_span(body.start, body.end, fields="start end")
    for field, end in (("end", body.end), ("return_end", body.return_end)):
        if end is not None and end <= datetime.now(UTC):
            raise Problem.of_field(field, "is past: there is nothing left to swap")
    if body.to_user == asker:
        raise Problem.of_field("to_user", "must be somebody else")
    if body.return_start is not None and body.return_end is not None:
        require_span(body.return_start, body.return_end, fields="return_start return_end")
        if body.return_start < body.end and body.start < body.return_end:
            raise Problem.of_field("return_start", "must not overlap with what is given")


async def _require_duty(session: AsyncSession, parts: Container, swap: ShiftSwap, status: int = 422) -> None:
    """See that both are on call when they say so."""
    pieces = [("start", swap.starts_at, swap.ends_at, swap.from_user)]
    if swap.return_starts_at is not None and swap.return_ends_at is not None:
        pieces.append(("return_start", swap.return_starts_at, swap.return_ends_at, swap.to_user))
    for field, start, end, user in pieces:
        known = await _known(session, parts, str(swap.schedule_id), start, end)
        require_work(known.value, end - start, end)
        found = (shift for shift in shifts(known.value, start, end) if shift.level == swap.level)
        if not any(user in shift.users for shift in found):
            raise Problem.of_field(field, f"{user} is not on call then at level {swap.level}", status)


async def _known(
    session: AsyncSession, parts: Container, reference: str, start: datetime | None = None, end: datetime | None = None
) -> Known:
    now = datetime.now(UTC)
    known = await find(session, parts.catalogue, reference, start or now, end or now, hold=True)
    if known is None:
        raise no_schedule(reference)
    return known


def _row(known: Known, body: SwapIn, asker: str) -> ShiftSwap:
    return ShiftSwap(
        id=new_id(),
        schedule_id=known.id,
        level=body.level,
        starts_at=body.start,
        ends_at=body.end,
        from_user=asker,
        to_user=body.to_user,
        return_starts_at=body.return_start,
        return_ends_at=body.return_end,
        note=body.note,
        status="proposed",
    )


async def _tell(session: AsyncSession, parts: Container, known: Known, swap: ShiftSwap, whom: str, said: str) -> None:
    link = f"{parts.settings.base_url}/schedules/{known.id}"
    await swaps.tell_about(session, swap, whom, said, known.value.name, link, known.catalogue.time_zone_of(whom))


def _shown(swap: ShiftSwap) -> dict[str, Any]:
    names = ("id", "level", "from_user", "to_user", "status", "note", "created_at", "answered_at")
    return {name: getattr(swap, name) for name in names} | {
        "start": swap.starts_at,
        "end": swap.ends_at,
        "return_start": swap.return_starts_at,
        "return_end": swap.return_ends_at,
    }
