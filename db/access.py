"""Who a token or a browser session belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ApiToken, Session, User, new_id
from db.tokens import hash_token, new_token

SIGNED_IN = "sign-in"
"""The name of tokens that were got by a password."""
_HOLDS = (ApiToken.revoked_at.is_(None), or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > func.now()))


@dataclass(frozen=True)
class Principal:
    """Who is calling."""

    id: UUID
    email: str
    name: str
    role: str


@dataclass(frozen=True)
class BrowserSession:
    """A signed-in browser and the word that its forms must carry."""

    principal: Principal
    csrf: str


async def by_token(session: AsyncSession, token: str) -> Principal | None:
    """The owner of an API token that is neither expired nor revoked."""
    query = (
        select(User)
        .join(ApiToken, ApiToken.user_id == User.id)
        .where(ApiToken.hash == hash_token(token), *_HOLDS, User.is_active)
    )
    user = await session.scalar(query)
    return _principal(user) if user else None


async def by_cookie(session: AsyncSession, cookie: str) -> BrowserSession | None:
    """The session of a browser's cookie."""
    query = (
        select(User, Session.csrf)
        .join(Session, Session.user_id == User.id)
        .where(Session.hash == hash_token(cookie), Session.expires_at > func.now(), User.is_active)
    )
    row = (await session.execute(query)).one_or_none()
    return BrowserSession(_principal(row[0]), row[1]) if row else None


async def user_by_email(session: AsyncSession, email: str) -> User | None:
    """An active user."""
    return await session.scalar(select(User).where(func.lower(User.email) == email.lower(), User.is_active))


async def begin_session(session: AsyncSession, user_id: UUID, expires_at: datetime) -> str:
    """Sign a browser in; its cookie. Sessions that have run out are swept away."""
    cookie = new_token()
    await session.execute(delete(Session).where(Session.expires_at < func.now()))
    session.add(Session(hash=hash_token(cookie), user_id=user_id, csrf=new_token(), expires_at=expires_at))
    return cookie


async def end_session(session: AsyncSession, cookie: str) -> None:
    """Sign a browser out."""
    await session.execute(delete(Session).where(Session.hash == hash_token(cookie)))


async def issue_token(session: AsyncSession, user_id: UUID, name: str, expires_at: datetime | None) -> str:
    """A new API token; its text is not kept."""
    token = new_token()
    session.add(ApiToken(id=new_id(), user_id=user_id, name=name, hash=hash_token(token), expires_at=expires_at))
    return token


async def tokens_of(session: AsyncSession, user_id: UUID) -> Sequence[ApiToken]:
    """A person's tokens that are neither expired nor revoked, the oldest first."""
    query = select(ApiToken).where(ApiToken.user_id == user_id, *_HOLDS).order_by(ApiToken.id)
    return (await session.scalars(query)).all()


async def revoke_token(session: AsyncSession, user_id: UUID, token_id: UUID) -> bool:
    """Whether a token of a person held until now."""
    query = update(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user_id, *_HOLDS)
    revoked = await session.execute(query.values(revoked_at=func.now()).returning(ApiToken.id))
    return revoked.first() is not None


async def password_of(session: AsyncSession, user_id: UUID) -> str | None:
    """The hash of a person's password; None when they have none."""
    return await session.scalar(select(User.password_hash).where(User.id == user_id))


async def set_password(session: AsyncSession, user_id: UUID, hashed: str) -> None:
    """Another password; what the one before has opened is closed."""
    await session.execute(update(User).where(User.id == user_id).values(password_hash=hashed))
    await session.execute(delete(Session).where(Session.user_id == user_id))
    signed_in = update(ApiToken).where(ApiToken.user_id == user_id, ApiToken.name == SIGNED_IN, *_HOLDS)
    await session.execute(signed_in.values(revoked_at=func.now()))


def _principal(user: User) -> Principal:
    return Principal(user.id, user.email, user.name, user.role)
