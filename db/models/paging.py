"""The ledger of every page, and the built-in providers' own tables (REQUIREMENTS S-18)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Identified


class Notification(Base):
    """One delivery: `pending` before the send, `sent` after it. The id is `domain.climb.delivery_id`."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("incident_id", "step", "recipient", "channel"),
        Index("ix_notifications_turn", "turn", "created_at", postgresql_where=text("turn IS NOT NULL")),
        Index("ix_notifications_recipient_created_at", "recipient", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"))
    step: Mapped[str] = mapped_column(String(100))
    recipient: Mapped[str] = mapped_column(String(320))
    channel: Mapped[str] = mapped_column(String(20))
    provider: Mapped[str] = mapped_column(String(50))
    reason: Mapped[str] = mapped_column(server_default="")
    turn: Mapped[str | None] = mapped_column(String(600))
    """The key of the policy's target whose turn it was, when only one of several is told."""
    status: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    sent_at: Mapped[datetime | None]
    provider_message_id: Mapped[str | None] = mapped_column(String(255))


class Notice(Identified, Base):
    """A message that belongs to no incident: a test page, a code, a hand-off, "you go on call in an hour"."""

    __tablename__ = "notices"
    __table_args__ = (UniqueConstraint("key"),)

    key: Mapped[str] = mapped_column(String(300))
    """Unique: what is told twice is told once."""
    kind: Mapped[str] = mapped_column(String(30))
    recipient: Mapped[str] = mapped_column(String(320))
    channel: Mapped[str] = mapped_column(String(20))
    provider: Mapped[str] = mapped_column(String(50), server_default="")
    status: Mapped[str] = mapped_column(String(20), server_default="pending")
    error: Mapped[str | None]
    sent_at: Mapped[datetime | None]


class InboxMessage(Base):
    """A message in the built-in inbox."""

    __tablename__ = "inbox_messages"
    __table_args__ = (Index("ix_inbox_messages_recipient_id", "recipient", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    notification_id: Mapped[UUID | None] = mapped_column(ForeignKey("notifications.id"), unique=True)
    incident_id: Mapped[UUID | None] = mapped_column(ForeignKey("incidents.id"), index=True)
    notice_id: Mapped[UUID | None] = mapped_column(ForeignKey("notices.id"), unique=True)
    """Of a message that belongs to no incident."""
    recipient: Mapped[str] = mapped_column(String(320))
    step: Mapped[str] = mapped_column(String(100))
    channel: Mapped[str] = mapped_column(String(20))
    text: Mapped[str]
    links: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")
    received_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class DocumentVersion(Base):
    """One version of an incident's built-in document."""

    __tablename__ = "document_versions"

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class WarRoom(Identified, Base):
    """A built-in war room; one for an incident."""

    __tablename__ = "war_rooms"

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"), unique=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    topic: Mapped[str] = mapped_column(String(250))
    archived_at: Mapped[datetime | None]


class WarRoomMember(Base):
    """Who was invited."""

    __tablename__ = "war_room_members"

    room_id: Mapped[UUID] = mapped_column(ForeignKey("war_rooms.id"), primary_key=True)
    member: Mapped[str] = mapped_column(String(320), primary_key=True)
    joined_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class WarRoomMessage(Base):
    """A message in a built-in war room; `key` makes Tocsin's own come once."""

    __tablename__ = "war_room_messages"
    __table_args__ = (UniqueConstraint("room_id", "key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    room_id: Mapped[UUID] = mapped_column(ForeignKey("war_rooms.id"))
    key: Mapped[str] = mapped_column(String(100))
    author: Mapped[str] = mapped_column(String(320))
    text: Mapped[str]
    posted_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
