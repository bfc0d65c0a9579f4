"""What the benchmarks of acceptance run: Postgres as the product ships it, one API process, and nothing else."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from cli.dev import ports
from cli.dev.postgres import Postgres
from db.migrate import upgrade
from tests.bench.result import cpu_seconds

TOKEN = uuid4().hex
SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True)
class Rig:
    """An API process and its Postgres. Temporal is away, as in an outage."""

    port: int
    database_url: str
    api_pid: int
    postgres: Postgres

    def cpu(self) -> tuple[float, float]:
        """CPU seconds of the API and of Postgres so far."""
        return cpu_seconds([self.api_pid]), cpu_seconds([_postmaster(self.postgres)])


@contextlib.contextmanager
def rig(home: Path) -> Iterator[Rig]:
    """Start it all; as a production process is: limits, metrics and logs on."""
    postgres = Postgres(home, ports.choose_free(), "bench")
    postgres.start()
    url = postgres.url_of("tocsin")
    upgrade(url)
    port = ports.choose_free()
    env = {
        **os.environ,
        "TOCSIN_HOME": str(home),
        "TOCSIN_DATABASE_URL": url,
        "TOCSIN_API_PORT": str(port),
        "TOCSIN_ADMIN_TOKEN": TOKEN,
        "TOCSIN_ADMIN_PASSWORD": uuid4().hex,
        "TOCSIN_EXAMPLE_CATALOG": "1",
        "TOCSIN_RATE_LIMIT": "1000000",
        "TOCSIN_RATE_BURST": "1000000",
        "TEMPORAL_ADDRESS": f"127.0.0.1:{ports.choose_free()}",
    }
    with (home / "api.log").open("wb") as log:
        api = subprocess.Popen(
            [Path(sys.executable).parent / "tocsin", "api"], env=env, cwd=home, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_serving(port)
        yield Rig(port, url, api.pid, postgres)
    finally:
        api.terminate()
        api.wait(20)
        postgres.stop()


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


def load(rig: Rig, mode: str, seconds: int, connections: int) -> Load:
    """Send for some seconds with wrk, one thread.

    Raises:
        RuntimeError: wrk is not there; `apt-get install wrk`.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise RuntimeError("the load generator wrk is missing: apt-get install wrk")
    before = rig.cpu()
    done = subprocess.run(
        [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", SCRIPT, f"http://127.0.0.1:{rig.port}/",
         "--", mode, TOKEN, uuid4().hex],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    after = rig.cpu()
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


def _postmaster(postgres: Postgres) -> int:
    return int((postgres.data / "postmaster.pid").read_text().split()[0])


def _wait_until_serving(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2).status_code == 200:
                return
        if time.monotonic() > deadline:
            raise RuntimeError("the API does not serve")
        time.sleep(0.1)
