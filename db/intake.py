"""Intake's one statement: alerts become incidents or join open ones, decided by Postgres alone.

Any number of processes may run it at once. The slot of a correlation key is taken first (and locked), in the
order of the keys, so that writers never wait for one another in a circle; the incident is then written by its
key, for a concurrent writer's incident may be invisible to this statement's snapshot and yet be the one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from pydantic_core import to_json

from db.models.base import new_text_id
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
    alert_id: UUID | None = None
    """Under which it is kept: of one that is kept already and is correlated anew, the same; None: a new one."""
    source_id: UUID | None = None
    """The source by whose key it came."""
    identity: str | None = None
    """Names the alert over its repetitions, of doors where it can go back to normal."""
    started_at: datetime | None = None
    """When this episode of it began, of senders who say so."""
    ended_at: datetime | None = None
    """When it ended, of senders who say so."""
    reason: str | None = None
    """Why it became what it became, for whoever watches intake."""
    kind: str | None = None
    """The format in which it came."""
    signal: dict[str, Any] | None = None
    """What the door's adapter read, so that rules can be replayed over it."""
    own: tuple[str, int | None] | None = None
    """Its own key and window, of one that goes in by another's: for when that incident is over."""

    @property
    def record(self) -> dict[str, Any]:
        """What is kept beside the body: enough to correlate the alert anew, and to try rules on it."""
        key, window_seconds = self.own or (self.key, self.window_seconds)
        record = {"key": key, "service_id": self.service_id, "window_seconds": window_seconds}
        if self.identity is not None:
            names = ("identity", "started_at", "source_id", "kind", "signal")
            record |= {name: getattr(self, name) for name in names}
        return record


@dataclass(frozen=True, slots=True)
class Admitted:
    """What became of one alert."""

    incident: dict[str, Any]
    """The incident's row after the statement, with the names `service` and `team`."""
    created: bool
    due: bool = True
    """Whether the workflow is to be told at once; else the relay tells it of several alerts together."""


