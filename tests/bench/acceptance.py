"""Acceptance alone, as in an outage: API, Postgres and the load generator; worker, relay and Temporal away."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.bench.load import Target, load, row
from tests.bench.result import Result
from tests.bench.rig import Rig, rig

SECONDS = 8
CONNECTIONS = 16
BATCH_CONNECTIONS = 2
ALERTS, INCIDENTS = 1_000_000, 100_000

MODES = (("new", "new"), ("same", "duplicates, 1 key"), ("some", "duplicates, 16 keys"))


def measure() -> list[Result]:
    """Rates, latencies and CPU on an empty database, and Postgres' CPU again with a million alerts in it."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # Postgres runs as somebody else when we are root
        with rig(home) as running:
            load(running.target, "new", 2, CONNECTIONS)  # warm
            empty = [_singles(running, mode, what) for mode, what in MODES]
            door = row("new, by a source's key", load(_by_key(running.target), "door", SECONDS, CONNECTIONS))
            batch = _batch(running.target)
            _fill(running)
            full = [_singles(running, mode, what) for mode, what in MODES]
    rates = Result("acceptance", f"Acceptance alone, {CONNECTIONS} connections, {SECONDS} s each", [*empty, door])
    batches = Result("batch", f"Batches of 1,000 alerts, {BATCH_CONNECTIONS} connections", [batch])
    growth = [
        {
            "what": before["what"],
            "empty": before["Postgres ms CPU"],
            "full": after["Postgres ms CPU"],
            "ratio": after["Postgres ms CPU"] / before["Postgres ms CPU"],
        }
        for before, after in zip(empty, full, strict=True)
    ]
    title = f"Postgres ms CPU for each request, empty and with {ALERTS:,} alerts of {INCIDENTS:,} incidents"
    return [rates, batches, Result("growth", title, growth)]


def _by_key(target: Target) -> Target:
    """The same, as a monitoring tool sends: in a format, by the key of a source."""
    answer = httpx.post(
        f"http://127.0.0.1:{target.port}/api/v1/sources/",
        json={"name": "bench", "kind": "generic"},
        headers={"Authorization": f"Bearer {target.token}"},
    )
    return replace(target, token=answer.raise_for_status().json()["key"])


def _singles(running: Rig, mode: str, what: str) -> dict[str, Any]:
    return row(what, load(running.target, mode, SECONDS, CONNECTIONS))


def _batch(target: Target) -> dict[str, Any]:
    seen = load(target, "batch", SECONDS, BATCH_CONNECTIONS)
    return {
        "what": "new",
        "alerts/s": seen.requests * 1000 / seen.seconds,
        "p50 ms": seen.p50_ms,
        "p99 ms": seen.p99_ms,
        "API ms CPU each": seen.api_ms / 1000,
        "Postgres ms CPU each": seen.postgres_ms / 1000,
        "not 2xx": seen.refused,
    }


_INCIDENTS = """
INSERT INTO incidents (id, number, created_at, title, severity, service_id, requested_service_name, source,
                       fingerprint, correlation_key, last_alert_at, alert_count)
SELECT gen_random_uuid(), nextval('incident_number'), now() - n * interval '1 second', 'Old ' || n, 'SEV4_LOW',
       (SELECT id FROM services ORDER BY name LIMIT 1), 'search', 'bench', 'old' || n, 'fingerprint:old' || n,
       now(), 10
FROM generate_series(1, %s) AS n
"""
_SLOTS = """
INSERT INTO correlation_slots (key, incident_id, last_alert_at, batch_due_at)
SELECT correlation_key, id, now(), now() FROM incidents WHERE source = 'bench'
"""
_ALERTS = """
INSERT INTO alerts (id, incident_id, received_at, title, severity, service_name, source, fingerprint, deduplicated,
                    fate, item, raw)
SELECT gen_random_uuid(), incidents.id, now() - n * interval '1 second', 'Old', 'SEV4_LOW', 'search', 'bench',
       fingerprint, n > 1, 'attached', '{}', json_build_object('title', 'Old', 'text', repeat('x', 200))
FROM incidents, generate_series(1, %s) AS n WHERE source = 'bench'
"""


def _fill(running: Rig) -> None:
    """Incidents that are open, each with its alerts; then what Postgres does by itself once, before it is measured."""
    with psycopg.connect(running.database_url, autocommit=True) as connection:
        connection.execute(_INCIDENTS, (INCIDENTS,))
        connection.execute(_SLOTS)
        connection.execute(_ALERTS, (ALERTS // INCIDENTS,))
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
