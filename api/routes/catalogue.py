"""`teams/`, `users/`, `scopes/`, `policies/`: who works here and what for."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Path
from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload, selectinload

from api.problems import Problem
from api.requests import Cursor, JsonRoute, Limit, Parts, decode_cursor, encode_cursor, page, stored_text
from db.models import Policy, Scope, Team, User

Row = TypeVar("Row", Team, User, Scope, Policy)

router = APIRouter(tags=["catalogue"], route_class=JsonRoute)


@router.get("/teams/")
async def teams(parts: Parts, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Teams with their people, by name."""
    return await _list(parts, _teams(), Team.name, _team, limit, cursor)


@router.get("/teams/{id}/")
async def team(id: Annotated[UUID, Path()], parts: Parts) -> dict[str, Any]:
    """One team."""
    return await _one(parts, _teams(), Team.id, id, _team, "team")


@router.get("/users/")
async def users(parts: Parts, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """People, by e-mail address."""
    return await _list(parts, select(User), User.email, _user, limit, cursor)


@router.get("/users/{id}/")
async def user(id: Annotated[str, Path(max_length=320)], parts: Parts) -> dict[str, Any]:
    """One person, by id or e-mail address."""
    return _user(await find_user(parts, id))


@router.get("/users/{id}/inbox/", tags=["inbox"])
async def inbox(
    id: Annotated[str, Path(max_length=320)], parts: Parts, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """Every message that was sent to a person, newest first; also of a team's `#channel` or an address."""
    recipient = id if id.startswith("#") else (await find_user(parts, id, also_address=True)).email
    position = decode_cursor(cursor, UUID)
    messages = await parts.inbox.latest(recipient, limit, position[0] if position else None)
    items = [
        {
            "id": message.id,
            "incident": f"INC-{number}",
            "step": message.step,
            "channel": message.channel,
            "text": message.text,
            "links": message.links,
            "received_at": message.received_at,
        }
        for message, number in messages
    ]
    return page(items, limit, lambda: encode_cursor(messages[-1][0].id))


@router.get("/scopes/")
async def scopes(parts: Parts, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Impact scopes, by name."""
    return await _list(parts, select(Scope), Scope.name, _scope, limit, cursor)


@router.get("/policies/")
async def policies(parts: Parts, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Escalation policies, by name."""
    return await _list(parts, select(Policy), Policy.name, _policy, limit, cursor)


async def find_user(parts: Parts, reference: str, *, also_address: bool = False) -> User:
    """A person by id or e-mail address.

    Raises:
        Problem: there is none; an address that is nobody's is fine when `also_address`.
    """
    async with parts.sessions() as session:
        try:
            found = await session.get(User, UUID(reference))
        except ValueError:
            printable = reference.replace("\x00", "")
            found = await session.scalar(select(User).where(User.email == printable))
    if found is None and also_address and "@" in reference:
        return User(email=reference)
    if found is None:
        raise Problem(404, f"There is no user {reference}: name them by UUID or e-mail address")
    return found


def _teams() -> Select[Team]:
    people = (joinedload(Team.on_call), joinedload(Team.manager), joinedload(Team.policy))
    return select(Team).options(*people, selectinload(Team.members))


async def _list(
    parts: Parts,
    query: Select[Row],
    key: InstrumentedAttribute[str],
    shape: Callable[[Row], dict[str, Any]],
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    position = decode_cursor(cursor, stored_text)
    query = query.order_by(key).limit(limit)
    if position:
        query = query.where(key > position[0])
    async with parts.sessions() as session:
        rows = (await session.scalars(query)).all()
    return page([shape(row) for row in rows], limit, lambda: encode_cursor(getattr(rows[-1], key.key)))


async def _one(
    parts: Parts,
    query: Select[Row],
    key: InstrumentedAttribute[UUID],
    id: UUID,
    shape: Callable[[Row], dict[str, Any]],
    what: str,
) -> dict[str, Any]:
    async with parts.sessions() as session:
        row = await session.scalar(query.where(key == id))
    if row is None:
        raise Problem(404, f"There is no {what} {id}")
    return shape(row)


def _team(row: Team) -> dict[str, Any]:
    names = ("id", "name", "slug", "description", "email", "channel", "created_at")
    return {name: getattr(row, name) for name in names} | {
        "on_call": row.on_call.email if row.on_call else None,
        "manager": row.manager.email if row.manager else None,
        "members": [member.email for member in row.members],
        "policy": row.policy.name if row.policy else None,
    }


def _user(row: User) -> dict[str, Any]:
    names = ("id", "email", "name", "title", "role", "is_active", "created_at")
    return {name: getattr(row, name) for name in names}


def _scope(row: Scope) -> dict[str, Any]:
    names = ("id", "name", "description", "notify_emails", "is_active", "created_at")
    return {name: getattr(row, name) for name in names}


def _policy(row: Policy) -> dict[str, Any]:
    kept = {"id": row.id, "name": row.name, "is_default": row.is_default, "created_at": row.created_at}
    return kept | {name: value for name, value in row.definition.items() if name != "name"}
