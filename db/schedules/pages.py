"""Who was paged when, from the ledger."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Incident, Notification
from domain.load import Page

NOT_A_PAGE = "resolved"
"""The step of the good news."""


async def pages_of(session: AsyncSession, people: Collection[str], start: datetime, end: datetime) -> list[Page]:
    """Every message about an incident that left for one of these people in `[start, end)`; drills are left out."""
    query = (
        select(Notification.recipient, Notification.sent_at)
        .join(Incident, Incident.id == Notification.incident_id)
        .where(
            Notification.recipient.in_(people),
            Notification.sent_at >= start,
            Notification.sent_at < end,
            Notification.step != NOT_A_PAGE,
            Incident.time_scale.is_(None),
        )
    )
    return [Page(recipient=row.recipient, at=row.sent_at) for row in await session.execute(query)]
