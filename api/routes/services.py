"""`/services/`: what can break, who owns it, and what it depends on."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from sqlalchemy import delete, insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from api.problems import Problem
from api.requests import Cursor, JsonRoute, Limit, Parts, decode_cursor, encode_cursor, needs, page, stored_text
from api.schemas import ServiceIn
from db.models import Service, Team, new_id, service_dependencies
from domain.roles import Permission

router = APIRouter(prefix="/services", tags=["catalogue"], route_class=JsonRoute)

_FACTS = ("name", "description", "criticality", "runbook_url", "repository_url", "monitoring_url", "is_active")


@router.get("/")
async def services(parts: Parts, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Services and their teams, by name."""
    position = decode_cursor(cursor, stored_text)
    query = select(Service).options(joinedload(Service.team)).order_by(Service.name).limit(limit)
    if position:
        query = query.where(Service.name > position[0])
    async with parts.sessions() as session:
        rows = (await session.scalars(query)).all()
        depends = await _dependencies(session, [row.id for row in rows])
    items = [_shown(row, depends.get(row.id, [])) for row in rows]
    return page(items, limit, lambda: encode_cursor(rows[-1].name))


@router.post("/", status_code=201, dependencies=[needs(Permission.MANAGE)])
async def add_service(body: ServiceIn, parts: Parts) -> dict[str, Any]:
    """A new service."""
    service = Service(id=new_id())
    return await _saved(service, body, parts, new=True)


@router.get("/{id}/")
async def one_service(id: Annotated[UUID, Path()], parts: Parts) -> dict[str, Any]:
    """One service."""
    async with parts.sessions() as session:
        row = await _row(session, id)
        return _shown(row, (await _dependencies(session, [id])).get(id, []))


@router.patch("/{id}/", dependencies=[needs(Permission.MANAGE)])
async def change_service(id: Annotated[UUID, Path()], body: dict[str, Any], parts: Parts) -> dict[str, Any]:
    """Change what is named; the rest stays."""
    async with parts.sessions() as session:
        row = await _row(session, id)
        depends = (await _dependencies(session, [id])).get(id, [])
    kept = {name: getattr(row, name) for name in _FACTS} | {"team": row.team.name, "depends_on": depends}
    return await _saved(row, ServiceIn.model_validate(kept | body), parts, new=False)


async def _saved(service: Service, body: ServiceIn, parts: Parts, *, new: bool) -> dict[str, Any]:
    async with parts.sessions.begin() as session:
        team = await _team(session, body.team)
        needed = await _named(session, body.depends_on)
        kept = service if new else await _row(session, service.id)
        for name in _FACTS:
            setattr(kept, name, getattr(body, name))
        kept.team_id, kept.team = team.id, team
        if new:
            session.add(kept)
        try:
            await session.flush()
        except IntegrityError as error:
            raise Problem.of_field("name", f"there is a service '{body.name}' already", 409) from error
        await _write_dependencies(session, kept.id, needed)
        await session.refresh(kept, ["created_at"])
    parts.intake.forget()
    return _shown(kept, sorted(needed))


async def _write_dependencies(session: AsyncSession, service_id: UUID, needed: dict[str, UUID]) -> None:
    if service_id in needed.values():
        raise Problem.of_field("depends_on", "a service does not depend on itself")
    await session.execute(delete(service_dependencies).where(service_dependencies.c.service_id == service_id))
    rows = [{"service_id": service_id, "depends_on_id": needed_id} for needed_id in needed.values()]
    if rows:
        await session.execute(insert(service_dependencies), rows)


async def _named(session: AsyncSession, names: list[str]) -> dict[str, UUID]:
    rows = await session.execute(select(Service.name, Service.id).where(Service.name.in_(names)))
    found = {row.name: row.id for row in rows}
    for name in names:
        if name not in found:
            raise Problem.of_field("depends_on", f"there is no service '{name}'")
    return found


async def _team(session: AsyncSession, name: str) -> Team:
    team = await session.scalar(select(Team).where(or_(Team.name == name, Team.slug == name)))
    if team is None:
        names = (await session.scalars(select(Team.name).order_by(Team.name))).all()
        raise Problem.of_field("team", f"there is no team '{name}'; there are: {', '.join(names)}")
    return team


async def _row(session: AsyncSession, id: UUID) -> Service:
    row = await session.scalar(select(Service).options(joinedload(Service.team)).where(Service.id == id))
    if row is None:
        raise Problem(404, f"There is no service {id}")
    return row


async def _dependencies(session: AsyncSession, ids: list[UUID]) -> dict[UUID, list[str]]:
    query = (
        select(service_dependencies.c.service_id, Service.name)
        .join(Service, Service.id == service_dependencies.c.depends_on_id)
        .where(service_dependencies.c.service_id.in_(ids))
        .order_by(Service.name)
    )
    found: dict[UUID, list[str]] = {}
    for service_id, name in await session.execute(query):
        found.setdefault(service_id, []).append(name)
    return found


def _shown(row: Service, depends_on: list[str]) -> dict[str, Any]:
    facts = {name: getattr(row, name) for name in ("id", *_FACTS, "created_at")}
    return facts | {"team": row.team.name, "depends_on": depends_on}
