"""Finds a schedule with all that decides who is on call by it."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.catalogue.reading import CatalogueReader, override_value
from db.models import Schedule, ScheduleOverride
from domain.catalogue import Catalogue
from domain.schedule.schedule import Override
from domain.schedule.schedule import Schedule as ScheduleValue

AROUND = timedelta(days=62)
"""Shifts are looked for so far to either side of an instant (`domain.schedule.shifts.REACHES`), and a little more."""


class Known(NamedTuple):
    """A schedule of the database."""

    id: UUID
    created_at: datetime
    value: ScheduleValue
    """With its imported calendars; its overrides are those that were asked for."""
    catalogue: Catalogue
    """In which it was found."""


async def find_row(session: AsyncSession, reference: str, *, hold: bool = False) -> Schedule | None:
    """A schedule by its id or its name.

    Args:
        session: of one transaction.
        reference: id or name.
        hold: nobody deletes it before the transaction ends: something that belongs to it is about to be written.
    """
    query = select(Schedule)
    if hold:
        query = query.with_for_update(read=True, key_share=True)
    try:
        found = await session.scalar(query.where(Schedule.id == UUID(reference)))
    except ValueError:
        found = None
    if found is None:
        found = await session.scalar(query.where(Schedule.name == reference.replace("\x00", "")))
    return found


async def find(
    session: AsyncSession,
    reader: CatalogueReader,
    reference: str,
    start: datetime,
    end: datetime,
    *,
    hold: bool = False,
) -> Known | None:
    """A schedule with every override that has to do with a span of time, however long ago that is.

    Args:
        session: of one transaction.
        reader: this process's catalogue.
        reference: id or name.
        start: the first instant that is asked about.
        end: the last one.
        hold: as `find_row` has it.
    """
    row = await find_row(session, reference, hold=hold)
    if row is None:
        return None
    catalogue = await reader.read(session)
    value = catalogue.schedule_named.get(row.name)
    if value is None:  # renamed or deleted between the two looks
        return None
    overrides = await overrides_between(session, row.id, start - AROUND, end + AROUND)
    return Known(row.id, row.created_at, value.model_copy(update={"overrides": overrides}), catalogue)


async def overrides_between(
    session: AsyncSession, schedule_id: UUID, start: datetime, end: datetime
) -> tuple[Override, ...]:
    """The overrides of a schedule that touch a span of time, in the order in which they were made."""
    query = (
        select(ScheduleOverride)
        .where(
            ScheduleOverride.schedule_id == schedule_id,
            ScheduleOverride.ends_at > start,
            ScheduleOverride.starts_at < end,
        )
        .order_by(ScheduleOverride.id)
    )
    return tuple(override_value(row) for row in await session.scalars(query))
