"""The outbox: what Temporal has yet to be told. Per incident first in, first out; SEV1 and SEV2 go first.

A row is leased while a process delivers it and deleted when Temporal has it. The lease runs out by itself, so a
process that dies loses nothing; delivering twice is harmless, for every message is recognised by its receiver.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import Row, delete, func, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Alert, Incident, Outbox

NOW = select(func.clock_timestamp())
LEASE_SECONDS = 15
MAX_DELAY_SECONDS = 15


@dataclass(frozen=True)
class OutboxRow:
    """One thing to tell."""

    id: int
    incident_id: UUID
    kind: str
    payload: dict[str, Any]
    rank: int
    attempts: int


async def put_command(session: AsyncSession, incident_id: UUID, rank: int, command: dict[str, Any]) -> None:
    """Queue a command; the same command is queued once."""
    await session.execute(
        upsert(Outbox)
        .values(incident_id=incident_id, kind="command", rank=rank, payload=command, command_id=command["id"])
        .on_conflict_do_nothing(index_elements=[Outbox.command_id])
    )


async def put_command_row(
    connection: psycopg.AsyncConnection[Any], incident_id: UUID, rank: int, command: dict[str, Any]
) -> None:
    """The same, in the transaction of a raw connection."""
    await connection.execute(
        "INSERT INTO outbox (incident_id, kind, rank, payload, command_id) VALUES (%s, 'command', %s, %s, %s) "
        "ON CONFLICT (command_id) DO NOTHING",
        (incident_id, rank, Jsonb(command), command["id"]),
    )


async def put_start_if_lost(session: AsyncSession, incident_id: UUID, rank: int) -> bool:
    """Queue the start of a workflow that is not there, unless something waits that will bring it back anyway."""
    waits = select(Outbox.id).where(Outbox.incident_id == incident_id).exists()
    row = select(literal(incident_id), literal("start"), literal(rank), literal({"again": True}, JSONB)).where(~waits)
    queued = await session.execute(
        insert(Outbox).from_select(["incident_id", "kind", "rank", "payload"], row).returning(Outbox.id)
    )
    return queued.first() is not None


_HEADS = """
    SELECT id FROM outbox AS head
    WHERE due_at <= clock_timestamp() AND (leased_until IS NULL OR leased_until < clock_timestamp())
      AND NOT EXISTS (SELECT FROM outbox AS before WHERE before.incident_id = head.incident_id AND before.id < head.id)
