"""`tocsin lint` of the running product, or of a catalogue that does not exist yet."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from config.settings import Settings
from db.models import Schedule, ScheduleCalendar
from domain.catalogue import Catalogue
from domain.foresight.finding import Finding
from domain.foresight.lint import lint
from gateway.starting import default_policy_name, with_timeout

_ONE_AT_A_TIME = asyncio.Semaphore(1)
"""It takes seconds of a processor: the process has other things to do, too."""


async def unread_calendars(session: AsyncSession) -> dict[str, str]:
    """Why imported calendars could not be read the last time, by the names of their schedules."""
    query = select(Schedule.name, ScheduleCalendar.error).join(Schedule, Schedule.id == ScheduleCalendar.schedule_id)
    rows = await session.execute(query.where(ScheduleCalendar.error.is_not(None)).order_by(Schedule.name))
    return {name: error for name, error in rows if error}


async def findings(
    catalogue: Catalogue,
    since: datetime,
    days: int,
    within_minutes: int,
    settings: Settings,
    unread: Mapping[str, str],
) -> list[Finding]:
    """Everything that is wrong, found in a thread of its own.

    Args:
        catalogue: all of it.
        since: from when on, UTC.
        days: how far ahead.
        within_minutes: how soon somebody must be told.
        settings: of this process; they say which policy is the default, and how long its steps wait.
        unread: why calendars could not be read.
    """
    timed = tuple(with_timeout(policy, settings) for policy in catalogue.policies)
    kinds = {kind: getattr(catalogue, kind) for kind in Catalogue.model_fields}
    whole = Catalogue.model_validate(kinds | {"policies": timed})
    preferred = default_policy_name(settings)
    async with _ONE_AT_A_TIME:
        return await asyncio.to_thread(lint, whole, since, days, within_minutes, preferred, unread)
