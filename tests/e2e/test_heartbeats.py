"""Heartbeats while Temporal is away: pings are taken as fast as ever, and count when it is back."""

import signal
import time
from typing import Any
from uuid import uuid4

import httpx

from tests.support.dev import Dev


def make_source(dev: Dev, seconds: int) -> dict[str, Any]:
    body = {"name": f"job-{uuid4().hex[:8]}", "kind": "heartbeat", "service_name": "search"}
    answer = dev.api.post("/sources/", json=body | {"heartbeat_seconds": seconds, "heartbeat_severity": "SEV4_LOW"})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def ping(dev: Dev, source: dict[str, Any]) -> httpx.Response:
    return dev.api.get(f"/heartbeats/{source['key']}/")


def incidents(dev: Dev, source: dict[str, Any]) -> list[str]:
    with dev.database() as database:
        rows = database.execute("SELECT status FROM incidents WHERE source = %s", (source["name"],)).fetchall()
    return [row[0] for row in rows]


def test_temporal_frozen(dev: Dev) -> None:
    alive, new = make_source(dev, 4), make_source(dev, 2)
    assert ping(dev, alive).status_code == 200
    dev.kill("temporal server", signal.SIGSTOP)
    try:
        assert ping(dev, new).status_code == 200  # its first: nobody can be told
        slowest = 0.0
        for _ in range(40):
            began = time.monotonic()
            assert ping(dev, alive).status_code == 200
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.2)
        assert slowest < 4.5, "none waits for a call of Temporal, which has 5 s"
    finally:
        dev.kill("temporal server", signal.SIGCONT)

    def told() -> bool:
        return ping(dev, alive).status_code == 200 and incidents(dev, new) == ["TRIGGERED"]

    dev.wait(told)
    assert incidents(dev, alive) == [], "its pings were kept all the time"
    dev.wait(lambda: incidents(dev, alive) == ["TRIGGERED"])
    dev.wait(lambda: ping(dev, alive).status_code == 200 and incidents(dev, alive) == ["RESOLVED"])


def test_storage_deleted(dev: Dev) -> None:
    source = make_source(dev, 8)
    assert ping(dev, source).status_code == 200
    for file in dev.home.glob("temporal.db*"):
        file.unlink()
    dev.kill("temporal server")
    dev.wait(lambda: incidents(dev, source) == ["TRIGGERED"])
