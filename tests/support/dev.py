"""`tocsin dev` as a person runs it, and the means to kill any part of it."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.support.ports import free_port
from tests.support.processes import TOCSIN
from tests.support.waiting import pauses

READY_SECONDS = 180


class Dev:
    """One `tocsin dev` on a home and ports of its own."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.api_port = free_port()
        self.temporal_port = free_port()
        self.environment = {
            "TOCSIN_HOME": str(home),
            "TOCSIN_API_PORT": str(self.api_port),
            "TOCSIN_TEMPORAL_PORT": str(self.temporal_port),
            "TOCSIN_TEMPORAL_UI_PORT": str(free_port()),
            "TOCSIN_POSTGRES_PORT": str(free_port()),
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._facts: dict[str, Any] = {}
        self._client: httpx.Client | None = None

    def start(self) -> float:
        """Start and wait until it is ready; how many seconds that took."""
        began = time.monotonic()
        with (self.home.parent / f"{self.home.name}.out").open("ab") as output:
            self._process = subprocess.Popen(
                [TOCSIN, "dev"], env=os.environ | self.environment, stdout=output, stderr=output
            )
        self._plain = httpx.Client(timeout=5)
        self.wait(lambda: self.ready("ok"), READY_SECONDS, "ready")
        self._facts = json.loads((self.home / "embedded.json").read_text())
        headers = {"Authorization": f"Bearer {self._facts['token']}"}
        self._close_client()
        self._client = httpx.Client(base_url=f"{self._facts['api_url']}/api/v1", headers=headers, timeout=30)
        return time.monotonic() - began

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        assert self._process is not None
        self._close_client()
        self._plain.close()
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=60)

    def kill_everything(self) -> None:
        """kill -9 of the whole tree at once."""
        assert self._process is not None
        self._close_client()
        self._plain.close()
        for pid in [self._process.pid, *self.pids("")]:
            _kill(pid, signal.SIGKILL)
        self._process.wait(timeout=60)

    def _close_client(self) -> None:
        if self._client is not None:
            self._client.close()

    def kill_parent(self) -> None:
        """kill -9 of `tocsin dev` alone."""
        assert self._process is not None
        self._close_client()
        self._plain.close()
        self._process.kill()
        self._process.wait(timeout=60)

    @property
    def api(self) -> httpx.Client:
        """The administrator's client."""
        assert self._client is not None
        return self._client

    def database(self) -> psycopg.Connection[Any]:
        """A look into the database."""
        return psycopg.connect(self._facts["database_url"], autocommit=True)

    def ready(self, status: str) -> bool:
        """Whether `/readyz` says so."""
        try:
            answer = self._plain.get(f"http://127.0.0.1:{self.api_port}/readyz")
        except httpx.TransportError:
            return False
        return bool(answer.json()["status"] == status)

    def pids(self, part: str) -> list[int]:
        """Living processes of this home whose command line holds a word; not `tocsin dev` itself."""
        mark = f"TOCSIN_HOME={self.home}\0".encode()
        found = []
        for entry in Path("/proc").iterdir():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if part in line and mark in (entry / "environ").read_bytes() and "tocsin dev" not in line:
                    found.append(int(entry.name))
            except (OSError, ValueError):
                continue
        return found

    def kill(self, part: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to one of the children as soon as it runs; kill -9 unless told otherwise."""
        for pid in self.wait(lambda: self.pids(part), what=f"nothing runs that is '{part}'"):
            _kill(pid, number)

    def wait(self, read: Callable[[], Any], timeout: float = 120, what: str = "") -> Any:
        """Ask until the answer is true, and return it. Connection errors are an answer that is not."""
        deadline = time.monotonic() + timeout
        for pause in pauses():
            try:
                answer = read()
            except (httpx.TransportError, psycopg.OperationalError) as error:
                answer, last = None, repr(error)
            else:
                last = repr(answer)
            if answer:
                return answer
            assert time.monotonic() < deadline, f"not within {timeout} s: {what}; last: {last[:500]}\n{self.output()}"
            time.sleep(pause)

    def output(self) -> str:
        """The end of what it printed and logged."""
        files = [self.home.parent / f"{self.home.name}.out", *sorted((self.home / "logs").glob("*.log"))]
        return "\n".join(f"== {file.name}\n{file.read_text()[-1500:]}" for file in files if file.exists())


def _kill(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
