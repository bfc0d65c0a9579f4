"""What every installation has: its first log-in, its policies, and the service for the unknown."""

from dataclasses import dataclass

import yaml
from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from config.defaults import BASE_CATALOGUE, EXAMPLE_CATALOGUE
from config.passwords import hash_password, password_matches
from config.settings import Settings
from db.catalogue.reading import read_catalogue
from db.catalogue.writing import ids_of, without, write
from db.engine import Sessions
from db.models import ApiToken, User, new_id
from db.tokens import hash_token, new_token
from domain.catalogue import UNKNOWN_SERVICE, Catalogue

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
    """Policies and routes where there are none: what somebody has deleted stays so. The rest at the first start."""
    base = Catalogue.model_validate(yaml.safe_load(BASE_CATALOGUE.read_text()))
    policies, routes, services = [await ids_of(session, kind) for kind in ("policies", "routes", "services")]
    await write(session, Catalogue(policies=() if policies else base.policies, routes=() if routes else base.routes))
    if UNKNOWN_SERVICE in services:
        return
    first = Catalogue.model_validate(yaml.safe_load(EXAMPLE_CATALOGUE.read_text())) if example else base
    await write(session, without(first, await read_catalogue(session)))


async def _ensure_admin(session: AsyncSession, settings: Settings) -> FirstLogin | None:
    """The operator's word holds at every start: another password or token takes the place of the one before."""
    given_password = settings.admin_password.get_secret_value() if settings.admin_password else None
    given_token = settings.admin_token.get_secret_value() if settings.admin_token else None
    admin = await session.scalar(select(User).where(User.email == settings.admin_email))
    made_up = None
    if admin is None:
        admin = User(id=new_id(), email=settings.admin_email, name="Administrator", role="admin")
        session.add(admin)
        await session.flush()
        made_up = FirstLogin(settings.admin_email, given_password or new_token()[:16], given_token or new_token())
        admin.password_hash = hash_password(made_up.password)
        if given_token is None:
            await _keep_token(session, admin, "made at first start", made_up.token)
    elif given_password and not password_matches(admin.password_hash, given_password):
        admin.password_hash = hash_password(given_password)
    if given_token or given_password:
        admin.role = "admin"  # also of somebody whom the catalogue knows by another one
    if given_token:
        await _keep_token(session, admin, _OPERATORS_TOKEN, given_token)
        others = update(ApiToken).where(ApiToken.name == _OPERATORS_TOKEN, ApiToken.hash != hash_token(given_token))
        await session.execute(others.where(ApiToken.revoked_at.is_(None)).values(revoked_at=func.now()))
    return None if given_password and given_token else made_up


async def _keep_token(session: AsyncSession, user: User, name: str, token: str) -> None:
    values = {"user_id": user.id, "name": name, "revoked_at": None}
    await session.execute(
        insert(ApiToken)
        .values(id=new_id(), hash=hash_token(token), **values)
        .on_conflict_do_update(index_elements=[ApiToken.hash], set_=values)
    )
