"""Who works here and what for: users, teams, services, scopes, policies (REQUIREMENTS S-01 to S-03, S-11)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, String, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.models.base import Base, Identified
from db.models.schedules import Schedule

team_members = Table(
    "team_members",
    Base.metadata,
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
)


class User(Identified, Base):
    """A person. Without a password hash nobody can sign in as them."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("role IN ('viewer','operator','responder','manager','admin')", name="role"),)

    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    title: Mapped[str | None] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(20), server_default="responder")
    password_hash: Mapped[str | None] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    time_zone: Mapped[str] = mapped_column(String(64), server_default="UTC")
    language: Mapped[str] = mapped_column(String(10), server_default="en")
    notification_rules: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")
    """Each a `domain.person.PersonalRule`."""
    quiet_hours: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")
    """Each a `domain.person.QuietHours`."""
    days_away: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")
    """Each a `domain.person.Absence`."""

    contact_methods: Mapped[list["ContactMethod"]] = relationship(
        lazy="raise", order_by="ContactMethod.created_at", passive_deletes=True
    )


class ContactMethod(Identified, Base):
    """An address of a person; used once it is verified."""

    __tablename__ = "contact_methods"
    __table_args__ = (UniqueConstraint("user_id", "channel", "address"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(500))
    verified_at: Mapped[datetime | None]
    code_hash: Mapped[str | None] = mapped_column(String(255))
    """Of the code that was sent last; never the code itself."""
    code_expires_at: Mapped[datetime | None]
    code_attempts: Mapped[int] = mapped_column(server_default="0")
    """Wrong guesses of that code."""


class Policy(Identified, Base):
    """An escalation policy; `definition` is a `domain.policy.Policy`."""

    __tablename__ = "policies"

    name: Mapped[str] = mapped_column(String(255), unique=True)
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)
    is_default: Mapped[bool] = mapped_column(server_default=text("false"))
    version: Mapped[int] = mapped_column(server_default="1")
    """Counts its changes."""


class Team(Identified, Base):
    """A team with its channel, its manager, and who is on call for it."""

    __tablename__ = "teams"

    name: Mapped[str] = mapped_column(String(255), unique=True)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    description: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str | None] = mapped_column(String(320))
    channel: Mapped[str | None] = mapped_column(String(100))
    on_call_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    manager_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    policy_id: Mapped[UUID | None] = mapped_column(ForeignKey("policies.id", ondelete="SET NULL"))
    schedule_id: Mapped[UUID | None] = mapped_column(ForeignKey("schedules.id", ondelete="SET NULL"))
    time_zone: Mapped[str] = mapped_column(String(64), server_default="UTC")
    policies: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")
    """Names of policies for single severities."""

    on_call: Mapped[User | None] = relationship(foreign_keys=[on_call_id], lazy="raise")
    manager: Mapped[User | None] = relationship(foreign_keys=[manager_id], lazy="raise")
    members: Mapped[list[User]] = relationship(secondary=team_members, lazy="raise", order_by=User.email)
    policy: Mapped[Policy | None] = relationship(lazy="raise")
    schedule: Mapped[Schedule | None] = relationship(lazy="raise")


class Service(Identified, Base):
    """Something that can break, and the team that owns it."""

    __tablename__ = "services"
    __table_args__ = (CheckConstraint("criticality IN ('TIER_1_CRITICAL','TIER_2','TIER_3')", name="criticality"),)

    name: Mapped[str] = mapped_column(String(255), unique=True)
    description: Mapped[str] = mapped_column(server_default="")
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id", ondelete="RESTRICT"))
    criticality: Mapped[str] = mapped_column(String(20), server_default="TIER_3")
    runbook_url: Mapped[str | None]
    repository_url: Mapped[str | None]
    monitoring_url: Mapped[str | None]
    policy_id: Mapped[UUID | None] = mapped_column(ForeignKey("policies.id", ondelete="SET NULL"))
    policies: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))

    policy: Mapped[Policy | None] = relationship(lazy="raise")
    team: Mapped[Team] = relationship(lazy="raise")


class Scope(Identified, Base):
    """A kind of impact that crosses services, and the addresses that must be told of it."""

    __tablename__ = "scopes"

    name: Mapped[str] = mapped_column(String(255), unique=True)
    description: Mapped[str] = mapped_column(server_default="")
    notify_emails: Mapped[list[str]] = mapped_column(ARRAY(String(320)), server_default="{}")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))


class Route(Identified, Base):
    """Whom to tell of a new incident of a kind; `definition` is a `domain.routing.Route`."""

    __tablename__ = "routes"

    name: Mapped[str] = mapped_column(String(255), unique=True)
    position: Mapped[int] = mapped_column(server_default="0")
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)


class CatalogueVersion(Base):
    """One row, counted up in the transaction of every change: whoever has read this version has read all of it."""

    __tablename__ = "catalogue_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
