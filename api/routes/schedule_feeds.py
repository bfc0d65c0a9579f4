"""Shifts for calendar programs: `calendar.ics`, and secret links for those that cannot send a token."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.catalogue.people import require_rank
from api.container import Container
from api.problems import Problem
from api.requests import Caller, JsonRoute, Parts, needs, parts_of, require
from api.routes.schedules import Reference
from api.schedule_bodies import no_schedule
from db.access import Principal
from db.models import CalendarFeed, Schedule, User
from db.schedules import feeds
from db.schedules.feeds import Opened, Owner
from db.schedules.finding import find, find_row
from domain.roles import Permission, may
from gateway.duty.feeds import of_person, of_schedule, window

router = APIRouter(tags=["schedules"], route_class=JsonRoute)

PersonReference = Annotated[str, Path(max_length=320, description="UUID or e-mail address")]
FeedId = Annotated[UUID, Path()]
Key = Annotated[str, Path(max_length=200, description="The secret of a link")]


@router.get("/schedules/{id:path}/calendar.ics/", response_class=Response)
async def calendar_of_schedule(
    id: Reference,
    request: Request,
    key: Annotated[str | None, Query(max_length=200, description="The secret of a link, instead of a token")] = None,
) -> Response:
    """Everybody's shifts as iCalendar: 90 days back, 400 days ahead."""
    parts = parts_of(request)
    if getattr(request.state, "principal", None) is None:
        opened = await _opened(request, parts, key or "")
        async with parts.sessions() as session:
            row = await find_row(session, id)
        if opened is None or row is None or opened.schedule != row.name:
            raise _no_feed()
    return await _of_schedule(parts, id)


@router.get("/calendars/{key}.ics/", response_class=Response)
async def calendar_of_link(key: Key, request: Request) -> Response:
    """What a secret link shows."""
    parts = parts_of(request)
    opened = await _opened(request, parts, key)
    if opened is None:
        raise _no_feed()
    if opened.schedule is not None:
        return await _of_schedule(parts, opened.schedule)
    assert opened.email is not None
    return await _of_person(parts, opened.email)


@router.get("/schedules/{id:path}/feeds/")
async def feeds_of_schedule(id: Reference, parts: Parts, caller: Caller) -> dict[str, Any]:
    """The secret links of a schedule, without their secrets: all for managers, for others those that they made."""
    async with parts.sessions() as session:
        found = await feeds.of(session, await _schedule(session, id), made_by(caller))
    return {"items": [_shown(one) for one in found], "next_cursor": None}


@router.post("/schedules/{id:path}/feeds/", status_code=201, dependencies=[needs(Permission.RESPOND)])
async def add_feed_of_schedule(id: Reference, parts: Parts, caller: Caller) -> dict[str, Any]:
    """A secret link to a schedule's shifts; its URL is in the answer and is never shown again."""
    async with parts.sessions.begin() as session:
        return await _made(session, parts, await _schedule(session, id), caller)


@router.delete("/schedules/{id:path}/feeds/{feed}/", status_code=204)
async def delete_feed_of_schedule(id: Reference, feed: FeedId, parts: Parts, caller: Caller) -> Response:
    """Take a secret link away: managers any, others one that they made."""
    async with parts.sessions.begin() as session:
        await _taken_away(session, await _schedule(session, id), feed, made_by(caller))
    return Response(status_code=204)


@router.get("/users/{id}/feeds/")
async def feeds_of_person(id: PersonReference, parts: Parts, caller: Caller) -> dict[str, Any]:
    """The secret links of a person, without their secrets."""
    async with parts.sessions() as session:
        found = await feeds.of(session, await _person(session, id, caller))
    return {"items": [_shown(one) for one in found], "next_cursor": None}


