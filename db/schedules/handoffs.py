"""Hand-offs as they happened, and what their recaps say."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Handoff, HandoffNote, Incident, Notification, Service, Team, new_id
from domain.duty import Recap, RecapIncident

LATELY = timedelta(days=7)
MOST = 200
"""Incidents of one recap."""


async def incidents_of(session: AsyncSession, schedule_id: UUID, team: str | None, at: datetime) -> list[RecapIncident]:
    """What is open, and what the last week brought, for the teams of a schedule; drills are left out."""
    named = Team.schedule_id == schedule_id
    if team:
        named |= Team.name == team
    pages = (
        select(func.count())
        .where(Notification.incident_id == Incident.id, Notification.sent_at.is_not(None))
        .scalar_subquery()
    )
    query = (
        select(Incident, pages.label("pages"))
        .join(Service, Service.id == Incident.service_id)
        .where(
            func.coalesce(Incident.team_id, Service.team_id).in_(select(Team.id).where(named)),
            (Incident.status != "RESOLVED") | (Incident.created_at > at - LATELY),
            Incident.time_scale.is_(None),
        )
        .order_by(Incident.number.desc())
        .limit(MOST)
    )
    return [_recapped(incident, count) for incident, count in await session.execute(query)]


def _recapped(incident: Incident, pages: int) -> RecapIncident:
    acknowledged_at = incident.first_acknowledged_at or incident.acknowledged_at
    waited = acknowledged_at - incident.created_at if acknowledged_at else None
    return RecapIncident(
        short_id=f"INC-{incident.number}",
        title=incident.title,
        severity=incident.severity,
        status=incident.status,
        is_open=incident.status != "RESOLVED",
        minutes_to_acknowledge=waited / timedelta(minutes=1) if waited is not None else None,
        pages=pages,
    )


async def waiting_notes(session: AsyncSession, schedule_id: UUID) -> Sequence[HandoffNote]:
    """What the next hand-off will say, oldest first."""
    query = select(HandoffNote).where(HandoffNote.schedule_id == schedule_id, HandoffNote.handoff_id.is_(None))
    return (await session.scalars(query.order_by(HandoffNote.id))).all()


async def keep(session: AsyncSession, schedule_id: UUID, recap: Recap, text: str, notes: Sequence[UUID]) -> UUID | None:
    """Write a hand-off; its id, None when it was written before."""
    row = {
        "id": new_id(),
        "schedule_id": schedule_id,
        "at": recap.at,
        "leaving": list(recap.leaving),
        "coming": list(recap.coming),
        "recap": text,
    }
    once = insert(Handoff).values(row).on_conflict_do_nothing(index_elements=[Handoff.schedule_id, Handoff.at])
    kept: UUID | None = await session.scalar(once.returning(Handoff.id))
    if kept is not None and notes:
        await session.execute(update(HandoffNote).where(HandoffNote.id.in_(notes)).values(handoff_id=kept))
    return kept
