"""What every installation has: its first log-in, its policies, and the service for the unknown."""

from dataclasses import dataclass

import yaml
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from config.defaults import BASE_CATALOGUE, EXAMPLE_CATALOGUE
from config.passwords import hash_password
from config.settings import Settings
from db.catalogue import UNKNOWN_SERVICE, add_catalogue, service_exists
from db.engine import Sessions
from db.models import ApiToken, User, new_id
from db.tokens import hash_token, new_token

_LOCK = 7_034_812_557
_OPERATORS_TOKEN = "set by the operator"  # noqa: S105 - a token's name, not a token


@dataclass(frozen=True)
class FirstLogin:
    """A log-in that was made up because none was set: it is shown once and kept nowhere in clear."""

    email: str
    password: str
    token: str


async def bootstrap(sessions: Sessions, settings: Settings) -> FirstLogin | None:
    """Make sure of all that; safe to run by every process at every start.

    Returns:
        The first log-in when it was made up here and must be shown to the operator.
    """
    async with sessions.begin() as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        await _ensure_catalogue(session, example=settings.example_catalog)
        return await _ensure_admin(session, settings)


async def _ensure_catalogue(session: AsyncSession, *, example: bool) -> None:
    base = yaml.safe_load(BASE_CATALOGUE.read_text())
    await add_catalogue(session, {"policies": base["policies"]})
    if await service_exists(session, UNKNOWN_SERVICE):
        return
    if example:
        await add_catalogue(session, yaml.safe_load(EXAMPLE_CATALOGUE.read_text()))
    else:
        await add_catalogue(session, base)


async def _ensure_admin(session: AsyncSession, settings: Settings) -> FirstLogin | None:
    admin = await session.scalar(select(User).where(User.email == settings.admin_email))
    made_up = None
    if admin is None:
        password = settings.admin_password.get_secret_value() if settings.admin_password else new_token()[:16]
        token = settings.admin_token.get_secret_value() if settings.admin_token else new_token()
        admin = User(
            id=new_id(),
            email=settings.admin_email,
            name="Administrator",
            role="admin",
            password_hash=hash_password(password),
        )
        session.add(admin)
        await session.flush()
        await _add_token(session, admin, "first start", token)
        if settings.admin_password is None or settings.admin_token is None:
            made_up = FirstLogin(settings.admin_email, password, token)
    if settings.admin_token:
        await _add_token(session, admin, _OPERATORS_TOKEN, settings.admin_token.get_secret_value())
    return made_up


async def _add_token(session: AsyncSession, user: User, name: str, token: str) -> None:
    await session.execute(
        insert(ApiToken)
        .values(id=new_id(), user_id=user.id, name=name, hash=hash_token(token))
        .on_conflict_do_nothing(index_elements=[ApiToken.hash])
    )
