"""`/silences/`: alerts that match are kept for a while, but page nobody."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.container import Container
from api.matchers import MatcherIn
from api.problems import Problem
from api.requests import Caller, Cursor, JsonRoute, Limit, Parts, decode_cursor, encode_cursor, needs, page
from api.schemas import Instant, Line
from db.adding import added_once
from db.models import Silence, new_id
from domain.intake.quiet import Facts, Matcher
from domain.roles import Permission
from domain.severity import Severity
from gateway.intake.expressions import matches

router = APIRouter(prefix="/silences", tags=["silences"], route_class=JsonRoute)

LONGEST = timedelta(days=366)

Matchers = Annotated[list[MatcherIn], Field(min_length=1, max_length=50)]
Seconds = Annotated[int, Field(strict=True, ge=1, le=int(LONGEST.total_seconds()))]


class SilenceIn(BaseModel):
    """A silence: all of its matchers must hold."""

    model_config = ConfigDict(extra="forbid")

    matchers: Annotated[Matchers, BeforeValidator(lambda given: [given] if isinstance(given, str) else given)]
    starts_at: Instant | None = None
    """Now, when it is left out."""
    ends_at: Instant | None = None
    seconds: Seconds | None = None
    """How long, instead of until when."""
    reason: Annotated[Line, Field(max_length=1000)]

    @model_validator(mode="after")
    def _one_end(self) -> "SilenceIn":
        if (self.ends_at is None) == (self.seconds is None):
            raise ValueError("give either 'ends_at' or 'seconds'")
        return self


class SilenceChangeIn(BaseModel):
    """What can be changed of a silence: how long it lasts, and why."""

    model_config = ConfigDict(extra="forbid")

    ends_at: Instant | None = None
    seconds: Seconds | None = None
    """From now on."""
    reason: Annotated[Line, Field(max_length=1000)] | None = None


@router.get("/")
async def list_silences(
    parts: Parts, active: bool | None = None, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """Silences, the latest first; `active=true` those that hold now or will, `active=false` those that are over."""
    query = select(Silence).order_by(Silence.id.desc()).limit(limit)
    position = decode_cursor(cursor, UUID)
    if position:
        query = query.where(Silence.id < position[0])
    now = datetime.now(UTC)
    if active is not None:
        query = query.where(Silence.ends_at > now if active else Silence.ends_at <= now)
    async with parts.sessions() as session:
        rows = (await session.scalars(query)).all()
    return page([_shown(row, now) for row in rows], limit, lambda: encode_cursor(rows[-1].id))


@router.post("/", status_code=201, dependencies=[needs(Permission.RESPOND)])
async def add_silence(body: SilenceIn, parts: Parts, caller: Caller) -> dict[str, Any]:
    """A new silence; it holds from the next alert on."""
    return await make_silence(body, parts, caller.email, new_id())


async def make_silence(body: SilenceIn, parts: Container, by: str, id: UUID) -> dict[str, Any]:
    """A new silence under an id; made twice under the same one it is there once."""
    now = datetime.now(UTC)
    starts_at = max(body.starts_at, now) if body.starts_at else now
    ends_at = body.ends_at or starts_at + timedelta(seconds=body.seconds or 0)
    _require_span(starts_at, ends_at, now)
    _require_narrow(body.matchers)
    silence = Silence(
        id=id,
        matchers=[matcher.model_dump(mode="json") for matcher in body.matchers],
        starts_at=starts_at,
        ends_at=ends_at,
        reason=body.reason,
        created_by=by,
    )
    async with parts.sessions.begin() as session:
        silence = await added_once(session, silence)
    parts.intake.forget()
    return _shown(silence, now)


@router.get("/{id}/")
async def one_silence(id: Annotated[UUID, Path()], parts: Parts) -> dict[str, Any]:
    """One silence."""
    async with parts.sessions() as session:
        return _shown(await _row(session, id), datetime.now(UTC))


@router.patch("/{id}/", dependencies=[needs(Permission.RESPOND)])
async def change_silence(id: Annotated[UUID, Path()], body: SilenceChangeIn, parts: Parts) -> dict[str, Any]:
    """Let it last longer or shorter; one that is over stays over."""
    if body.ends_at is not None and body.seconds is not None:
        raise Problem.of_field("ends_at", "give either 'ends_at' or 'seconds'")
    now = datetime.now(UTC)
    async with parts.sessions.begin() as session:
        silence = await _row(session, id)
        ends_at = body.ends_at
        if body.seconds is not None:
            ends_at = max(now, silence.starts_at) + timedelta(seconds=body.seconds)
        if ends_at is not None:
            if silence.ends_at <= now:
                raise Problem(409, "The silence is over; make a new one")
            _require_span(silence.starts_at, ends_at, now)
            silence.ends_at = ends_at
        if body.reason is not None:
            silence.reason = body.reason
    parts.intake.forget()
    return _shown(silence, now)


@router.delete("/{id}/", dependencies=[needs(Permission.RESPOND)])
async def end_silence(id: Annotated[UUID, Path()], parts: Parts) -> dict[str, Any]:
    """End it now. It is kept, for it explains what was not paged."""
    now = datetime.now(UTC)
    async with parts.sessions.begin() as session:
        silence = await _row(session, id)
        silence.ends_at = min(silence.ends_at, now)
        silence.starts_at = min(silence.starts_at, silence.ends_at)
    parts.intake.forget()
    return _shown(silence, now)


def _require_span(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    if ends_at <= max(starts_at, now):
        raise Problem.of_field("ends_at", "must be later than the beginning, and than now")
    if ends_at - starts_at > LONGEST:
        raise Problem.of_field("ends_at", f"must be at most {LONGEST.days} days after the beginning")


def _require_narrow(given: list[Matcher]) -> None:
    """Matchers of which each holds for an alert that has nothing but what all alerts have would silence everything."""
    made_up: Facts = dict.fromkeys(("service", "team", "source", "title"), "Made up for 1 trial")
    each_severity = [{**made_up, "severity": (one.value, one.short)} for one in Severity]
    every = all(matcher.holds(facts, matches) for facts in each_severity for matcher in given)
    if every or all(matcher.holds({}, matches) for matcher in given):
        message = 'would silence every alert: at least one must fail when the label is not there, as service="search"'
        raise Problem.of_field("matchers", message)


async def _row(session: AsyncSession, id: UUID) -> Silence:
    silence = await session.get(Silence, id)
    if silence is None:
        raise Problem(404, f"There is no silence {id}")
    return silence


def _shown(row: Silence, now: datetime) -> dict[str, Any]:
    names = ("id", "matchers", "starts_at", "ends_at", "reason", "created_by", "created_at")
    state = "over" if row.ends_at <= now else "active" if row.starts_at <= now else "pending"
    return {name: getattr(row, name) for name in names} | {"state": state}
