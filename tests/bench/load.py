"""Load by wrk, and what it cost the product."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True)
class Target:
    """Where to send, and whose CPU is counted."""

    port: int
    token: str
    cpu: Callable[[], tuple[float, float]]
    """CPU seconds of the API and of Postgres so far."""


@dataclass(frozen=True)
class Load:
    """What the load generator saw, and what it cost."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    refused: int
    api_ms: float
    """CPU of the API for each request."""
    postgres_ms: float


def load(target: Target, mode: str, seconds: int, connections: int) -> Load:
    """Send for some seconds with wrk, one thread.

    Raises:
        RuntimeError: wrk is not there; `apt-get install wrk`.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise RuntimeError("the load generator wrk is missing: apt-get install wrk")
    before = target.cpu()
    done = subprocess.run(
        [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", SCRIPT, f"http://127.0.0.1:{target.port}/",
         "--", mode, target.token, uuid4().hex],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    after = target.cpu()
    seen: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    if seen["broken"]:
        raise RuntimeError(f"the load generator lost connections: {seen}")
    count = seen["requests"]
    return Load(
        requests=count,
        seconds=seen["seconds"],
        p50_ms=seen["p50"],
        p99_ms=seen["p99"],
        refused=seen["refused"],
        api_ms=(after[0] - before[0]) / count * 1000,
        postgres_ms=(after[1] - before[1]) / count * 1000,
    )


def row(what: str, load: Load) -> dict[str, Any]:
    """One line of a table."""
    return {
        "what": what,
        "req/s": load.requests / load.seconds,
        "p50 ms": load.p50_ms,
        "p99 ms": load.p99_ms,
        "API ms CPU": load.api_ms,
        "Postgres ms CPU": load.postgres_ms,
        "sum": load.api_ms + load.postgres_ms,
        "not 2xx": load.refused,
    }
