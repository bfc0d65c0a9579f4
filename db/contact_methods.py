"""Contact methods: addresses of people, and the codes that verify them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ContactMethod, Notice, User

CODE_LIFE = timedelta(minutes=10)
MOST_TRIES = 5


class Verdict(Enum):
    """What a guess of a code met."""

    VERIFIED = "verified"
    """Already, without a guess."""
    NO_CODE = "no code"
    TOO_MANY = "too many"
    EXPIRED = "expired"
    OPEN = "open"
    """The code is to be compared."""


class Try(NamedTuple):
    """One guess that was counted."""

    verdict: Verdict
    code_hash: str | None = None
    left: int = 0
    """Guesses after this one."""


async def methods_of(session: AsyncSession, user_id: UUID) -> Sequence[ContactMethod]:
    """A person's contact methods, the oldest first."""
    query = select(ContactMethod).where(ContactMethod.user_id == user_id)
    return (await session.scalars(query.order_by(ContactMethod.created_at, ContactMethod.id))).all()


async def verified_addresses(session: AsyncSession, email: str, channel: str) -> Sequence[str]:
    """A person's verified addresses of a channel, the oldest first; none of whom there is not."""
    query = select(ContactMethod.address).join(User, User.id == ContactMethod.user_id)
    query = query.where(User.email == email, ContactMethod.channel == channel, ContactMethod.verified_at.is_not(None))
    return (await session.scalars(query.order_by(ContactMethod.created_at, ContactMethod.id))).all()


async def method_of(session: AsyncSession, user_id: UUID, id: UUID) -> ContactMethod | None:
    """One of a person's, locked until the transaction ends."""
    query = select(ContactMethod).where(ContactMethod.user_id == user_id, ContactMethod.id == id)
    return await session.scalar(query.with_for_update())


def set_address(method: ContactMethod, address: str) -> None:
    """Another address; what is new is not verified, nor by a code that went to the old one."""
    if method.address != address:
        method.address = address
        method.verified_at = method.code_hash = method.code_expires_at = None


async def keep_code(session: AsyncSession, method: ContactMethod, code_hash: str) -> datetime:
    """Take the place of the code before; until when it holds, UTC."""
    now = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    expires_at: datetime = now + CODE_LIFE
    method.code_hash, method.code_expires_at, method.code_attempts = code_hash, expires_at, 0
    return expires_at


async def count_try(session: AsyncSession, id: UUID) -> Try:
    """Count a guess before it is looked at, so that guesses at the same time count as well."""
    holds = ContactMethod.code_expires_at > func.clock_timestamp()
    counted = (
        update(ContactMethod)
        .where(ContactMethod.id == id, ContactMethod.code_hash.is_not(None), ContactMethod.code_attempts < MOST_TRIES)
        .values(code_attempts=ContactMethod.code_attempts + 1)
        .returning(ContactMethod.code_hash, ContactMethod.code_attempts, holds)
    )
    row = (await session.execute(counted)).one_or_none()
    if row is not None:
        return Try(Verdict.OPEN, row[0], MOST_TRIES - row[1]) if row[2] else Try(Verdict.EXPIRED)
    facts = select(ContactMethod.verified_at, ContactMethod.code_hash).where(ContactMethod.id == id)
    verified_at, code_hash = (await session.execute(facts)).one()
    if code_hash is not None:
        return Try(Verdict.TOO_MANY)
    return Try(Verdict.NO_CODE if verified_at is None else Verdict.VERIFIED)


async def verify(session: AsyncSession, id: UUID, code_hash: str) -> bool:
    """Verify the address that a code went to; false when another has taken its place since."""
    values = {"verified_at": func.clock_timestamp(), "code_hash": None, "code_expires_at": None}
    statement = update(ContactMethod).where(ContactMethod.id == id, ContactMethod.code_hash == code_hash)
    done = await session.execute(statement.values(**values).returning(ContactMethod.id))
    return done.one_or_none() is not None


async def told_lately(session: AsyncSession, kind: str, recipient: str, within: timedelta) -> int:
    """How many notices of a kind somebody was told within a time."""
    query = select(func.count()).select_from(Notice).where(Notice.kind == kind, Notice.recipient == recipient)
    return await session.scalar(query.where(Notice.created_at > func.now() - within)) or 0
