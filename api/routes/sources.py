"""`/sources/`: who sends alerts, by which key, and how they are treated."""

import secrets
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field, model_validator
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from api.addresses import address_of
from api.container import Container
from api.formats import ALIASES, KINDS
from api.problems import Problem
from api.references import source_row
from api.requests import Cursor, JsonRoute, Limit, Parts, decode_cursor, encode_cursor, needs, page, stored_text
from api.routes.alerts import received
from api.schemas import Line, Text
from api.signatures import SIGNED_KINDS
from config.sealing import NoSecretKey
from db.house import source_value
from db.models import Source, new_id
from db.received import fates_of_sources
from db.source_heartbeats import standings
from db.tokens import hash_token
from domain.intake.source import SourceSettings
from domain.intake.verdict import Fate
from domain.roles import Permission

router = APIRouter(prefix="/sources", tags=["sources"], route_class=JsonRoute)

OTHER_KINDS = frozenset({"email", "heartbeat"})


class SourceIn(SourceSettings):
    """A source; everything but name and kind has a default."""

    name: Annotated[Line, Field(max_length=255)]
    kind: Annotated[Line, Field(max_length=40)]
    secret: Annotated[Text, Field(min_length=8, max_length=500)] | None = Field(None, repr=False)
    """With which the sender signs; never shown again."""
    is_active: bool = True

    @model_validator(mode="after")
    def _sensible(self) -> "SourceIn":
        if self.kind not in KINDS and self.kind not in ALIASES and self.kind not in OTHER_KINDS:
            raise ValueError(f"kind must be one of {', '.join(sorted({*KINDS, *OTHER_KINDS}))}")
        if self.kind == "heartbeat" and self.heartbeat_seconds is None:
            raise ValueError("heartbeat_seconds is needed for the kind 'heartbeat'")
        if self.secret is not None and ALIASES.get(self.kind, self.kind) not in SIGNED_KINDS:
            raise ValueError(f"secret: only these kinds sign what they send: {', '.join(sorted(SIGNED_KINDS))}")
        return self

    @property
    def settings(self) -> dict[str, Any]:
        """What is stored as JSON."""
        return self.model_dump(mode="json", include=set(SourceSettings.model_fields), exclude_defaults=True)


