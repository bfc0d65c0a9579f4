"""Merges one incident into another: alerts, slots and what is known of the alerts move, in the record's transaction."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import CorrelationSlot, Incident, Outbox
from db.moving import merge_reason, propose_if_quiet
from db.outbox import NOW
from domain.events import Event, EventType
from domain.incident import Status
from domain.severity import Severity

Ends = dict[UUID, Any]
"""Rows of incidents by their ids."""


async def lock_both(session: AsyncSession, absorbed: UUID, into: UUID) -> Ends:
    """Lock the rows of both, in the order of their ids; the slots come before."""
    query = select(
        Incident.id, Incident.number, Incident.status, Incident.severity, Incident.alert_count, Incident.last_alert_at
    )
    both = query.where(Incident.id.in_((absorbed, into))).order_by(Incident.id)
    rows = await session.execute(both.with_for_update(key_share=True))  # pages may be written meanwhile
    return {row.id: row for row in rows}


async def absorb(
    session: AsyncSession, ends: Ends, absorbed: UUID, into: UUID, actor: str | None
) -> tuple[bool, dict[UUID, Event]]:
    """Move everything, unless the other incident is over by now: then nothing moves.

    Args:
        session: whose transaction has locked the absorbed incident's slots, and then both rows.
        ends: the rows as `lock_both` found them.
        absorbed: the incident that ends.
        into: the incident that goes on.
        actor: who merges.

    Returns:
        Whether it moved, and what the timelines say.
    """
    now = (await session.execute(NOW)).scalar_one()
    target, old = ends.get(into), ends[absorbed]
    if target is None or target.status == Status.RESOLVED:
        name = f"INC-{target.number}" if target is not None else f"the incident {into}"
        said = f"{name} was already RESOLVED: the alerts of this incident go on in a new one"
        return False, {absorbed: Event(type=EventType.NOTE, message=said, at=now, key="merged")}
    moved = await _move_alerts(session, absorbed, into, merge_reason(f"INC-{old.number}"))
    await session.execute(
        update(CorrelationSlot).where(CorrelationSlot.incident_id == absorbed).values(incident_id=into)
    )
    await _count(session, old, target)
    if moved.at is not None:
        await _tell(session, target, old, moved)
        await propose_if_quiet(session, into, min(Severity(target.severity).rank, Severity(old.severity).rank))
    return True, _events(old, target, actor, now)


_MOVE = text("""
WITH moved AS (
    UPDATE alerts SET incident_id = :into, deduplicated = true,
        fate = CASE fate WHEN 'new' THEN 'attached' ELSE fate END,
        reason = concat_ws('; ', reason, CAST(:reason AS text))
    WHERE incident_id = :absorbed
    RETURNING item->>'identity' AS identity, source, title, received_at, fate
), states AS (
    UPDATE alert_states SET incident_id = :into FROM (SELECT DISTINCT identity FROM moved) AS one
    WHERE alert_states.identity = one.identity AND alert_states.incident_id = :absorbed
)
SELECT array_agg(DISTINCT source) AS sources, max(received_at) AS at,
       (array_agg(title ORDER BY received_at DESC))[1] AS latest_title
FROM moved WHERE fate = 'attached'
""")


async def _move_alerts(session: AsyncSession, absorbed: UUID, into: UUID, reason: str) -> Row[Any]:
    """Move the alerts and their states; what those come to that the incident counts."""
    return (await session.execute(_MOVE, {"absorbed": absorbed, "into": into, "reason": reason})).one()


async def _count(session: AsyncSession, old: Row[Any], target: Row[Any]) -> None:
    await session.execute(update(Incident).where(Incident.id == old.id).values(alert_count=0))
    await session.execute(
        update(Incident)
        .where(Incident.id == target.id)
        .values(
            alert_count=Incident.alert_count + old.alert_count,
            last_alert_at=func.greatest(Incident.last_alert_at, old.last_alert_at),
        )
    )


_TELL = text("""
INSERT INTO outbox (incident_id, kind, rank, payload)
VALUES (:target, 'alerts', :rank, jsonb_build_object('merged', CAST(:batch AS jsonb)))
ON CONFLICT (incident_id) WHERE kind = 'alerts' DO UPDATE SET
    rank = least(outbox.rank, excluded.rank),
    payload = jsonb_build_object(
        'merged', coalesce(outbox.payload->'merged', '[]'::jsonb) || (excluded.payload->'merged'))
""")


async def _tell(session: AsyncSession, target: Row[Any], old: Row[Any], moved: Row[Any]) -> None:
    """The other incident's workflow hears of the alerts as of any; they are too old to be found by their time."""
    batch = {
        "sources": moved.sources,
        "highest": old.severity,
        "latest_title": moved.latest_title,
        "at": moved.at.isoformat(),
    }
    rank = min(Severity(old.severity).rank, Severity(target.severity).rank)
    values = {"target": target.id, "rank": rank, "batch": json.dumps([batch])}
    await session.execute(_TELL, values)


def _events(old: Row[Any], target: Row[Any], actor: str | None, now: datetime) -> dict[UUID, Event]:
    some = "1 alert is" if old.alert_count == 1 else f"{old.alert_count} alerts are"
    gone = f"Merged into INC-{target.number}: {some} there now"
    came = f"INC-{old.number} was merged into this incident"
    into = {"into": str(target.id), "alerts": old.alert_count}
    merged = {"merged": f"INC-{old.number}", "from": str(old.id), "alerts": old.alert_count}
    return {
        old.id: Event(type=EventType.MERGED, message=gone, at=now, actor=actor, data=into, key="merged"),
        target.id: Event(type=EventType.MERGED, message=came, at=now, actor=actor, data=merged, key=f"merged.{old.id}"),
    }


async def merged_batches(session: AsyncSession, row_id: int) -> Sequence[dict[str, Any]]:
    """What incidents that were merged brought to the one that hears of it by this row of the outbox."""
    payload = await session.scalar(select(Outbox.payload).where(Outbox.id == row_id))
    merged: Sequence[dict[str, Any]] = (payload or {}).get("merged", ())
    return merged
