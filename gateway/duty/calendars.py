"""Imported calendars: read when they are given, and again every hour.

What was read before goes on to hold when a calendar cannot be read.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from config.sealing import Sealer
from config.settings import Settings
from db.catalogue.entries import lock
from db.catalogue.reading import CatalogueReader
from db.engine import Sessions
from db.models import Schedule, ScheduleCalendar
from domain.catalogue import Catalogue
from domain.schedule.schedule import Span
from gateway.calendars.apart import read_apart
from gateway.calendars.errors import UnreadableCalendar
from gateway.calendars.fetching import CalendarNotFetched, fetch
from gateway.calendars.precedence import covering
from gateway.outgoing import outgoing_client

logger = structlog.get_logger(__name__)

BACK, AHEAD = timedelta(days=60), timedelta(days=400)
REFRESH = timedelta(hours=1)
REREAD = timedelta(days=1)
"""A file that was given does not change; the time that is looked at, and the people in it, do."""
LOOK_SECONDS = 30.0
RETRY_SECONDS = 300.0
"""So long a calendar that failed is left alone."""
TIMEOUT_SECONDS = 20.0

Unread = (CalendarNotFetched, UnreadableCalendar)
"""Why there is no calendar; the message says it in a sentence that holds no secret."""


class CalendarGone(Exception):
    """The address of a calendar cannot be opened any more."""


def client(settings: Settings) -> httpx.AsyncClient:
    """The way out to calendars."""
    return outgoing_client(settings.allow_private_addresses, TIMEOUT_SECONDS)


async def read_into(row: ScheduleCalendar, body: bytes, zone: str, catalogue: Catalogue) -> None:
    """Read a calendar, and write down what it says.

    Raises:
        UnreadableCalendar: it is none; the row is as it was.
    """
    now = datetime.now(UTC)
    spans, ignored = await expand(body, zone, catalogue, now)
    row.body, row.spans, row.ignored = body, [span.model_dump(mode="json") for span in spans], list(ignored)
    row.read_at, row.error = now, None


async def expand(
    body: bytes, zone: str, catalogue: Catalogue, now: datetime
) -> tuple[tuple[Span, ...], tuple[str, ...]]:
    """Who a calendar says is on call from 60 days ago to 400 days on, and what of it could not be used.

    Raises:
        UnreadableCalendar: it is no calendar, or too much of one.
    """
    reading = await read_apart(body, now - BACK, now + AHEAD, zone, _people(catalogue))
    return await asyncio.to_thread(covering, reading), reading.ignored


def _people(catalogue: Catalogue) -> Mapping[str, str]:
    """Addresses by name; two people of one name are known by their addresses alone."""
    found: dict[str, str] = {}
    for user in catalogue.users:
        if user.is_active:
            found[user.email if user.name in found else user.name] = user.email
    return found


def _revision(row: ScheduleCalendar) -> tuple[str | None, datetime | None, list[Any]]:
    """Another one whenever a calendar was given or read, or somebody in it has a new address."""
    return row.sealed_url, row.read_at, row.spans


class CalendarRefresh:
    """Reads calendars again. Runs in every worker: whoever comes first has done it for all."""

    def __init__(self, sessions: Sessions, catalogue: CatalogueReader, settings: Settings) -> None:
        self._sessions = sessions
        self._catalogue = catalogue
        self._settings = settings
        self._sealer = Sealer(settings.secret_key)
        self._failed_at: dict[UUID, float] = {}

    async def run(self) -> None:
        """Look until cancelled; a database that is away is waited for."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except Exception:
                logger.exception("calendars: could not look, trying again")

    async def look(self) -> int:
        """Read what is due; how many were read."""
        now = datetime.now(UTC)
        async with self._sessions() as session:
            has_url = ScheduleCalendar.sealed_url.is_not(None)
            due = (has_url & (ScheduleCalendar.read_at < now - REFRESH)) | (ScheduleCalendar.read_at < now - REREAD)
            ids = list(await session.scalars(select(ScheduleCalendar.id).where(due)))
        waiting = time.monotonic() - RETRY_SECONDS
        return sum([await self._refresh(id) for id in ids if self._failed_at.get(id, waiting) <= waiting])

    async def _refresh(self, id: UUID) -> bool:
        """No transaction is open while the calendar is fetched: that may take a while."""
        async with self._sessions() as session:
            row = await session.get(ScheduleCalendar, id)
            if row is None:
                return False
            zone = await self._zone(session, row.schedule_id)
            catalogue = await self._catalogue.read(session)
        before = _revision(row)
        try:
            body = await self._body(row)
            await read_into(row, body, zone, catalogue)
        except (*Unread, CalendarGone) as error:
            row.error = str(error)
            self._failed_at[id] = time.monotonic()
            logger.warning(
                "calendars: one could not be read; what was read before goes on to hold",
                calendar=row.name,
                schedule=str(row.schedule_id),
                error=row.error,
                read_at=row.read_at.isoformat() if row.read_at else None,
            )
        else:
            self._failed_at.pop(id, None)
        async with self._sessions.begin() as session:
            await lock(session)
            kept = await session.get(ScheduleCalendar, id, with_for_update=True)
            if kept is None or _revision(kept) != before:  # another calendar by now, or other people
                return False
            kept.error = row.error
            if row.error is None:
                kept.body, kept.spans, kept.ignored, kept.read_at = row.body, row.spans, row.ignored, row.read_at
        return row.error is None

    async def _body(self, row: ScheduleCalendar) -> bytes:
        if row.sealed_url is None:
            return row.body or b""
        url = self._sealer.open(row.sealed_url.encode())
        if url is None:
            raise CalendarGone("its address was sealed with another TOCSIN_SECRET_KEY: give it again")
        async with client(self._settings) as http:
            return await fetch(http, url)

    async def _zone(self, session: AsyncSession, schedule_id: UUID) -> str:
        schedule = await session.get_one(Schedule, schedule_id)
        return str(schedule.definition["time_zone"])
