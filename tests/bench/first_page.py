"""Time to first page: from the moment a POST is sent to the first message in an inbox."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx

from tests.bench.result import Result, percentile
from tests.support.dev import Dev

ONE_BY_ONE = 50
AT_ONCE = 40


def measure(dev: Dev) -> Result:
    """50 incidents one by one, then 40 on 40 services at once."""
    one_by_one = [_first_page(dev, *_post(dev.api, "redis-prod")) for _ in range(ONE_BY_ONE)]
    names = [f"bench-{uuid4().hex[:8]}" for _ in range(AT_ONCE)]
    for name in names:
        dev.api.post("/services/", json={"name": name, "team": "SRE Core"}).raise_for_status()
    began = time.time()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        posted = list(pool.map(lambda name: _post(dev.api, name), names))
    at_once = [_first_page(dev, incident, began) for incident, _ in posted]
    rows = [_row(f"{ONE_BY_ONE} one by one", one_by_one), _row(f"{AT_ONCE} on {AT_ONCE} services at once", at_once)]
    for incident, _ in posted:
        dev.api.patch(f"/incidents/{incident}/resolve/")
    return Result("first_page", "Time to first page: POST sent → message in the inbox, milliseconds", rows)


def _row(what: str, seconds: list[float]) -> dict[str, Any]:
    milliseconds = [one * 1000 for one in seconds]
    return {
        "what": what,
        "first": min(milliseconds),
        "p50": percentile(milliseconds, 0.5),
        "p99": percentile(milliseconds, 0.99),
        "last": max(milliseconds),
    }


def _post(api: httpx.Client, service: str) -> tuple[str, float]:
    body = {
        "title": "First page",
        "service_name": service,
        "severity": "SEV1_CRITICAL",
        "fingerprint": uuid4().hex,
        "detected_at": "2026-11-21T03:12:00Z",
    }
    sent = time.time()
    answer = api.post("/incidents/", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], sent


def _first_page(dev: Dev, incident: str, sent: float) -> float:
    """By the inbox's own clock, which is this machine's."""
    query = "SELECT extract(epoch FROM min(received_at))::float8 FROM inbox_messages WHERE incident_id = %s"
    with dev.database() as database:

        def read() -> Any:
            row = database.execute(query, (incident,)).fetchone()
            return row and row[0]

        return float(dev.wait(read, 60)) - sent
