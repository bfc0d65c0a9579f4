"""Who sends alerts and how they are treated: sources, rules, silences, maintenance (REQUIREMENTS S-20 to S-22)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Column, DateTime, ForeignKey, Index, LargeBinary, String, Table, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Identified

service_dependencies = Table(
    "service_dependencies",
    Base.metadata,
    Column("service_id", ForeignKey("services.id", ondelete="CASCADE"), primary_key=True),
    Column("depends_on_id", ForeignKey("services.id", ondelete="CASCADE"), primary_key=True),
)


class Source(Identified, Base):
    """Somebody who sends alerts; `settings` is a `domain.intake.source.SourceSettings`."""

    __tablename__ = "sources"

    name: Mapped[str] = mapped_column(String(255), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    """SHA-256 of the key, which is shown once."""
    key_hint: Mapped[str] = mapped_column(String(8))
    """The key's last characters, to tell keys apart."""
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    """With which the sender signs, sealed with TOCSIN_SECRET_KEY."""
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))


class SourceHeartbeat(Base):
    """When a source last pinged, and whether it is missing."""

    __tablename__ = "source_heartbeats"

    source_id: Mapped[UUID] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True)
    last_ping_at: Mapped[datetime]
    missing_since: Mapped[datetime | None]


class Rule(Identified, Base):
    """A rule; `definition` is a `domain.intake.rule.Rule` without its name and source."""

    __tablename__ = "rules"

    name: Mapped[str] = mapped_column(String(255), unique=True)
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(server_default="100")
    """The lowest goes first."""
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))


class Silence(Identified, Base):
    """A silence; one that is over is kept, for it explains what was not paged."""

    __tablename__ = "silences"

    matchers: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(String(1000))
    created_by: Mapped[str] = mapped_column(String(320))


class MaintenanceWindow(Identified, Base):
    """A maintenance window; see `domain.intake.maintenance`."""

    __tablename__ = "maintenance_windows"

    name: Mapped[str] = mapped_column(String(255))
    time_zone: Mapped[str] = mapped_column(String(64))
    start: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    end: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    repeat: Mapped[str] = mapped_column(String(10), server_default="once")
    interval: Mapped[int] = mapped_column(server_default="1")
    until: Mapped[date | None]
    services: Mapped[list[str]] = mapped_column(ARRAY(String(255)), server_default="{}")
    teams: Mapped[list[str]] = mapped_column(ARRAY(String(255)), server_default="{}")
    reason: Mapped[str] = mapped_column(String(1000), server_default="")
    created_by: Mapped[str] = mapped_column(String(320))


class AlertState(Base):
    """Of one alert over all its repetitions: whether it fires, since when, and where it belongs."""

    __tablename__ = "alert_states"
    __table_args__ = (
        Index("ix_alert_states_incident_id", "incident_id", postgresql_where=text("status = 'firing'")),
        Index("ix_alert_states_quiet_until", "quiet_until", postgresql_where=text("status = 'quiet'")),
    )

    identity: Mapped[str] = mapped_column(String(600), primary_key=True)
    status: Mapped[str] = mapped_column(String(10))
    """`firing`, `resolved`, or `quiet`: firing under a silence or in a maintenance window."""
    slot_key: Mapped[str] = mapped_column(String(1000))
    """The correlation key under which it fires: a split may have given it one of its own."""
    incident_id: Mapped[UUID | None]
    alert_id: Mapped[UUID]
    """The latest alert of it."""
    started_at: Mapped[datetime | None]
    """The start of the episode that fires, of senders who say so."""
    over_started_at: Mapped[datetime | None]
    """The start of the latest episode that is over."""
    resolved_at: Mapped[datetime | None]
    quiet_until: Mapped[datetime | None]
    changes: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)), server_default="{}")
    """When it lately went back to normal."""
    fire_count: Mapped[int] = mapped_column(server_default="1")
    last_fired_at: Mapped[datetime]


class HeldAlert(Base):
    """An alert that waits for others of its key before anybody is paged."""

    __tablename__ = "held_alerts"

    key: Mapped[str] = mapped_column(String(1000), primary_key=True)
    alert_id: Mapped[UUID] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