_STATEMENT = """
WITH item AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%s::json) AS x(
        i int, key text, incident_id uuid, alert_id uuid, event_id uuid, service_id uuid, window_seconds int,
        source_id uuid, identity text, started_at timestamptz, reason text, item jsonb, record jsonb, raw text)
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
), hit AS MATERIALIZED (
    -- After a merge several keys lead to one incident, which can be written only once.
    SELECT DISTINCT ON (slot.incident_id) slot.incident_id, slot.incident_id = grp.incident_id AS opens,
           grp.key, grp.service_id, grp.item,
           sum(grp.alerts) OVER same AS alerts, min(grp.severity) OVER same AS severity,
           min(slot.batch_due_at) OVER same AS batch_due_at
    FROM slot JOIN grp USING (key) WINDOW same AS (PARTITION BY slot.incident_id)
    ORDER BY slot.incident_id, grp.incident_id <> slot.incident_id, grp.key
), incident AS (
    INSERT INTO incidents AS old (
        id, number, created_at, title, description, severity, service_id, requested_service_name, lead,
        impacted_scopes, source, fingerprint, correlation_key, labels, links, time_scale,
        alert_count, last_alert_at, detected_at)
    SELECT incident_id,
           CASE WHEN opens THEN nextval('incident_number') ELSE 0 END,
           clock_timestamp(), item->>'title', item->>'description', severity, service_id,
           item->>'service_name', item->>'lead',
           ARRAY(SELECT jsonb_array_elements_text(item->'impacted_scopes')),
           item->>'source', item->>'fingerprint', key, item->'labels', item->'links',
           (item->>'time_scale')::float8, alerts, clock_timestamp(),
           (item->>'detected_at')::timestamptz
    FROM hit
    ON CONFLICT (id) DO UPDATE SET
        alert_count = old.alert_count + excluded.alert_count, last_alert_at = excluded.last_alert_at
    RETURNING old.*
), kept AS (
    INSERT INTO alerts (id, incident_id, received_at, title, severity, service_name, source, fingerprint,
                        labels, deduplicated, source_id, fate, reason, item, raw)
    SELECT item.alert_id, slot.incident_id, clock_timestamp(), item.item->>'title', item.item->>'severity',
           item.item->>'service_name', item.item->>'source', item.item->>'fingerprint', item.item->'labels',
           slot.incident_id <> item.incident_id, item.source_id,
           CASE WHEN slot.incident_id = item.incident_id THEN 'new' ELSE 'attached' END, item.reason,
           item.item || item.record, item.raw::json
    FROM item JOIN slot USING (key)
    ON CONFLICT (id) DO UPDATE SET incident_id = excluded.incident_id, deduplicated = excluded.deduplicated,
        fate = excluded.fate, reason = excluded.reason
), fires AS (
    INSERT INTO alert_states AS known (
        identity, status, slot_key, incident_id, alert_id, started_at, last_fired_at, fire_count)
    SELECT DISTINCT ON (identity) identity, 'firing', key, slot.incident_id, alert_id, started_at, clock_timestamp(),
           count(*) OVER (PARTITION BY identity)
    FROM item JOIN slot USING (key) WHERE identity IS NOT NULL ORDER BY identity, i DESC
    ON CONFLICT (identity) DO UPDATE SET
        status = 'firing', slot_key = excluded.slot_key, incident_id = excluded.incident_id,
        alert_id = excluded.alert_id, quiet_until = NULL,
        started_at = CASE known.status WHEN 'resolved' THEN excluded.started_at
                     ELSE greatest(known.started_at, excluded.started_at) END,
        last_fired_at = excluded.last_fired_at, fire_count = known.fire_count + excluded.fire_count
), opened AS (
    INSERT INTO incident_events (id, incident_id, key, type, message, actor, created_at, data)
    SELECT grp.event_id, incident.id, 'opened', 'STATUS_CHANGE',
           'Opened by ' || incident.source || ' as ' || incident.severity, incident.source, incident.created_at,
           jsonb_build_object('status', 'TRIGGERED')
    FROM incident JOIN grp ON grp.incident_id = incident.id
), told AS (
    INSERT INTO outbox (incident_id, kind, rank, due_at)
    SELECT incident.id,
           CASE WHEN hit.opens THEN 'start' ELSE 'alerts' END,
           substr(least(incident.severity, hit.severity), 4, 1)::smallint,
           hit.batch_due_at
    FROM hit JOIN incident ON incident.id = hit.incident_id
    ON CONFLICT (incident_id) WHERE kind = 'alerts' DO UPDATE SET rank = excluded.rank
        WHERE outbox.rank > excluded.rank
)
SELECT grp.key, grp.incident_id = incident.id AS created, slot.batch_due_at <= clock_timestamp() AS due,
       incident.*, services.name AS service, teams.name AS team
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
        await cursor.execute(_STATEMENT, (to_json(records).decode(),))
        by_key = {row.pop("key"): row for row in await cursor.fetchall()}
    admitted: list[Admitted] = []
    seen: set[str] = set()
    for item in items:
        row, first = by_key[item.key], item.key not in seen
        admitted.append(Admitted(incident=row, created=first and bool(row["created"]), due=first and bool(row["due"])))
        seen.add(item.key)
    return admitted


def _record(number: int, item: IntakeItem) -> dict[str, Any]:
    return {
        "i": number,
        "key": item.key,
        "incident_id": new_text_id(),
        "alert_id": item.alert_id or new_text_id(),
        "event_id": new_text_id(),
        "service_id": item.service_id,
        "window_seconds": item.window_seconds,
        "source_id": item.source_id,
        "identity": item.identity,
        "started_at": item.started_at,
        "reason": item.reason,
        "item": item.alert,
        "record": item.record,
        "raw": item.raw,
    }