@router.get("/")
async def list_sources(parts: Parts, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Sources by name, each with what became of its alerts in the last 24 hours."""
    position = decode_cursor(cursor, stored_text)
    query = select(Source).order_by(Source.name).limit(limit)
    if position:
        query = query.where(Source.name > position[0])
    async with parts.sessions() as session:
        rows = (await session.scalars(query)).all()
        fates = await fates_of_sources(session)
        beats = await standings(session, [row.id for row in rows])
    items = [
        _shown(row, parts) | {"last_24_hours": fates.get(row.id, {}), "heartbeat": beats.get(row.id)} for row in rows
    ]
    return page(items, limit, lambda: encode_cursor(rows[-1].name))


@router.post("/", status_code=201, dependencies=[needs(Permission.MANAGE)])
async def add_source(body: SourceIn, parts: Parts) -> dict[str, Any]:
    """A new source; its key is in the answer and is never shown again."""
    return await make_source(body, parts, new_id())


async def make_source(body: SourceIn, parts: Container, id: UUID) -> dict[str, Any]:
    """A new source under an id, with its key."""
    key = secrets.token_hex(16)
    source = Source(id=id, key_hash=hash_token(key), key_hint=key[-4:])
    async with parts.sessions.begin() as session:
        await _write(source, body, parts)
        source.secret = _sealed(body.secret, parts) if body.secret else None
        session.add(source)
        await _flushed(session, body.name)
        await session.refresh(source)
    _forget(parts)
    return _shown_with_key(source, key, parts)


@router.get("/{id}/")
async def one_source(id: str, parts: Parts) -> dict[str, Any]:
    """One source, by id or name."""
    row = await source_row(parts, id)
    async with parts.sessions() as session:
        beats = await standings(session, [row.id])
    return _shown(row, parts) | {"heartbeat": beats.get(row.id)}


@router.patch("/{id}/", dependencies=[needs(Permission.MANAGE)])
async def change_source(id: str, body: dict[str, Any], parts: Parts) -> dict[str, Any]:
    """Change what is named; the rest stays."""
    row = await source_row(parts, id)
    async with parts.sessions.begin() as session:
        source = await session.get_one(Source, row.id)
        kept = {"name": source.name, "kind": source.kind, "is_active": source.is_active}
        changed = SourceIn.model_validate(_object(source.settings) | kept | body)
        if source.secret is not None and changed.kind != source.kind and "secret" not in body:
            raise Problem.of_field("secret", "belongs to the kind that changes: send the new one, or null")
        await _write(source, changed, parts)
        if "secret" in body:
            source.secret = _sealed(changed.secret, parts) if changed.secret else None
        await _flushed(session, changed.name)
        await session.refresh(source)
    _forget(parts)
    parts.pings.changed(source.id)
    return _shown(source, parts)


@router.post("/{id}/key/", dependencies=[needs(Permission.MANAGE)])
async def new_key(id: str, parts: Parts) -> dict[str, Any]:
    """A new key; the one before is refused from now on."""
    row, key = await source_row(parts, id), secrets.token_hex(16)
    async with parts.sessions.begin() as session:
        source = await session.get_one(Source, row.id)
        source.key_hash, source.key_hint = hash_token(key), key[-4:]
    _forget(parts)
    return _shown_with_key(source, key, parts)


@router.delete("/{id}/", status_code=204, dependencies=[needs(Permission.MANAGE)])
async def delete_source(id: str, parts: Parts) -> Response:
    """Delete a source with its rules; what it sent is kept."""
    row = await source_row(parts, id)
    async with parts.sessions.begin() as session:
        await session.delete(await session.get_one(Source, row.id))
    _forget(parts)
    parts.pings.changed(row.id)
    return Response(status_code=204)


@router.get("/{id}/alerts/")
async def alerts_of_source(
    id: str,
    parts: Parts,
    fate: Annotated[list[Fate] | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """What a source sent, what became of it and why; the latest first."""
    row = await source_row(parts, id)
    return await received(parts, row.id, fate or (), limit, cursor)


async def _write(source: Source, body: SourceIn, parts: Container) -> None:
    for field, name in (("service_name", body.service_name), ("owner_service", body.owner_service)):
        if name is not None and await parts.intake.service_named(name) is None:
            raise Problem.of_field(field, f"there is no service '{name}'")
    source.name = body.name
    source.kind = ALIASES.get(body.kind, body.kind)
    source.is_active = body.is_active
    source.settings = body.settings


async def _flushed(session: Any, name: str) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        raise Problem.of_field("name", f"there is a source '{name}' already", 409) from error


def _sealed(secret: str, parts: Container) -> bytes:
    try:
        return parts.sealer.seal(secret)
    except NoSecretKey as error:
        raise Problem.of_field("secret", str(error)) from error


def _object(settings: Any) -> dict[str, Any]:
    """Settings as they are stored; a later version's that are no object are none."""
    return settings if isinstance(settings, dict) else {}


def _forget(parts: Container) -> None:
    parts.intake.forget()
    parts.credentials.forget()


def _shown_with_key(source: Source, key: str, parts: Container) -> dict[str, Any]:
    return _shown(source, parts) | {"key": key, "url": address_of(source.kind, parts.settings.base_url, key)}


def _shown(source: Source, parts: Container) -> dict[str, Any]:
    settings = source_value(source).settings.model_dump(mode="json")
    return {
        "id": source.id,
        "name": source.name,
        "kind": source.kind,
        "is_active": source.is_active,
        "key_hint": f"…{source.key_hint}",
        "signs": source.secret is not None,
        "url": address_of(source.kind, parts.settings.base_url),
        "created_at": source.created_at,
        **settings,
    }
