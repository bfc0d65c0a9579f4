"""Heartbeats while Temporal is away: pings are taken as fast as ever, and count when it is back."""

import signal
import time
from typing import Any
from uuid import uuid4

import httpx

from tests.support.dev import Dev

PERIODS = (4, 12, 36)
"""Seconds of a heartbeat: longer, when the machine was too slow to ping so often."""


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


class Pinging:
    """Pings a source, and looks at the clock."""

    def __init__(self, dev: Dev, source: dict[str, Any]) -> None:
        self._dev, self._source = dev, source
        self._before: float | None = None
        self.took: list[float] = []
        self.widest = 0.0
        """Seconds between two pings, at most."""

    def __call__(self) -> bool:
        began = time.monotonic()
        answer = ping(self._dev, self._source)
        now = time.monotonic()
        self.widest = max(self.widest, now - (self._before or began))
        self._before = began
        self.took.append(now - began)
        return answer.status_code == 200


def test_temporal_frozen(dev: Dev) -> None:
    assert any(pings_were_kept(dev, period) for period in PERIODS)


def pings_were_kept(dev: Dev, period: int) -> bool:
    """Whether that is so while Temporal is frozen; False when the machine was too slow to ping so often."""
    alive, new = make_source(dev, period), make_source(dev, 2)
    pinging = Pinging(dev, alive)
    assert pinging()
    dev.kill("temporal server", signal.SIGSTOP)
    try:
        assert ping(dev, new).status_code == 200  # its first: nobody can be told
        for _ in range(10 * period):
            assert pinging()
            time.sleep(0.2)
    finally:
        dev.kill("temporal server", signal.SIGCONT)
    slow = [seconds for seconds in pinging.took if seconds > 4.5]
    assert len(slow) <= 2, "the machine may stop for a while; none waits for a call of Temporal, which has 5 s"
    dev.wait(lambda: pinging() and incidents(dev, new) == ["TRIGGERED"])
    missed = incidents(dev, alive)
    assert pinging()
    if missed and pinging.widest >= period:
        return False
    assert missed == [], "its pings were kept all the time"
    dev.wait(lambda: incidents(dev, alive) == ["TRIGGERED"])
    dev.wait(lambda: pinging() and "RESOLVED" in incidents(dev, alive))
    return True


def test_storage_deleted(dev: Dev) -> None:
    source = make_source(dev, 8)
    assert ping(dev, source).status_code == 200
    for file in dev.home.glob("temporal.db*"):
        file.unlink()
    dev.kill("temporal server")
    dev.wait(lambda: incidents(dev, source) == ["TRIGGERED"])
