"""`/schedules/{id}/calendars/{name}/`: calendars that a schedule's layers take their people from."""

from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.container import Container
from api.problems import Problem
from api.requests import JsonRoute, Parts, needs
from api.routes.schedules import Reference
from api.schedule_bodies import no_schedule
from api.schemas import Text
from config.sealing import NoSecretKey
from db.catalogue.entries import lock
from db.models import Schedule, ScheduleCalendar, new_id
from db.schedules.finding import find_row
from domain.roles import Permission
from domain.schedule.schedule import Schedule as ScheduleValue
from gateway.calendars.fetching import fetch
from gateway.duty.calendars import Unread, client, read_into

router = APIRouter(prefix="/schedules/{id:path}/calendars", tags=["schedules"], route_class=JsonRoute)

CalendarName = Annotated[str, Path(min_length=1, max_length=255, description="As layers name it in `calendar`")]


class CalendarIn(BaseModel):
    """Where a calendar is, or the calendar itself."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[Text, Field(min_length=1, max_length=2000)] | None = Field(None, repr=False)
    """http://, https:// or webcal://; never shown again but for its host."""
    ics: Annotated[str, Field(min_length=1)] | None = Field(None, repr=False)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.url is None) == (self.ics is None):
            raise ValueError("send url, the address of a calendar, or ics, its text")
        return self


@router.get("/")
async def list_calendars(id: Reference, parts: Parts) -> dict[str, Any]:
    """The calendars of a schedule, by name."""
    async with parts.sessions() as session:
        row = await _schedule(session, id)
        query = select(ScheduleCalendar).where(ScheduleCalendar.schedule_id == row.id)
        rows = (await session.scalars(query.order_by(ScheduleCalendar.name))).all()
    return {"items": [_shown(one, row, parts) for one in rows], "next_cursor": None}


@router.get("/{name}/")
async def one_calendar(id: Reference, name: CalendarName, parts: Parts) -> dict[str, Any]:
    """One calendar: what was read of it when, what of it could not be used, and why it cannot be read."""
    async with parts.sessions() as session:
        row = await _schedule(session, id)
        return _shown(await _calendar(session, row, name), row, parts)


@router.put("/{name}/", dependencies=[needs(Permission.MANAGE)])
async def put_calendar(id: Reference, name: CalendarName, body: CalendarIn, parts: Parts) -> dict[str, Any]:
    """Give a calendar, or another one in its place. It is read at once; one at an address is read again every hour."""
    if "\x00" in name:
        raise Problem.of_field("name", "must not hold the NUL character")
    async with parts.sessions() as session:
        row = await _schedule(session, id)
        catalogue = await parts.catalogue.read(session)
    sealed = _sealed(body.url, parts) if body.url is not None else None
    field = "url" if body.url is not None else "ics"
    # No transaction is open while the calendar is fetched and worked out.
    new = ScheduleCalendar(id=new_id(), schedule_id=row.id, name=name, sealed_url=sealed)
    try:
        await read_into(new, await _text(body, parts), str(row.definition["time_zone"]), catalogue)
    except Unread as error:
        raise Problem.of_field(field, str(error)) from error
    async with parts.sessions.begin() as session:
        await lock(session)
        await _schedule(session, str(row.id), hold=True)
        kept = await _find(session, row, name)
        if kept is None:
            kept = await _added(session, new)
        else:
            for column in ("sealed_url", "body", "spans", "ignored", "read_at", "error"):
                setattr(kept, column, getattr(new, column))
    return _shown(kept, row, parts)


@router.delete("/{name}/", status_code=204, dependencies=[needs(Permission.MANAGE)])
async def delete_calendar(id: Reference, name: CalendarName, parts: Parts) -> Response:
    """Take a calendar away; layers that name it have nobody by it."""
    async with parts.sessions.begin() as session:
        row = await _schedule(session, id)
        await session.delete(await _calendar(session, row, name))
    return Response(status_code=204)


async def _text(body: CalendarIn, parts: Container) -> bytes:
    if body.url is None:
        return (body.ics or "").encode()
    async with client(parts.settings) as http:
        return await fetch(http, body.url)


def _sealed(url: str, parts: Container) -> str:
    try:
        return parts.sealer.seal(url).decode()
    except NoSecretKey as error:
        raise Problem.of_field("url", str(error)) from error


async def _added(session: AsyncSession, row: ScheduleCalendar) -> ScheduleCalendar:
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as error:
        raise Problem(409, f"Somebody gives the calendar '{row.name}' at this moment: try again") from error
    return row


async def _schedule(session: AsyncSession, reference: str, *, hold: bool = False) -> Schedule:
    row = await find_row(session, reference, hold=hold)
    if row is None:
        raise no_schedule(reference)
    return row


async def _find(session: AsyncSession, schedule: Schedule, name: str) -> ScheduleCalendar | None:
    query = select(ScheduleCalendar).where(
        ScheduleCalendar.schedule_id == schedule.id, ScheduleCalendar.name == name.replace("\x00", "")
    )
    return await session.scalar(query)


async def _calendar(session: AsyncSession, schedule: Schedule, name: str) -> ScheduleCalendar:
    row = await _find(session, schedule, name)
    if row is None:
        raise Problem(404, f"The schedule has no calendar '{name}'")
    return row


def _shown(row: ScheduleCalendar, schedule: Schedule, parts: Container) -> dict[str, Any]:
    url = parts.sealer.open(row.sealed_url.encode()) if row.sealed_url else None
    layers = ScheduleValue.model_validate(schedule.definition).layers
    return {
        "name": row.name,
        "source": "url" if row.sealed_url else "file",
        "host": urlsplit(url).hostname if url else None,
        "layers": [layer.name for layer in layers if layer.calendar == row.name],
        "spans": len(row.spans),
        "ignored": row.ignored,
        "read_at": row.read_at,
        "error": row.error,
    }
