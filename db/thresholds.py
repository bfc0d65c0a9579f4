"""Thresholds: so many alerts of one key within so long, before an incident is opened and anybody is paged."""

from typing import Any

import psycopg

from db.intake import Admitted, admit
from db.keeping import Kept, keep

_TURNS = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_OPEN = """
SELECT 1 FROM correlation_slots WHERE key = %s
  AND (%s::int IS NULL OR last_alert_at >= clock_timestamp() - make_interval(secs => %s::int))
"""
_FORGET = """
DELETE FROM held_alerts
WHERE key = %s AND (alert_id = %s OR received_at < clock_timestamp() - make_interval(secs => %s))
"""
"""One that is looked at again is not counted as another, nor released into the incident that it opens itself."""
_COUNT = "SELECT count(*) AS held FROM held_alerts WHERE key = %s"
_HOLD = "INSERT INTO held_alerts (key, alert_id, received_at) VALUES (%s, %s, clock_timestamp()) ON CONFLICT DO NOTHING"
_RELEASE = """
WITH released AS (
    DELETE FROM held_alerts WHERE key = %(key)s RETURNING alert_id
), moved AS (
    UPDATE alerts SET incident_id = %(incident)s, deduplicated = true, fate = 'attached',
                      reason = concat_ws('; ', reason, 'then the threshold was reached')
    FROM released WHERE alerts.id = released.alert_id
    RETURNING alerts.id, alerts.received_at, item->>'identity' AS identity,
              (item->>'started_at')::timestamptz AS started
), fires AS (
    INSERT INTO alert_states AS known (
        identity, status, slot_key, incident_id, alert_id, started_at, last_fired_at)
    SELECT DISTINCT ON (identity) identity, 'firing', %(key)s, %(incident)s, id, started, received_at
    FROM moved WHERE identity IS NOT NULL ORDER BY identity, received_at DESC
    ON CONFLICT (identity) DO UPDATE SET
        status = 'firing', slot_key = excluded.slot_key, incident_id = excluded.incident_id,
        alert_id = excluded.alert_id, started_at = excluded.started_at, last_fired_at = excluded.last_fired_at
    WHERE known.resolved_at IS NULL OR known.resolved_at < excluded.last_fired_at
)
UPDATE incidents SET alert_count = alert_count + (SELECT count(*) FROM moved) WHERE id = %(incident)s
RETURNING alert_count
"""


async def admit_or_hold(
    connection: psycopg.AsyncConnection[Any], kept: Kept, count: int, seconds: float
) -> Admitted | int:
    """Admit the alert when it is the one that reaches the threshold, or when its incident is open; else hold it.

    Args:
        connection: in no transaction.
        kept: the alert, with the fate that it has when it is held.
        count: how many it takes.
        seconds: within how long.

    Returns:
        The incident with all that were held for it; or how many are held now.
    """
    key = kept.item.key
    async with connection.transaction():
        await connection.execute(_TURNS, (key,))
        window = kept.item.window_seconds
        is_open = await (await connection.execute(_OPEN, (key, window, window))).fetchone()
        await connection.execute(_FORGET, (key, kept.alert_id, seconds))
        held = await (await connection.execute(_COUNT, (key,))).fetchone()
        held_before = int((held or {"held": 0})["held"])
        if is_open is None and held_before + 1 < count:
            await keep(connection, [kept])
            await connection.execute(_HOLD, (key, kept.alert_id))
            return held_before + 1
        (admitted,) = await admit(connection, [kept.item])
        if held_before:
            row = await (
                await connection.execute(_RELEASE, {"key": key, "incident": admitted.incident["id"]})
            ).fetchone()
            admitted.incident["alert_count"] = (row or admitted.incident)["alert_count"]
    return admitted
