"""Who may call: API tokens and browser sessions, stored as hashes; and answers to repeat (REQUIREMENTS S-35)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Identified


class ApiToken(Identified, Base):
    """A token; only the SHA-256 of its text is kept."""

    __tablename__ = "api_tokens"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Session(Base):
    """A signed-in browser; the cookie's SHA-256 is the key."""

    __tablename__ = "sessions"

    hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime]


class IdempotencyKey(Base):
    """What a request with an `Idempotency-Key` was answered, so that its repetition is answered the same."""

    __tablename__ = "idempotency_keys"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    incident_id: Mapped[UUID | None] = mapped_column(ForeignKey("incidents.id"))
    status: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class WorkerHeartbeat(Base):
    """A worker that lives and reaches Temporal."""

    __tablename__ = "worker_heartbeats"

    worker: Mapped[str] = mapped_column(String(255), primary_key=True)
    seen_at: Mapped[datetime]
