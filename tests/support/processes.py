"""`tocsin api` and `tocsin worker` as processes of their own, reached by HTTP as anybody reaches them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from tests.support.ports import free_port
from tests.support.servers import ADMIN_PASSWORD, ADMIN_TOKEN, SECRET_KEY, Addresses

TOCSIN = Path(sys.executable).parent / "tocsin"
START_SECONDS = 180
PUBLIC_URL = "http://tocsin.test"
"""Base of the links in messages, the same for all processes; no test can reach it."""


class Process:
    """One process of the product. Its output goes to a file, for when a test fails."""

    def __init__(self, command: str, env: dict[str, str], log: Path) -> None:
        self._command = command
        self._env = env
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin, or begin again after a kill."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [TOCSIN, self._command], env=os.environ | self._env, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """kill -9."""
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    @property
    def is_running(self) -> bool:
        """It was started and has not ended."""
        return self._process is not None and not self.has_ended

    @property
    def has_ended(self) -> bool:
        """By itself, or because it was stopped."""
        return self._process is not None and self._process.poll() is not None

    @property
    def last_words(self) -> str:
        """The end of its output."""
        return self._log.read_text()[-2000:]

    def wait(self) -> int:
        """The exit status."""
        assert self._process is not None
        return self._process.wait(timeout=60)


class Stack:
    """API processes and workers on one database and one Temporal namespace."""

    def __init__(self, database_url: str, addresses: Addresses, namespace: str, home: Path) -> None:
        self.namespace = namespace
        self._home = home
        self._env = {
            "TOCSIN_HOME": str(home),
            "TOCSIN_DATABASE_URL": database_url,
            "TEMPORAL_ADDRESS": addresses.temporal,
            "TEMPORAL_NAMESPACE": namespace,
            "TOCSIN_ADMIN_TOKEN": ADMIN_TOKEN,
            "TOCSIN_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "TOCSIN_SECRET_KEY": SECRET_KEY,
            "TOCSIN_EXAMPLE_CATALOG": "1",
            "TOCSIN_LOG_LEVEL": "WARNING",
            "TOCSIN_COMMAND_WAIT_SECONDS": "30",  # a slow host is no outage
            "TOCSIN_PUBLIC_URL": PUBLIC_URL,
        }
        self._clients: list[httpx.Client] = []
        self.ports: list[int] = []
        self.apis: list[Process] = []
        self.worker = Process("worker", self._env, home / "worker.log")

    def start(self, apis: int = 1) -> None:
        """Start what does not run yet, or not any more, and wait until it says that all is well."""
        while len(self.apis) < apis:
            self._add_api()
        for process in (*self.apis, self.worker):
            if not process.is_running:
                process.start()
        for number in range(len(self.apis)):
            self.wait_until("ok", number)

    def stop(self) -> None:
        """Stop everything."""
        self.close_clients()
        running = [process for process in (self.worker, *self.apis) if process.is_running]
        for process in running:
            process.signal(signal.SIGTERM)
        for process in running:
            process.wait()

    def close_clients(self) -> None:
        """Close the connections that `client` has made."""
        while self._clients:
            self._clients.pop().close()

    def _add_api(self) -> None:
        port = free_port()
        self.ports.append(port)
        self.apis.append(Process("api", {**self._env, "TOCSIN_API_PORT": str(port)}, self._home / f"api-{port}.log"))

    def client(self, number: int = 0, token: str | None = ADMIN_TOKEN) -> httpx.Client:
        """A client of one API process; closed when the file of tests is over."""
        headers = {"Authorization": f"Token {token}"} if token else {}
        client = httpx.Client(base_url=f"{self.url(number)}/api/v1", headers=headers, timeout=120)
        self._clients.append(client)
        return client

    def url(self, number: int = 0) -> str:
        """The base of the pages of one API process."""
        return f"http://127.0.0.1:{self.ports[number]}"

    def root(self, path: str, number: int = 0) -> httpx.Response:
        """GET outside `/api/v1`."""
        return httpx.get(f"{self.url(number)}{path}", timeout=30)

    def wait_until(self, status: str, number: int = 0) -> None:
        """Wait until `/readyz` has that status."""
        deadline = time.monotonic() + START_SECONDS
        last: Any = None
        while time.monotonic() < deadline:
            assert not self.apis[number].has_ended, f"the API process has ended: {self.apis[number].last_words}"
            try:
                last = self.root("/readyz", number).json()
                if last["status"] == status:
                    return
            except httpx.TransportError as error:
                last = error
            time.sleep(0.05)
        raise AssertionError(f"/readyz did not become {status}: {last}")
