"""Acceptance alone, as in an outage: API, Postgres and the load generator; worker, relay and Temporal away."""

import contextlib
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
    """Rates, latencies and CPU of an empty database, and beside it Postgres' CPU of one with a million alerts."""
    with contextlib.ExitStack() as stack:
        empty, full = (stack.enter_context(rig(_home(stack))) for _ in range(2))
        _fill(full)
        for running in (empty, full):
            load(running.target, "new", 2, CONNECTIONS)  # warm
        rows = [(_singles(empty, mode, what), _singles(full, mode, what)) for mode, what in MODES]
        door = row("new, by a source's key", load(_by_key(empty.target), "door", SECONDS, CONNECTIONS))
        batch = _batch(empty.target)
    title = f"Postgres ms CPU for each request, empty and with {ALERTS:,} alerts of {INCIDENTS:,} incidents"
    return [
        Result(
            "acceptance",
            f"Acceptance alone, {CONNECTIONS} connections, {SECONDS} s each",
            [*(r for r, _ in rows), door],
        ),
        Result("batch", f"Batches of 1,000 alerts, {BATCH_CONNECTIONS} connections", [batch]),
        Result("growth", title, [_ratio(*both) for both in rows]),
    ]


def _home(stack: contextlib.ExitStack) -> Path:
    home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-bench-")))
    home.chmod(0o755)  # Postgres runs as somebody else when we are root
    return home


def _ratio(empty: dict[str, Any], full: dict[str, Any]) -> dict[str, Any]:
    before, after = empty["Postgres ms CPU"], full["Postgres ms CPU"]
    return {"what": empty["what"], "empty": before, "full": after, "ratio": after / before}


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
       (SELECT id FROM services ORDER BY name LIMIT 1), 'search', 'stored', 'old' || n, 'fingerprint:old' || n,
       now(), 10
FROM generate_series(1, %s) AS n
"""
_SLOTS = """
INSERT INTO correlation_slots (key, incident_id, last_alert_at, batch_due_at)
SELECT correlation_key, id, now(), now() FROM incidents WHERE source = 'stored'
"""
_ALERTS = """
INSERT INTO alerts (id, incident_id, received_at, title, severity, service_name, source, fingerprint, deduplicated,
                    fate, item, raw)
SELECT gen_random_uuid(), incidents.id, now() - n * interval '1 second', 'Old', 'SEV4_LOW', 'search', 'stored',
       fingerprint, n > 1, 'attached', '{}', json_build_object('title', 'Old', 'text', repeat('x', 200))
FROM incidents, generate_series(1, %s) AS n WHERE source = 'stored'
"""


def _fill(running: Rig) -> None:
    """Incidents that are open, each with its alerts; then what Postgres does by itself once, before it is measured."""
    with psycopg.connect(running.database_url, autocommit=True) as connection:
        connection.execute(_INCIDENTS, (INCIDENTS,))
        connection.execute(_SLOTS)
        connection.execute(_ALERTS, (ALERTS // INCIDENTS,))
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
