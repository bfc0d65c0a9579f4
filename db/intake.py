"""Intake's one statement: alerts become incidents or join open ones, decided by Postgres alone.

Any number of processes may run it at once. The slot of a correlation key is taken first (and locked), in the
order of the keys, so that writers never wait for one another in a circle; the incident is then written by its
key, for a concurrent writer's incident may be invisible to this statement's snapshot and yet be the one.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from db.models import new_id
from domain.alert import Alert

CHANNEL_INCIDENT = "tocsin_incident"
"""Postgres notifications about an incident: the payload is its id. Sent by records, never by intake."""


@dataclass(frozen=True, slots=True)
class IntakeItem:
    """One alert on its way in."""

    alert: Alert
    service_id: UUID
    key: str
    raw: str
    """The body as it came: JSON text without NUL."""
    window_seconds: int | None = None
    moved_alert_id: UUID | None = None
    """An alert that is kept already and is correlated anew."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """What became of one alert."""

    incident: dict[str, Any]
    """The incident's row after the statement, with the names `service` and `team`."""
    created: bool


_STATEMENT = """
WITH item AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%s::json) AS x(
        i int, key text, incident_id uuid, alert_id uuid, event_id uuid,
        service_id uuid, window_seconds int, item jsonb, raw text)
), grp AS MATERIALIZED (
    SELECT DISTINCT ON (key) key, incident_id, event_id, service_id, window_seconds, item,
           count(*) OVER same AS alerts, min(item->>'severity') OVER same AS severity
    FROM item WINDOW same AS (PARTITION BY key) ORDER BY key, i
), slot AS (
    INSERT INTO correlation_slots AS held (key, incident_id, window_seconds, last_alert_at, batch_due_at)
    SELECT key, incident_id, window_seconds, clock_timestamp(), clock_timestamp() FROM grp ORDER BY key
    ON CONFLICT (key) DO UPDATE SET
        incident_id = CASE
            WHEN held.last_alert_at < clock_timestamp() - make_interval(secs => excluded.window_seconds)
            THEN excluded.incident_id ELSE held.incident_id END,
        window_seconds = excluded.window_seconds,
        batch_due_at = CASE
            WHEN held.last_alert_at > clock_timestamp() - interval '1 second'
            THEN clock_timestamp() + interval '1 second' ELSE clock_timestamp() END,
        last_alert_at = clock_timestamp()
    RETURNING held.key, held.incident_id, held.batch_due_at
), incident AS (
    INSERT INTO incidents AS old (
        id, number, created_at, title, description, severity, service_id, requested_service_name, lead,
        impacted_scopes, source, fingerprint, correlation_key, labels, links, time_scale,
        alert_count, last_alert_at, detected_at)
    SELECT slot.incident_id,
           CASE WHEN slot.incident_id = grp.incident_id THEN nextval('incident_number') ELSE 0 END,
           clock_timestamp(), grp.item->>'title', grp.item->>'description', grp.severity, grp.service_id,
           grp.item->>'service_name', grp.item->>'lead',
           ARRAY(SELECT jsonb_array_elements_text(grp.item->'impacted_scopes')),
           grp.item->>'source', grp.item->>'fingerprint', grp.key, grp.item->'labels', grp.item->'links',
           (grp.item->>'time_scale')::float8, grp.alerts, clock_timestamp(),
           (grp.item->>'detected_at')::timestamptz
    FROM slot JOIN grp USING (key)
    ON CONFLICT (id) DO UPDATE SET
        alert_count = old.alert_count + excluded.alert_count, last_alert_at = excluded.last_alert_at
    RETURNING old.*
), kept AS (
    INSERT INTO alerts (id, incident_id, received_at, title, severity, service_name, source, fingerprint,
                        labels, deduplicated, item, raw)
    SELECT item.alert_id, slot.incident_id, clock_timestamp(), item.item->>'title', item.item->>'severity',
           item.item->>'service_name', item.item->>'source', item.item->>'fingerprint', item.item->'labels',
           slot.incident_id <> item.incident_id,
           item.item || jsonb_build_object('key', key, 'service_id', item.service_id,
                                           'window_seconds', item.window_seconds),
           item.raw::json
    FROM item JOIN slot USING (key)
    ON CONFLICT (id) DO UPDATE SET incident_id = excluded.incident_id, deduplicated = excluded.deduplicated
), opened AS (
    INSERT INTO incident_events (id, incident_id, key, type, message, actor, created_at, data)
    SELECT grp.event_id, incident.id, 'opened', 'STATUS_CHANGE',
           'Opened by ' || incident.source || ' as ' || incident.severity, incident.source, incident.created_at,
           jsonb_build_object('status', 'TRIGGERED')
    FROM incident JOIN grp ON grp.incident_id = incident.id
), told AS (
    INSERT INTO outbox (incident_id, kind, rank, due_at)
    SELECT incident.id,
           CASE WHEN incident.id = grp.incident_id THEN 'start' ELSE 'alerts' END,
           substr(least(incident.severity, grp.severity), 4, 1)::smallint,
           slot.batch_due_at
    FROM slot JOIN grp USING (key) JOIN incident ON incident.id = slot.incident_id
    ON CONFLICT (incident_id) WHERE kind = 'alerts' DO UPDATE SET rank = excluded.rank
        WHERE outbox.rank > excluded.rank
)
SELECT grp.key, grp.incident_id = incident.id AS created, incident.*,
       services.name AS service, teams.name AS team
FROM slot JOIN grp USING (key) JOIN incident ON incident.id = slot.incident_id
JOIN services ON services.id = incident.service_id JOIN teams ON teams.id = services.team_id
"""


async def admit(connection: psycopg.AsyncConnection[Any], items: Sequence[IntakeItem]) -> list[Admitted]:
    """Keep the alerts, open or find their incidents, and put what Temporal must know into the outbox.

    Args:
        connection: the statement is atomic by itself, so autocommit will do.
        items: at least one.

    Returns:
        What became of each item, in their order. Of items that open one incident together the first created it.
    """
    records = [_record(number, item) for number, item in enumerate(items)]
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_STATEMENT, (json.dumps(records),))
        by_key = {row.pop("key"): row for row in await cursor.fetchall()}
    admitted: list[Admitted] = []
    seen: set[str] = set()
    for item in items:
        row = by_key[item.key]
        admitted.append(Admitted(incident=row, created=bool(row["created"]) and item.key not in seen))
        seen.add(item.key)
    return admitted


def _record(number: int, item: IntakeItem) -> dict[str, Any]:
    return {
        "i": number,
        "key": item.key,
        "incident_id": str(new_id()),
        "alert_id": str(item.moved_alert_id or new_id()),
        "event_id": str(new_id()),
        "service_id": str(item.service_id),
        "window_seconds": item.window_seconds,
        "item": item.alert.model_dump(mode="json"),
        "raw": item.raw,
    }