@router.post("/users/{id}/feeds/", status_code=201)
async def add_feed_of_person(id: PersonReference, parts: Parts, caller: Caller) -> dict[str, Any]:
    """A secret link to one's own shifts; its URL is in the answer and is never shown again."""
    async with parts.sessions.begin() as session:
        return await _made(session, parts, await _person(session, id, caller), caller)


@router.delete("/users/{id}/feeds/{feed}/", status_code=204)
async def delete_feed_of_person(id: PersonReference, feed: FeedId, parts: Parts, caller: Caller) -> Response:
    """Take a secret link away."""
    async with parts.sessions.begin() as session:
        await _taken_away(session, await _person(session, id, caller), feed)
    return Response(status_code=204)


async def _of_schedule(parts: Container, reference: str) -> Response:
    now = datetime.now(UTC)
    async with parts.sessions() as session:
        known = await find(session, parts.catalogue, reference, *window(now))
    if known is None:
        raise no_schedule(reference)
    base = parts.settings.base_url
    return _calendar(await asyncio.to_thread(of_schedule, known.catalogue, known.id, known.value, base, now))


async def _of_person(parts: Container, email: str) -> Response:
    now = datetime.now(UTC)
    async with parts.sessions() as session:
        catalogue = await parts.catalogue.read(session)
        ids = {row.name: row.id for row in await session.execute(select(Schedule.id, Schedule.name))}
    schedules = {ids[one.name]: one for one in catalogue.schedules if one.name in ids}
    return _calendar(await asyncio.to_thread(of_person, catalogue, email, schedules, parts.settings.base_url, now))


def _calendar(body: bytes) -> Response:
    headers = {"Cache-Control": "private, no-store", "Content-Disposition": 'inline; filename="tocsin.ics"'}
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


async def _opened(request: Request, parts: Container, key: str) -> Opened | None:
    """What a key opens. Whoever has no token is counted by where they come from."""
    where = request.client.host if request.client else "nowhere"
    wait = parts.limits.wait(f"calendars for {where}", None, time.monotonic())
    if wait > 0:
        raise Problem(429, f"Too many requests: ask again after {wait:.1f} s, and then less often")
    async with parts.sessions.begin() as session:
        return await feeds.opened_by(session, key)


async def _schedule(session: AsyncSession, reference: str) -> Owner:
    row = await find_row(session, reference, hold=True)
    if row is None:
        raise no_schedule(reference)
    return Owner(schedule_id=row.id)


async def _person(session: AsyncSession, reference: str, caller: Principal) -> Owner:
    """A person, who is the caller unless the caller may manage everybody."""
    try:
        found = await session.get(User, UUID(reference))
    except ValueError:
        found = await session.scalar(select(User).where(User.email == reference.replace("\x00", "")))
    if found is None:
        raise Problem(404, f"There is no user {reference}: name them by UUID or e-mail address")
    if found.id != caller.id:
        require(caller, Permission.MANAGE)
        require_rank(caller, found.role)
    return Owner(user_id=found.id)


def made_by(caller: Principal) -> str | None:
    """Whose links of a schedule the caller may see and take away; None: everybody's."""
    return None if may(caller.role, Permission.MANAGE) else caller.email


async def _made(session: AsyncSession, parts: Container, owner: Owner, caller: Principal) -> dict[str, Any]:
    feed, key = await feeds.make(session, owner, caller.email)
    return _shown(feed) | {"url": f"{parts.settings.base_url}/api/v1/calendars/{key}.ics"}


async def _taken_away(session: AsyncSession, owner: Owner, feed: UUID, by: str | None = None) -> None:
    if not await feeds.take_away(session, owner, feed, by):
        raise Problem(404, f"There is no such link {feed}")


def _no_feed() -> Problem:
    return Problem(404, "There is no calendar here: the link is wrong, or was taken away")


def _shown(feed: CalendarFeed) -> dict[str, Any]:
    names = ("id", "created_by", "created_at", "last_read_at")
    return {name: getattr(feed, name) for name in names}