"""
"""Rows that are due and have none of their incident before them; read in the order of an index, so that a long
outbox costs no more than a short one."""

_TAKE = """
UPDATE outbox SET leased_until = clock_timestamp() + make_interval(secs => :lease), attempts = attempts + 1
FROM due WHERE outbox.id = due.id
RETURNING outbox.id, outbox.incident_id, outbox.kind, outbox.payload, outbox.rank, outbox.attempts
"""

_LEASE = text(f"WITH due AS ({_HEADS} ORDER BY rank, id LIMIT :limit FOR UPDATE SKIP LOCKED) {_TAKE}")
_LEASE_ONE = text(f"WITH due AS ({_HEADS} AND incident_id = :incident_id FOR UPDATE SKIP LOCKED) {_TAKE}")


async def lease(session: AsyncSession, limit: int, incident_id: UUID | None = None) -> list[OutboxRow]:
    """Take the first due row of each incident (or of one), the worst severities first."""
    if incident_id is None:
        rows = await session.execute(_LEASE, {"limit": limit, "lease": LEASE_SECONDS})
    else:
        rows = await session.execute(_LEASE_ONE, {"incident_id": incident_id, "lease": LEASE_SECONDS})
    return sorted((OutboxRow(**row) for row in rows.mappings()), key=lambda row: (row.rank, row.id))


async def delivered(session: AsyncSession, row_id: int) -> None:
    """Temporal has it."""
    await session.execute(delete(Outbox).where(Outbox.id == row_id))


async def alerts_delivered(session: AsyncSession, row: OutboxRow, told: int) -> None:
    """Temporal knows of so many alerts: drop the row, unless more came meanwhile; then tell again in a second.

    The incident's row is locked, so that an alert that is just being attached is either seen here or finds the
    row gone and writes its own.
    """
    count = await session.scalar(
        select(Incident.alert_count).where(Incident.id == row.incident_id).with_for_update(key_share=True)
    )
    if count is not None and count > told:
        await session.execute(
            update(Outbox)
            .where(Outbox.id == row.id)
            .values(leased_until=None, due_at=func.clock_timestamp() + text("interval '1 second'"))
        )
    else:
        await delivered(session, row.id)


async def failed(session: AsyncSession, row: OutboxRow, error: str) -> None:
    """Not delivered: try again after 1, 2, 4 … at most 15 seconds."""
    delay = min(2 ** min(row.attempts - 1, 10), MAX_DELAY_SECONDS)
    await session.execute(
        update(Outbox)
        .where(Outbox.id == row.id)
        .values(
            leased_until=None,
            due_at=func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, delay),
            last_error=error[:2000],
        )
    )


async def given_back(session: AsyncSession, row: OutboxRow) -> None:
    """Not tried to the end: whoever comes next may have it at once."""
    await session.execute(update(Outbox).where(Outbox.id == row.id).values(leased_until=None))


async def make_all_due(session: AsyncSession) -> None:
    """Temporal is back: what was pushed back by failures is due now."""
    await session.execute(
        update(Outbox)
        .where(Outbox.attempts > 0, Outbox.due_at > func.clock_timestamp())
        .values(due_at=func.clock_timestamp())
    )


async def waiting(session: AsyncSession, incident_id: UUID) -> bool:
    """Whether a start or a command of this incident still waits."""
    query = select(Outbox.id).where(Outbox.incident_id == incident_id, Outbox.kind != "alerts").limit(1)
    return await session.scalar(query) is not None


_OLDEST = text("""
SELECT extract(epoch FROM clock_timestamp() - (SELECT created_at FROM outbox ORDER BY id LIMIT 1)),
       extract(epoch FROM clock_timestamp() - least(
           (SELECT created_at FROM outbox WHERE rank = 1 ORDER BY id LIMIT 1),
           (SELECT created_at FROM outbox WHERE rank = 2 ORDER BY id LIMIT 1)))
""")


async def oldest_age_seconds(session: AsyncSession) -> tuple[float, float]:
    """Age in seconds of the oldest row, of any severity and of SEV1 and SEV2; 0 when nothing waits.

    Rows have ids in the order of time; by them the answer costs the same however many wait.
    """
    oldest, urgent = (await session.execute(_OLDEST)).one()
    return float(oldest or 0), float(urgent or 0)


async def alerts_since(session: AsyncSession, row: OutboxRow) -> Row[Sequence[str], str, datetime, Sequence[str]]:
    """What the alerts that wait with this row come to: sources, worst severity, latest title, total count."""
    since = select(Outbox.created_at).where(Outbox.id == row.id).scalar_subquery()
    query = select(
        func.array_agg(Alert.source.distinct()).label("sources"),
        func.min(Alert.severity).label("highest"),
        func.max(Alert.received_at).label("at"),
        func.array_agg(aggregate_order_by(Alert.title, Alert.received_at)).label("titles"),
    ).where(
        Alert.incident_id == row.incident_id,
        Alert.received_at >= since - text("interval '1 second'"),
        Alert.fate.in_(("new", "attached")),
    )
    return (await session.execute(query)).one()


async def open_incidents(session: AsyncSession) -> Sequence[tuple[UUID, int, int]]:
    """Id, number and severity rank of every open incident, the worst first."""
    query = select(Incident.id, Incident.number, Incident.severity).where(Incident.status != "RESOLVED")
    rows = (await session.execute(query.order_by(Incident.severity, Incident.number))).all()
    return [(row.id, row.number, int(row.severity[3])) for row in rows]
