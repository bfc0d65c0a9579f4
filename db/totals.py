"""What Prometheus is told: totals from the database, so that every API process says the same."""

from collections.abc import Sequence

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Event, Incident, Notification, Service

BUCKETS = (60, 300, 900, 1800, 3600, 14_400, 86_400)
"""Upper bounds of the histograms, in seconds."""


async def incidents_by_kind(session: AsyncSession) -> Sequence[Row[str, str, str, int]]:
    """Incidents by severity, service and source."""
    query = (
        select(Incident.severity, Service.name, Incident.source, func.count())
        .join(Service, Service.id == Incident.service_id)
        .group_by(Incident.severity, Service.name, Incident.source)
    )
    return (await session.execute(query)).all()


async def open_by_state(session: AsyncSession) -> Sequence[Row[str, str, int]]:
    """Open incidents by severity and status."""
    query = (
        select(Incident.severity, Incident.status, func.count())
        .where(Incident.status != "RESOLVED")
        .group_by(Incident.severity, Incident.status)
    )
    return (await session.execute(query)).all()


async def notifications_by_result(session: AsyncSession) -> Sequence[Row[str, str, int]]:
    """Deliveries by provider and status."""
    query = select(Notification.provider, Notification.status, func.count())
    return (await session.execute(query.group_by(Notification.provider, Notification.status))).all()


async def escalations_by_step(session: AsyncSession) -> Sequence[Row[str, int]]:
    """Escalation entries of timelines, by step."""
    step = Event.data["step"].astext
    query = select(step, func.count()).where(Event.type == "ESCALATED", step.is_not(None)).group_by(step)
    return (await session.execute(query)).all()


async def time_buckets(session: AsyncSession, name: str) -> tuple[list[int], int, float]:
    """A histogram of MTTD, MTTA or MTTR over real incidents: counts up to each bucket, count, sum of seconds.

    Args:
        session: an open session.
        name: `mttd`, `mtta` or `mttr`.
    """
    acknowledged = func.coalesce(Incident.first_acknowledged_at, Incident.acknowledged_at)
    start, end = {
        "mttd": (Incident.detected_at, Incident.created_at),
        "mtta": (Incident.created_at, acknowledged),
        "mttr": (Incident.created_at, Incident.resolved_at),
    }[name]
    seconds = func.extract("epoch", end - start)
    query = select(
        *(func.count().filter(seconds <= bucket) for bucket in BUCKETS),
        func.count(seconds),
        func.coalesce(func.sum(seconds), 0),
    ).where(end >= start, Incident.time_scale.is_(None))
    row = (await session.execute(query)).one()
    return [int(count) for count in row[: len(BUCKETS)]], int(row[-2]), float(row[-1])
