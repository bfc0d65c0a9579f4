"""Keeps alerts that open and join nothing: silenced, in maintenance, held, late, dropped, refused.

Nothing that was sent is forgotten, and whoever asks why nobody was paged finds the alert and the reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from pydantic_core import to_json

from db.intake import IntakeItem


@dataclass(frozen=True, slots=True)
class Kept:
    """An alert, its id, and what became of it."""

    item: IntakeItem
    alert_id: UUID
    fate: str
    incident_id: UUID | None = None
    """The incident that it was about, when it only told something of it."""
    quiet_until: datetime | None = None
    """When it is looked at again, if it still fires then."""
    again: bool = False
    """It is kept already and was decided anew: nothing has fired, and what came meanwhile holds."""


_STATEMENT = """
WITH item AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%s::json) AS x(
        i int, alert_id uuid, incident_id uuid, source_id uuid, key text, identity text, started_at timestamptz,
        quiet_until timestamptz, again bool, fate text, reason text, item jsonb, record jsonb, raw text)
), kept AS (
    INSERT INTO alerts (id, incident_id, received_at, title, severity, service_name, source, fingerprint, labels,
                        deduplicated, source_id, fate, reason, item, raw)
    SELECT alert_id, incident_id, clock_timestamp(), item->>'title', item->>'severity', item->>'service_name',
           item->>'source', item->>'fingerprint', item->'labels', incident_id IS NOT NULL, source_id, fate, reason,
           item || record, raw::json
    FROM item
    ON CONFLICT (id) DO UPDATE SET fate = excluded.fate, reason = excluded.reason
), anew AS (
    UPDATE alert_states AS known SET quiet_until = item.quiet_until
    FROM item
    WHERE item.again AND known.identity = item.identity AND known.alert_id = item.alert_id AND known.status = 'quiet'
)
INSERT INTO alert_states AS known (
    identity, status, slot_key, alert_id, started_at, quiet_until, last_fired_at, fire_count)
SELECT DISTINCT ON (identity) identity, 'quiet', key, alert_id, started_at, quiet_until, clock_timestamp(),
       count(*) OVER (PARTITION BY identity)
FROM item WHERE quiet_until IS NOT NULL AND NOT again ORDER BY identity, i DESC
ON CONFLICT (identity) DO UPDATE SET
    -- While its incident is open it goes on firing there, however quiet its repetitions are kept.
    status = CASE WHEN known.status = 'firing' AND EXISTS (
        SELECT FROM incidents WHERE id = known.incident_id AND incidents.status <> 'RESOLVED')
        THEN 'firing' ELSE 'quiet' END,
    started_at = CASE known.status WHEN 'resolved' THEN excluded.started_at
                 ELSE greatest(known.started_at, excluded.started_at) END,
    alert_id = excluded.alert_id, quiet_until = excluded.quiet_until,
    last_fired_at = excluded.last_fired_at, fire_count = known.fire_count + excluded.fire_count
"""


async def keep(connection: psycopg.AsyncConnection[Any], kept: Sequence[Kept]) -> None:
    """Write them all, in one statement; one that is kept already changes what became of it."""
    records = [
        {
            "i": number,
            "alert_id": one.alert_id,
            "incident_id": one.incident_id,
            "source_id": one.item.source_id,
            "key": one.item.key,
            "identity": one.item.identity,
            "started_at": one.item.started_at,
            "quiet_until": one.quiet_until if one.item.identity else None,
            "again": one.again,
            "fate": one.fate,
            "reason": one.item.reason,
            "item": one.item.alert,
            "record": one.item.record,
            "raw": one.item.raw,
        }
        for number, one in enumerate(kept)
    ]
    await connection.execute(_STATEMENT, (to_json(records).decode(),))
