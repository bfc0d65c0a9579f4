"""Secret links under which calendar programs read shifts: random, and kept only as hashes."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import CalendarFeed, Schedule, User, new_id
from db.tokens import hash_token, new_token


class Owner(NamedTuple):
    """Whose shifts a link shows: a schedule's, or a person's."""

    schedule_id: UUID | None = None
    user_id: UUID | None = None


class Opened(NamedTuple):
    """What a key opens."""

    schedule: str | None
    """Name of the schedule, when it is one's."""
    email: str | None
    """Address of the person, when it is theirs."""


async def make(session: AsyncSession, owner: Owner, by: str) -> tuple[CalendarFeed, str]:
    """A new link, and its key, whose text is not kept."""
    key = new_token()
    feed = CalendarFeed(
        id=new_id(), token_hash=_hash(key), schedule_id=owner.schedule_id, user_id=owner.user_id, created_by=by
    )
    session.add(feed)
    await session.flush()
    await session.refresh(feed)
    return feed, key


async def of(session: AsyncSession, owner: Owner, by: str | None = None) -> Sequence[CalendarFeed]:
    """The links of a schedule or a person, oldest first; with `by`, those alone that this person made."""
    return (await session.scalars(select(CalendarFeed).where(*_of(owner, by)).order_by(CalendarFeed.id))).all()


async def take_away(session: AsyncSession, owner: Owner, feed_id: UUID, by: str | None = None) -> bool:
    """Whether there was such a link, of whoever `by` is when it is given; nobody gets in by it any more."""
    feed = await session.scalar(select(CalendarFeed).where(CalendarFeed.id == feed_id, *_of(owner, by)))
    if feed is not None:
        await session.delete(feed)
    return feed is not None


async def opened_by(session: AsyncSession, key: str) -> Opened | None:
    """What a key opens; None when it is nobody's, or that of somebody who has left: the person, or who made it for
    a schedule.

    Keys are found by their hash: how long that takes says nothing about a key.
    """
    holder = or_(
        User.id == CalendarFeed.user_id, and_(CalendarFeed.user_id.is_(None), User.email == CalendarFeed.created_by)
    )
    query = (
        select(CalendarFeed.id, CalendarFeed.user_id, Schedule.name, User.email)
        .outerjoin(Schedule, Schedule.id == CalendarFeed.schedule_id)
        .join(User, holder)
        .where(CalendarFeed.token_hash == _hash(key), User.is_active)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    read = update(CalendarFeed).where(CalendarFeed.id == row.id).values(last_read_at=func.now())
    await session.execute(read)
    return Opened(row.name, row.email if row.user_id else None)


def _of(owner: Owner, by: str | None) -> list[ColumnElement[bool]]:
    of_schedule = owner.schedule_id is not None
    own = CalendarFeed.schedule_id == owner.schedule_id if of_schedule else CalendarFeed.user_id == owner.user_id
    return [own] if by is None else [own, CalendarFeed.created_by == by]


def _hash(key: str) -> str:
    return hash_token(key).hex()
