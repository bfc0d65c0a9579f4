"""Reads what a workflow must know to begin, or to go on from the row and the ledger."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.catalogue.answering import policy_of, who_answers
from db.catalogue.reading import CatalogueReader
from db.models import Event, Incident, Notification, Outbox, Service, Team
from domain.ahead import asked_since
from domain.directory import Directory
from domain.events import Event as EventValue
from domain.events import EventType
from domain.policy import Policy
from domain.severity import Severity


@dataclass(frozen=True)
class LedgerStep:
    """A step that is on the ledger, and whether all of it has left."""

    step: str
    recipient: str
    channel: str
    status: str
    created_at: datetime


@dataclass(frozen=True)
class StartingPoint:
    """One incident's row, what is on its ledger, and who answers for its service."""

    row: RowMapping
    policy: Policy
    directory: Directory
    ledger: list[LedgerStep]
    read_at: datetime
    alerts_told: int
    """Alerts that the workflow needs no more word of: all, or those on the timeline while word of others waits."""
    said_steps: dict[str, datetime] = field(default_factory=dict)
    """Steps of which the timeline says that they are over, and when: those without pages are on no ledger."""
    said_clear: EventValue | None = None
    """What the timeline says of an incident that is back to normal, and of which no new alert waits to be told."""

    @property
    def steps(self) -> list[str]:
        """The steps on the ledger or on the timeline, in their order."""
        fired_at = self.fired_at
        return sorted(fired_at, key=lambda step: fired_at[step])

    @property
    def fired_at(self) -> dict[str, datetime]:
        """When each step was fired, or its first page was begun, UTC."""
        return {entry.step: entry.created_at for entry in reversed(self.ledger)} | self.said_steps

    @property
    def columns(self) -> dict[str, Any]:
        """The row as a dictionary."""
        return dict(self.row)


async def starting_point(
    session: AsyncSession, reader: CatalogueReader, incident_id: UUID, default_policy: str
) -> StartingPoint | None:
    """Read it all in one transaction; None when there is no such incident."""
    query = (
        select(
            *Incident.__table__.columns,
            Service.name.label("service"),
            Team.name.label("team"),
            func.clock_timestamp().label("read_at"),
        )
        .join(Service, Service.id == Incident.service_id)
        .join(Team, Team.id == func.coalesce(Incident.team_id, Service.team_id))
        .where(Incident.id == incident_id)
    )
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    if row["policy"]:
        policy = Policy.model_validate(row["policy"])
    else:
        policy = await policy_of(session, reader, row["service_id"], Severity(row["severity"]), default_policy)
    since = asked_since(row["ladder_started_at"] or row["read_at"], row["read_at"])
    named = {who for who in (row["lead"], *row["responders"], *row["roles"].values()) if who}
    return StartingPoint(
        row=row,
        policy=policy,
        directory=await who_answers(
            session,
            reader,
            row["service_id"],
            policy,
            since,
            team_id=row["team_id"],
            incident_id=incident_id,
            until=max(row["read_at"], row["snoozed_until"] or row["read_at"]),
            also=sorted(named),
        ),
        ledger=await _ledger(session, incident_id),
        read_at=row["read_at"],
        alerts_told=await _alerts_told(session, incident_id, row["alert_count"]),
        said_steps=await _said_steps(session, incident_id),
        said_clear=await _said_clear(session, incident_id) if row["cleared_at"] else None,
    )


async def _alerts_wait(session: AsyncSession, incident_id: UUID) -> bool:
    waits = select(Outbox.id).where(Outbox.incident_id == incident_id, Outbox.kind == "alerts")
    return await session.scalar(waits) is not None


async def _alerts_told(session: AsyncSession, incident_id: UUID, received: int) -> int:
    if not await _alerts_wait(session, incident_id):
        return received
    repeats = select(func.sum(Event.data["count"].as_integer())).where(
        Event.incident_id == incident_id, Event.type == EventType.ALERT_RECEIVED
    )
    return 1 + (await session.scalar(repeats) or 0)


async def _said_steps(session: AsyncSession, incident_id: UUID) -> dict[str, datetime]:
    step = Event.data["step"].astext
    query = select(step, func.min(Event.created_at)).where(
        Event.incident_id == incident_id, Event.type == EventType.ESCALATED, step.is_not(None)
    )
    return {row[0]: row[1] for row in await session.execute(query.group_by(step))}


async def _said_clear(session: AsyncSession, incident_id: UUID) -> EventValue | None:
    if await _alerts_wait(session, incident_id):
        return None
    said = or_(func.jsonb_exists(Event.data, "resolves_at"), func.jsonb_exists(Event.data, "proposal"))
    query = select(Event).where(Event.incident_id == incident_id, Event.type == EventType.NOTE, said)
    row = await session.scalar(query.order_by(Event.id.desc()).limit(1))
    if row is None:
        return None
    return EventValue(type=EventType.NOTE, message=row.message, at=row.created_at, actor=row.actor, data=row.data)


async def _ledger(session: AsyncSession, incident_id: UUID) -> list[LedgerStep]:
    query = (
        select(
            Notification.step,
            Notification.recipient,
            Notification.channel,
            Notification.status,
            Notification.created_at,
        )
        .where(Notification.incident_id == incident_id)
        .order_by(Notification.created_at)
    )
    return [LedgerStep(*row) for row in (await session.execute(query)).all()]
