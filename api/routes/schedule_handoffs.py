"""`/schedules/{id}/handoffs/`: what was handed over to whom, who has read it, and notes for the next time."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.problems import Problem
from api.requests import Caller, Cursor, JsonRoute, Limit, Parts, decode_cursor, encode_cursor, needs, page
from api.routes.schedules import Reference
from api.schedule_bodies import no_schedule
from api.schemas import Text
from db.models import Handoff, HandoffNote, Schedule, new_id
from db.schedules.finding import find_row
from db.schedules.handoffs import waiting_notes
from domain.roles import Permission

router = APIRouter(prefix="/schedules/{id:path}", tags=["schedules"], route_class=JsonRoute)


class NoteIn(BaseModel):
    """What somebody wants the next hand-off to say."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[Text, Field(min_length=1, max_length=5000)]


@router.get("/handoffs/")
async def list_handoffs(id: Reference, parts: Parts, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Hand-offs, the latest first."""
    position = decode_cursor(cursor, datetime.fromisoformat)
    async with parts.sessions() as session:
        row = await _schedule(session, id)
        query = select(Handoff).where(Handoff.schedule_id == row.id)
        if position:
            query = query.where(Handoff.at < position[0])
        rows = (await session.scalars(query.order_by(Handoff.at.desc()).limit(limit))).all()
    return page([_shown(one) for one in rows], limit, lambda: encode_cursor(rows[-1].at))


@router.post("/handoffs/{handoff}/acknowledge/")
async def acknowledge_handoff(
    id: Reference, handoff: Annotated[UUID, Path()], parts: Parts, caller: Caller
) -> dict[str, Any]:
    """Whoever leaves or comes says that they have read it; who said so before keeps the time."""
    async with parts.sessions.begin() as session:
        row = await _schedule(session, id)
        query = select(Handoff).where(Handoff.id == handoff, Handoff.schedule_id == row.id).with_for_update()
        found = await session.scalar(query)
        if found is None:
            raise Problem(404, f"The schedule has no hand-off {handoff}")
        if caller.email not in (*found.leaving, *found.coming):
            raise Problem(403, "Only those who hand over, or take over, acknowledge it")
        if caller.email not in found.acknowledged:
            now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
            found.acknowledged = found.acknowledged | {caller.email: now}
    return _shown(found)


@router.get("/handoff-notes/")
async def notes_for_the_next(id: Reference, parts: Parts) -> dict[str, Any]:
    """What the next hand-off will say."""
    async with parts.sessions() as session:
        row = await _schedule(session, id)
        return {"items": [_note(one) for one in await waiting_notes(session, row.id)], "next_cursor": None}


@router.post("/handoff-notes/", status_code=201, dependencies=[needs(Permission.COMMENT)])
async def add_note(id: Reference, body: NoteIn, parts: Parts, caller: Caller) -> dict[str, Any]:
    """A note for the next hand-off."""
    async with parts.sessions.begin() as session:
        row = await _schedule(session, id, hold=True)
        note = HandoffNote(id=new_id(), schedule_id=row.id, author=caller.email, text=body.text)
        session.add(note)
        await session.flush()
        await session.refresh(note)
    return _note(note)


async def _schedule(session: AsyncSession, reference: str, *, hold: bool = False) -> Schedule:
    row = await find_row(session, reference, hold=hold)
    if row is None:
        raise no_schedule(reference)
    return row


def _shown(row: Handoff) -> dict[str, Any]:
    names = ("id", "at", "leaving", "coming", "recap", "acknowledged", "created_at")
    return {name: getattr(row, name) for name in names}


def _note(row: HandoffNote) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("id", "author", "text", "created_at")}
