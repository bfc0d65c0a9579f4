"""Incidents, the alerts that made them, and their timelines (REQUIREMENTS S-06, S-07, S-23).

Writers are split by column: intake owns `alert_count`, `last_alert_at` and the alerts, the incident's workflow
owns all else. Events are never changed; of an alert only what became of it may change, when it is correlated anew.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Sequence, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Identified

incident_number = Sequence("incident_number", metadata=Base.metadata)


class Incident(Identified, Base):
    """One incident; its row equals its workflow's state after each command."""

    __tablename__ = "incidents"
    __table_args__ = (
        Index("ix_incidents_open", "id", postgresql_where=text("status <> 'RESOLVED'")),
        Index("ix_incidents_service_id_created_at", "service_id", "created_at"),
    )

    number: Mapped[int] = mapped_column(BigInteger, unique=True)
    title: Mapped[str] = mapped_column(String(500))
    description: Mapped[str] = mapped_column(server_default="")
    status: Mapped[str] = mapped_column(String(20), server_default="TRIGGERED")
    severity: Mapped[str] = mapped_column(String(20))
    service_id: Mapped[UUID] = mapped_column(ForeignKey("services.id", ondelete="RESTRICT"))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
    """The team to which it was reassigned; None: the service's own."""
    requested_service_name: Mapped[str] = mapped_column(String(255))
    lead: Mapped[str | None] = mapped_column(String(320))
    impacted_scopes: Mapped[list[str]] = mapped_column(ARRAY(String(255)), server_default="{}")
    source: Mapped[str] = mapped_column(String(255))
    fingerprint: Mapped[str | None] = mapped_column(String(512))
    correlation_key: Mapped[str] = mapped_column(String(1000))
    labels: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")
    links: Mapped[list[dict[str, str]]] = mapped_column(JSONB, server_default="[]")
    time_scale: Mapped[float | None]
    alert_count: Mapped[int] = mapped_column(server_default="1")
    last_alert_at: Mapped[datetime]
    lid_link: Mapped[str | None]
    war_room_id: Mapped[str | None] = mapped_column(String(255))
    war_room_link: Mapped[str | None]
    orchestration: Mapped[str] = mapped_column(String(20), server_default="PENDING")
    detected_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(String(320))
    first_acknowledged_at: Mapped[datetime | None]
    """When it was acknowledged first, once that acknowledgement has ceased to hold: the KPIs count from it."""
    mitigated_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None] = mapped_column(String(320))
    snoozed_until: Mapped[datetime | None]
    roles: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")
    """Role, such as incident commander, and who has it."""
    responders: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")
    """Who was asked to join, and whether they have: `asked`, `accepted` or `declined`."""
    acknowledgements: Mapped[list[str]] = mapped_column(ARRAY(String(320)), server_default="{}")
    """Who has acknowledged so far, of a policy that wants several."""
    wants_war_room: Mapped[bool] = mapped_column(server_default=text("false"))
    """A policy or a person wants a war room, whatever the severity."""
    cleared_at: Mapped[datetime | None]
    """Since when every alert of it is back to normal; None while one fires, and when nobody can know."""
    merged_into: Mapped[UUID | None]
    resolution_note: Mapped[str | None]
    root_cause: Mapped[str | None]
    revision: Mapped[int] = mapped_column(server_default="0")
    """Grows with each record of the workflow; an older one changes nothing."""
    policy: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """The version of the escalation policy that the incident started with."""
    ladder_started_at: Mapped[datetime | None]
    ladder_generation: Mapped[int] = mapped_column(server_default="1")
    ladder_advance_seconds: Mapped[float] = mapped_column(server_default="0")
    ladder_first_to: Mapped[str | None] = mapped_column(String(320))
    """To whom it was reassigned when this plan generation began."""


class Alert(Base):
    """One alert as it was received."""

    __tablename__ = "alerts"
    __table_args__ = (
        Index("ix_alerts_incident_id_received_at", "incident_id", "received_at"),
        Index("ix_alerts_source_id_id", "source_id", "id", postgresql_where=text("source_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID | None] = mapped_column(ForeignKey("incidents.id"))
    """None: it opened and joined nothing, and `fate` and `reason` say why."""
    source_id: Mapped[UUID | None]
    """The source by whose key it came; kept when the source is deleted."""
    fate: Mapped[str] = mapped_column(String(12), server_default="new")
    """What became of it: a `domain.intake.verdict.Fate`."""
    reason: Mapped[str | None]
    """Why, where somebody may ask: the rule, the silence, the threshold."""
    received_at: Mapped[datetime]
    title: Mapped[str] = mapped_column(String(500))
    severity: Mapped[str] = mapped_column(String(20))
    service_name: Mapped[str] = mapped_column(String(255))
    source: Mapped[str] = mapped_column(String(255))
    fingerprint: Mapped[str | None] = mapped_column(String(512))
    labels: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")
    deduplicated: Mapped[bool]
    """True when it joined an incident, false when it opened one."""
    item: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What intake was given, enough to correlate the alert anew."""
    raw: Mapped[Any] = mapped_column(JSON)
    """The body as it came: `json`, not `jsonb`, so that not a character is changed."""


class Event(Base):
    """One entry of a timeline. `key` is unique in its incident, so that writing twice writes once."""

    __tablename__ = "incident_events"
    __table_args__ = (
        UniqueConstraint("incident_id", "key"),
        Index("ix_incident_events_incident_id_id", "incident_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"))
    key: Mapped[str] = mapped_column(String(300))
    type: Mapped[str] = mapped_column(String(40))
    message: Mapped[str]
    actor: Mapped[str | None] = mapped_column(String(320))
    created_at: Mapped[datetime]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")


class CorrelationSlot(Base):
    """Which open incident an alert of this key joins: the truth of correlation."""

    __tablename__ = "correlation_slots"

    key: Mapped[str] = mapped_column(String(1000), primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(
        ForeignKey("incidents.id", deferrable=True, initially="DEFERRED"), index=True
    )
    window_seconds: Mapped[int | None]
    """How long after its last alert the slot still absorbs; None: as long as the incident is open."""
    last_alert_at: Mapped[datetime]
    batch_due_at: Mapped[datetime]
    """When the workflow may next be told of repeated alerts: at once, then at most once a second."""


class Outbox(Base):
    """What Temporal has yet to be told; per incident first in, first out."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_incident_id_id", "incident_id", "id"),
        Index("ix_outbox_due", "rank", "id"),
        Index("uq_outbox_alerts", "incident_id", unique=True, postgresql_where=text("kind = 'alerts'")),
        Index("uq_outbox_command_id", "command_id", unique=True),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"))
    kind: Mapped[str] = mapped_column(String(20))
    """`start`, `alerts` or `command`."""
    command_id: Mapped[str | None] = mapped_column(String(300))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    rank: Mapped[int] = mapped_column(SmallInteger)
    """The incident's severity, 1 to 4: SEV1 and SEV2 go first."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    due_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    """Not before; pushed back after a failure."""
    leased_until: Mapped[datetime | None]
    """Some process is delivering it."""
    attempts: Mapped[int] = mapped_column(server_default="0")
    last_error: Mapped[str | None]
