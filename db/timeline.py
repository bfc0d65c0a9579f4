"""Reads the timeline of an incident."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Event
from domain.events import Event as EventValue
from domain.events import EventType


async def timeline(session: AsyncSession, incident_id: UUID) -> Sequence[EventValue]:
    """Every entry so far as plain values, oldest first."""
    query = select(Event).where(Event.incident_id == incident_id).order_by(Event.id)
    return [
        EventValue(type=EventType(row.type), message=row.message, at=row.created_at, actor=row.actor, data=row.data)
        for row in await session.scalars(query)
    ]
