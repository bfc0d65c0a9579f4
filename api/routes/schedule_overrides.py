"""`/schedules/{id}/overrides/`: who is on call otherwise than the layers say, for a while."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy import delete, select

from api.instants import Instant, require_span
from api.problems import Problem
from api.requests import Caller, Cursor, JsonRoute, Limit, Parts, decode_cursor, encode_cursor, page
from api.routes.schedules import Reference
from api.schedule_bodies import no_schedule
from api.schedule_people import (
    require_active,
    require_known,
    require_may_change_past,
    require_may_override,
)
from api.schemas import without_nul
from db.catalogue.reading import override_value
from db.models import ScheduleOverride, new_id
from db.schedules.finding import find_row
from db.schedules.overrides import keep, tell_coming
from domain.roles import Permission, may
from domain.schedule.schedule import Override

router = APIRouter(prefix="/schedules/{id:path}/overrides", tags=["schedules"], route_class=JsonRoute)

ALIASES = {"from": "start", "to": "end"}


@router.get("/")
async def list_overrides(
    id: Reference,
    parts: Parts,
    from_: Annotated[Instant | None, Query(alias="from", description="Only what ends after this instant")] = None,
    to: Annotated[Instant | None, Query(description="Only what begins before this instant")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Overrides, the latest first."""
    position = decode_cursor(cursor, UUID)
    async with parts.sessions() as session:
        row = await find_row(session, id)
        if row is None:
            raise no_schedule(id)
        query = select(ScheduleOverride).where(ScheduleOverride.schedule_id == row.id)
        if from_:
            query = query.where(ScheduleOverride.ends_at > from_)
        if to:
            query = query.where(ScheduleOverride.starts_at < to)
        if position:
            query = query.where(ScheduleOverride.id < position[0])
        rows = (await session.scalars(query.order_by(ScheduleOverride.id.desc()).limit(limit))).all()
    items = [_shown(override_value(one), one.created_at) for one in rows]
    return page(items, limit, lambda: encode_cursor(rows[-1].id))


@router.post("/", status_code=201)
async def add_override(id: Reference, body: dict[str, Any], parts: Parts, caller: Caller) -> dict[str, Any]:
    """A new override; it holds at once.

    `kind` is `replace` (these people and nobody else, or in the place of `replaces`), `add` or `remove`; `level` is 1
    unless told otherwise; `start` and `end` may be written `from` and `to`, and one person in `users` as `user`.
    """
    override = _read(body, caller.email)
    require_may_override(caller, override)
    require_may_change_past(caller, override.start)
    require_span(override.start, override.end, fields="start end")
    async with parts.sessions.begin() as session:
        row = await find_row(session, id, hold=True)
        if row is None:
            raise no_schedule(id)
        catalogue = await parts.catalogue.read(session)
        require_active(catalogue, override.users if override.kind != "remove" else (), "users")
        for email in override.users:
            require_known(catalogue, email, "users")
        require_known(catalogue, override.replaces, "replaces")
        await keep(session, row.id, override)
        link = f"{parts.settings.base_url}/schedules/{row.id}"
        await tell_coming(session, row.name, override, caller.email, link, catalogue)
        kept = await session.get_one(ScheduleOverride, override.id)
        await session.refresh(kept)
    return _shown(override_value(kept), kept.created_at)


@router.delete("/{override}/", status_code=204)
async def delete_override(id: Reference, override: Annotated[UUID, Path()], parts: Parts, caller: Caller) -> Response:
    """Take an override back; the layers hold again at once.

    Of one that has begun, whoever is no manager takes back only what is still to come: it ends now.
    """
    async with parts.sessions.begin() as session:
        row = await find_row(session, id)
        if row is None:
            raise no_schedule(id)
        kept = await session.get(ScheduleOverride, override)
        if kept is None or kept.schedule_id != row.id:
            raise Problem(404, f"The schedule has no override {override}")
        require_may_override(caller, override_value(kept))
        require_may_change_past(caller, kept.ends_at)
        now = datetime.now(UTC)
        if may(caller.role, Permission.MANAGE) or kept.starts_at >= now:
            await session.execute(delete(ScheduleOverride).where(ScheduleOverride.id == override))
        else:
            kept.ends_at = min(kept.ends_at, now)
    return Response(status_code=204)


def _read(body: dict[str, Any], created_by: str) -> Override:
    """An override as it was sent, under a new id."""
    fields: dict[str, Any] = {}
    for name, value in body.items():
        field = ALIASES.get(name, name)
        if field in fields:
            raise Problem.of_field(name, f"is the same as {field}: send one of them")
        fields[field] = value
    for name in ("id", "created_by"):
        if name in fields:
            raise Problem.of_field(name, "is not the caller's to say")
    if "user" in fields:
        if "users" in fields:
            raise Problem.of_field("user", "send user for one person, or users for several")
        fields["users"] = [fields.pop("user")]
    if isinstance(fields.get("reason"), str):
        try:
            fields["reason"] = without_nul(fields["reason"])
        except ValueError as error:
            raise Problem.of_field("reason", str(error)) from error
    return Override.model_validate(fields | {"id": new_id(), "created_by": created_by})


def _shown(override: Override, created_at: datetime) -> dict[str, Any]:
    times = {"start": override.start, "end": override.end, "created_at": created_at}
    return override.model_dump(mode="json") | times
