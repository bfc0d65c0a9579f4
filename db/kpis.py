"""The figures of a period: counts, and times to detect, acknowledge and resolve. Drills are left out."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Incident, Service, Team


async def incidents_between(
    session: AsyncSession, start: datetime, end: datetime, service: str | None, team: str | None
) -> Sequence[RowMapping]:
    """The columns that the figures need, of every real incident created in a period."""
    query = (
        select(
            Incident.status,
            Incident.severity,
            Incident.created_at,
            Incident.detected_at,
            func.coalesce(Incident.first_acknowledged_at, Incident.acknowledged_at).label("acknowledged_at"),
            Incident.resolved_at,
        )
        .join(Service, Service.id == Incident.service_id)
        .join(Team, Team.id == func.coalesce(Incident.team_id, Service.team_id))
        .where(Incident.created_at >= start, Incident.created_at < end, Incident.time_scale.is_(None))
    )
    if service is not None:
        query = query.where(Service.name == service)
    if team is not None:
        query = query.where(Team.name == team)
    return (await session.execute(query)).mappings().all()
