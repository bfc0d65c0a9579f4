"""What the benchmarks of acceptance run: Postgres as the product ships it, one API process, and nothing else."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx

from cli.dev import ports
from cli.dev.postgres import Postgres
from db.migrate import upgrade
from tests.bench.load import Target
from tests.bench.result import cpu_seconds

TOKEN = uuid4().hex


@dataclass(frozen=True)
class Rig:
    """An API process and its Postgres. Temporal is away, as in an outage."""

    target: Target
    database_url: str


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
        yield Rig(Target(port, TOKEN, lambda: (cpu_seconds([api.pid]), cpu_seconds([_postmaster(postgres)]))), url)
    finally:
        api.terminate()
        api.wait(20)
        postgres.stop()


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
