"""What only the pages read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from db.models import Alert, Event, Incident, Notification, Scope, Service, Team, User

T = TypeVar("T")


@dataclass(frozen=True)
class Recent(Generic[T]):
    """The latest of a list that may be long, and how many there are in all."""

    items: Sequence[T]
    total: int


async def counts_by_status(session: AsyncSession) -> dict[str, int]:
    """How many incidents are in each state."""
    rows = await session.execute(select(Incident.status, func.count()).group_by(Incident.status))
    return {row[0]: row[1] for row in rows}


async def services(session: AsyncSession) -> Sequence[Service]:
    """The active services with their teams."""
    query = select(Service).where(Service.is_active).options(joinedload(Service.team)).order_by(Service.name)
    return (await session.scalars(query)).all()


async def service_names(session: AsyncSession) -> Sequence[str]:
    """The names of the active services."""
    return (await session.scalars(select(Service.name).where(Service.is_active).order_by(Service.name))).all()


async def team_names(session: AsyncSession) -> Sequence[str]:
    """The names of the teams."""
    return (await session.scalars(select(Team.name).order_by(Team.name))).all()


async def scopes(session: AsyncSession) -> Sequence[Scope]:
    """The active scopes."""
    return (await session.scalars(select(Scope).where(Scope.is_active).order_by(Scope.name))).all()


async def people(session: AsyncSession) -> Sequence[User]:
    """Everybody who is active."""
    return (await session.scalars(select(User).where(User.is_active).order_by(User.name))).all()


async def channels(session: AsyncSession) -> Sequence[str]:
    """The channels of the teams."""
    query = select(Team.channel).where(Team.channel.is_not(None)).distinct().order_by(Team.channel)
    return [channel for channel in await session.scalars(query) if channel]


async def latest_events(session: AsyncSession, incident_id: UUID, limit: int) -> Recent[Event]:
    """The timeline, newest first."""
    query = select(Event).where(Event.incident_id == incident_id).order_by(Event.id.desc()).limit(limit)
    counted = select(func.count()).where(Event.incident_id == incident_id)
    return Recent((await session.scalars(query)).all(), (await session.scalar(counted)) or 0)


async def latest_notifications(session: AsyncSession, incident_id: UUID, limit: int) -> Recent[Notification]:
    """The ledger, newest first."""
    query = (
        select(Notification)
        .where(Notification.incident_id == incident_id)
        .order_by(Notification.created_at.desc(), Notification.id)
        .limit(limit)
    )
    counted = select(func.count()).where(Notification.incident_id == incident_id)
    return Recent((await session.scalars(query)).all(), (await session.scalar(counted)) or 0)


async def latest_alerts(session: AsyncSession, incident_id: UUID, limit: int) -> Sequence[Alert]:
    """The alerts, newest first."""
    query = (
        select(Alert)
        .where(Alert.incident_id == incident_id)
        .order_by(Alert.received_at.desc(), Alert.id.desc())
        .limit(limit)
    )
    return (await session.scalars(query)).all()
