"""Reads incidents, for API and pages alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import String

from db.models import Alert, Event, Incident, Notification, Service, Team


@dataclass(frozen=True)
class Filters:
    """Which incidents are wanted; None asks nothing."""

    status: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    service: str | None = None
    team: str | None = None
    label: tuple[str, ...] = ()
    """`name` or `name=value`."""
    q: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    drill: bool | None = None


def _incidents() -> Select[*tuple[Any, ...]]:
    return (
        select(*Incident.__table__.columns, Service.name.label("service"), Team.name.label("team"))
        .join(Service, Service.id == Incident.service_id)
        .join(Team, Team.id == func.coalesce(Incident.team_id, Service.team_id))
    )


async def find(session: AsyncSession, reference: UUID | int) -> RowMapping | None:
    """One incident by its id or its number, with the names of service and team."""
    column = Incident.id if isinstance(reference, UUID) else Incident.number
    return (await session.execute(_incidents().where(column == reference))).mappings().one_or_none()


async def search(
    session: AsyncSession, filters: Filters, limit: int, before: int | None = None
) -> Sequence[RowMapping]:
    """Incidents, newest first.

    Args:
        session: an open session.
        filters: which ones.
        limit: how many at most.
        before: only those with a smaller number.
    """
    query = _incidents().order_by(Incident.number.desc()).limit(limit)
    if before is not None:
        query = query.where(Incident.number < before)
    for condition in _conditions(filters):
        query = query.where(condition)
    return (await session.execute(query)).mappings().all()


def _conditions(filters: Filters) -> list[Any]:
    conditions: list[Any] = []
    if filters.status:
        conditions.append(Incident.status.in_(filters.status))
    if filters.severity:
        conditions.append(Incident.severity.in_(filters.severity))
    if filters.service is not None:
        conditions.append(Service.name == filters.service)
    if filters.team is not None:
        conditions.append(Team.name == filters.team)
    for label in filters.label:
        name, has_value, value = label.partition("=")
        held = {name: value}
        conditions.append(Incident.labels.contains(held) if has_value else Incident.labels.has_key(name))
    if filters.q is not None:
        conditions.append(_matches(filters.q))
    if filters.since is not None:
        conditions.append(Incident.created_at >= filters.since)
    if filters.until is not None:
        conditions.append(Incident.created_at < filters.until)
    if filters.drill is not None:
        conditions.append(Incident.time_scale.is_not(None) if filters.drill else Incident.time_scale.is_(None))
    return conditions


def _matches(q: str) -> Any:
    """Part of the title, of the short id, or of a label's value, in any case."""
    pattern = "%" + q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    values = func.jsonb_each_text(cast(Incident.labels, JSONB)).table_valued("key", "value")
    return or_(
        Incident.title.ilike(pattern),
        func.concat("INC-", cast(Incident.number, String)).ilike(pattern),
        select(1).select_from(values).where(values.c.value.ilike(pattern)).exists(),
    )


async def events(session: AsyncSession, incident_id: UUID, limit: int, after: UUID | None = None) -> Sequence[Event]:
    """The timeline, oldest first."""
    query = select(Event).where(Event.incident_id == incident_id).order_by(Event.id).limit(limit)
    if after is not None:
        query = query.where(Event.id > after)
    return (await session.scalars(query)).all()


async def alerts(
    session: AsyncSession, incident_id: UUID, limit: int, after: tuple[datetime, UUID] | None = None
) -> Sequence[Alert]:
    """Every alert received, oldest first."""
    query = select(Alert).where(Alert.incident_id == incident_id).order_by(Alert.received_at, Alert.id).limit(limit)
    if after is not None:
        at, alert_id = after
        query = query.where(or_(Alert.received_at > at, and_(Alert.received_at == at, Alert.id > alert_id)))
    return (await session.scalars(query)).all()


async def notifications(
    session: AsyncSession, incident_id: UUID, limit: int, after: tuple[datetime, UUID] | None = None
) -> Sequence[Notification]:
    """The ledger, oldest first."""
    query = (
        select(Notification)
        .where(Notification.incident_id == incident_id)
        .order_by(Notification.created_at, Notification.id)
        .limit(limit)
    )
    if after is not None:
        at, delivery_id = after
        query = query.where(
            or_(Notification.created_at > at, and_(Notification.created_at == at, Notification.id > delivery_id))
        )
    return (await session.scalars(query)).all()
