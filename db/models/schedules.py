"""Schedules, what departs from them, and the hand-offs between people (REQUIREMENTS R-D-07, N)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Identified


class Schedule(Identified, Base):
    """Who is on call when; `definition` is a `domain.schedule.schedule.Schedule`."""

    __tablename__ = "schedules"

    name: Mapped[str] = mapped_column(String(255), unique=True)
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)


class ScheduleOverride(Identified, Base):
    """Who is on call otherwise than the layers say, for a while."""

    __tablename__ = "schedule_overrides"
    __table_args__ = (Index("ix_schedule_overrides_schedule_id_ends_at", "schedule_id", "ends_at"),)

    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    level: Mapped[int] = mapped_column(server_default="1")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    users: Mapped[list[str]] = mapped_column(ARRAY(String(320)), server_default="{}")
    replaces: Mapped[str | None] = mapped_column(String(320))
    reason: Mapped[str] = mapped_column(server_default="")
    created_by: Mapped[str] = mapped_column(String(320), server_default="")


class ScheduleCalendar(Identified, Base):
    """An imported calendar, as it was read last."""

    __tablename__ = "schedule_calendars"
    __table_args__ = (UniqueConstraint("schedule_id", "name"),)

    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(255))
    sealed_url: Mapped[str | None]
    """Its address is a secret; None when a file was given."""
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    spans: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")
    """Each a `domain.schedule.schedule.Span`, some months back and a year ahead."""
    ignored: Mapped[list[str]] = mapped_column(ARRAY(String), server_default="{}")
    """What of it could not be used, in sentences."""
    read_at: Mapped[datetime | None]
    error: Mapped[str | None]
    """Why it could not be read the last time; what was read before goes on to hold."""


class CalendarFeed(Identified, Base):
    """A secret link under which a calendar program reads a schedule's shifts, or one person's."""

    __tablename__ = "calendar_feeds"
    __table_args__ = (CheckConstraint("(schedule_id IS NULL) <> (user_id IS NULL)", name="of_one"),)

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    schedule_id: Mapped[UUID | None] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_by: Mapped[str] = mapped_column(String(320), server_default="")
    last_read_at: Mapped[datetime | None]


class ShiftSwap(Identified, Base):
    """Somebody asks somebody else to take a piece of duty; agreed, it becomes an override."""

    __tablename__ = "shift_swaps"
    __table_args__ = (CheckConstraint("status IN ('proposed','accepted','declined','withdrawn')", name="status"),)

    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"))
    level: Mapped[int] = mapped_column(server_default="1")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    from_user: Mapped[str] = mapped_column(String(320))
    to_user: Mapped[str] = mapped_column(String(320))
    return_starts_at: Mapped[datetime | None]
    """What is taken in exchange, if anything."""
    return_ends_at: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(String(10), server_default="proposed")
    note: Mapped[str] = mapped_column(server_default="")
    answered_at: Mapped[datetime | None]


class Handoff(Identified, Base):
    """A hand-off of a schedule: what was told to whom."""

    __tablename__ = "handoffs"
    __table_args__ = (UniqueConstraint("schedule_id", "at"),)

    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    leaving: Mapped[list[str]] = mapped_column(ARRAY(String(320)), server_default="{}")
    coming: Mapped[list[str]] = mapped_column(ARRAY(String(320)), server_default="{}")
    recap: Mapped[str] = mapped_column(server_default="")
    acknowledged: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")
    """E-mail address and the instant at which each of them said that they have read it."""


class HandoffNote(Identified, Base):
    """What somebody wants the next hand-off to say."""

    __tablename__ = "handoff_notes"

    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"))
    handoff_id: Mapped[UUID | None] = mapped_column(ForeignKey("handoffs.id", ondelete="CASCADE"))
    """The hand-off that said it; None: the next one will."""
    author: Mapped[str] = mapped_column(String(320))
    text: Mapped[str]
