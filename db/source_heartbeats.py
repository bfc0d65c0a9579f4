"""The heartbeats of sources: pings come in by one statement, and what is missing is kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Cast, Integer, Row, Select, and_, cast, delete, func, select, text, true, update
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession

from db.house import source_value
from db.models import Source, SourceHeartbeat
from domain.intake.heartbeat import Standing, Switch
from domain.intake.source import Source as SourceValue


@dataclass(frozen=True, slots=True)
class Ping:
    """A ping that was taken; without a switch, its source has no heartbeat set."""

    source_id: UUID
    source: str
    switch: Switch | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A source that has pinged, as it is now: it may have lost its heartbeat meanwhile."""

    source: SourceValue
    switch: Switch | None
    """None: no longer armed."""
    missing_since: datetime | None


# A number within the bounds of `SourceSettings`; whatever else a later version may have written there is none.
_PERIOD = "strict $.heartbeat_seconds ? (@ >= 1 && @ <= 31536000 && @.floor() == @)"
_GRACE = "strict $.heartbeat_grace_seconds ? (@ >= 0 && @ <= 86400 && @.floor() == @)"

_PING = text("""
WITH source AS (
    SELECT id, name, CAST(jsonb_path_query_first(settings, CAST(:period AS jsonpath), '{}', true) AS int) AS period,
           coalesce(CAST(jsonb_path_query_first(settings, CAST(:grace AS jsonpath), '{}', true) AS int), 0) AS grace
    FROM sources WHERE key_hash = :key_hash AND is_active
), ping AS (
    INSERT INTO source_heartbeats AS kept (source_id, last_ping_at)
    SELECT id, clock_timestamp() FROM source WHERE period IS NOT NULL
    ON CONFLICT (source_id) DO UPDATE SET last_ping_at = greatest(kept.last_ping_at, excluded.last_ping_at)
    RETURNING source_id, last_ping_at, missing_since
)
SELECT source.id, source.name, source.period, source.grace, ping.last_ping_at, ping.missing_since
FROM source LEFT JOIN ping ON ping.source_id = source.id
""")


async def ping(session: AsyncSession, key_hash: bytes) -> Ping | None:
    """Keep the time of a ping; None when no active source has this key.

    Args:
        session: committed by the caller.
        key_hash: `db.tokens.hash_token` of the key.
    """
    values = {"key_hash": key_hash, "period": _PERIOD, "grace": _GRACE}
    row = (await session.execute(_PING, values)).mappings().one_or_none()
    if row is None:
        return None
    switch = None
    if row["period"] is not None:
        switch = Switch(
            source_id=row["id"],
            source=row["name"],
            period_seconds=row["period"],
            grace_seconds=row["grace"],
            last_ping_at=row["last_ping_at"],
            missing_since=row["missing_since"],
        )
    return Ping(row["id"], row["name"], switch)


async def find(session: AsyncSession, source_id: UUID) -> Kept | None:
    """The heartbeat of a source; None when it never pinged, or is gone."""
    row = (await session.execute(_kept().where(Source.id == source_id))).one_or_none()
    return None if row is None else _read(row)


async def armed(session: AsyncSession) -> list[Switch]:
    """Every switch that must have its workflow.

    Read without the rest of the settings: a source that this version cannot read must not hide the others.
    """
    query = select(
        Source.id.label("source_id"),
        Source.name.label("source"),
        _seconds(_PERIOD).label("period_seconds"),
        func.coalesce(_seconds(_GRACE), 0).label("grace_seconds"),
        SourceHeartbeat.last_ping_at,
        SourceHeartbeat.missing_since,
    ).join(SourceHeartbeat, SourceHeartbeat.source_id == Source.id)
    rows = await session.execute(query.where(_HAS_ONE).order_by(Source.id))
    return [Switch.model_validate(dict(row)) for row in rows.mappings()]


async def mark_missing(session: AsyncSession, switch: Switch) -> None:
    """Its incident is reported."""
    await session.execute(
        update(SourceHeartbeat)
        .where(SourceHeartbeat.source_id == switch.source_id, SourceHeartbeat.missing_since.is_(None))
        .values(missing_since=switch.due_at)
    )


async def mark_returned(session: AsyncSession, source_id: UUID) -> None:
    """The end of its incident is reported."""
    await session.execute(
        update(SourceHeartbeat).where(SourceHeartbeat.source_id == source_id).values(missing_since=None)
    )


async def disarm(session: AsyncSession, source_id: UUID) -> None:
    """Forget the pings of a source whose heartbeat was taken away: set again, it waits for a first ping.

    Nothing happens when it was set again meanwhile.
    """
    has_one = select(Source.id).where(Source.id == source_id, _HAS_ONE)
    await session.execute(delete(SourceHeartbeat).where(SourceHeartbeat.source_id == source_id, ~has_one.exists()))


async def standings(session: AsyncSession, source_ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """How heartbeats stand, for lists of sources: status, last ping, when the next is due, missing since when.

    Sources that are not active or have no heartbeat are not in the answer.
    """
    query = _kept(isouter=True).add_columns(func.clock_timestamp().label("now"))
    rows = await session.execute(query.where(Source.id.in_(source_ids), _HAS_ONE))
    return {row.id: shown(_read(row).switch, row.now) for row in rows}


def shown(switch: Switch | None, now: datetime) -> dict[str, Any]:
    """One heartbeat, as lists show it; None waits for its first ping."""
    return {
        "status": switch.standing(now) if switch else Standing.WAITING,
        "last_ping_at": switch.last_ping_at if switch else None,
        "due_at": switch.due_at if switch else None,
        "missing_since": switch.missing_since if switch else None,
    }


def _seconds(path: str) -> Cast[int]:
    found = func.jsonb_path_query_first(Source.settings, cast(path, JSONPATH), cast({}, JSONB), true())
    return cast(found, Integer)


_HAS_ONE = and_(Source.is_active, _seconds(_PERIOD).is_not(None))


def _kept(*, isouter: bool = False) -> Select[Any]:
    return select(
        Source.id,
        Source.name,
        Source.kind,
        Source.settings,
        Source.secret,
        Source.is_active,
        _seconds(_PERIOD).label("period_seconds"),
        func.coalesce(_seconds(_GRACE), 0).label("grace_seconds"),
        SourceHeartbeat.last_ping_at,
        SourceHeartbeat.missing_since,
    ).join(SourceHeartbeat, SourceHeartbeat.source_id == Source.id, isouter=isouter)


def _read(row: Row[Any]) -> Kept:
    switch = None
    if row.is_active and row.period_seconds is not None and row.last_ping_at is not None:
        switch = Switch(
            source_id=row.id,
            source=row.name,
            period_seconds=row.period_seconds,
            grace_seconds=row.grace_seconds,
            last_ping_at=row.last_ping_at,
            missing_since=row.missing_since,
        )
    return Kept(source_value(row), switch, row.missing_since)
