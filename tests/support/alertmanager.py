"""The real Alertmanager, as Debian packages it: one process of it, or several in a cluster."""

import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.support.ports import free_port
from tests.support.waiting import wait_for

NAMES = ("prometheus-alertmanager", "alertmanager")
"""Debian's name of the program, and everybody else's."""

_ROUTE = {"receiver": "tocsin", "group_by": ["alertname"], "group_wait": "0s", "group_interval": "1s",
          "repeat_interval": "1s"}  # fmt: skip


class Alertmanager:
    """One process; its output goes to a file, for when a test fails."""

    def __init__(self, home: Path, receiver: dict[str, Any], peers: Sequence["Alertmanager"] = ()) -> None:
        """Args: receiver: what `receivers` says beside the name, such as `webhook_configs`."""
        self._home = home
        self._port, self._cluster = free_port(), free_port()
        self._receiver = receiver
        self._peers = peers
        self._process: subprocess.Popen[bytes] | None = None
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=30)

    def start(self) -> None:
        """Start it and wait until it is ready, in its cluster when it has peers."""
        self._home.mkdir()
        configuration = {"route": _ROUTE, "receivers": [{"name": "tocsin", **self._receiver}]}
        (self._home / "am.yml").write_text(json.dumps(configuration))  # JSON is YAML
        with (self._home / "am.log").open("wb") as log:
            self._process = subprocess.Popen(self._line(), cwd=self._home, stdout=log, stderr=log)
        wait_for(self._is_ready, 60)

    def stop(self) -> None:
        """End it at once: nothing of it is wanted again."""
        self._client.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=20)

    def fire(self, started: datetime, **labels: str) -> None:
        """An alert that fires; whoever tells several of it tells all of the same start, as Prometheus does."""
        self._post(labels, startsAt=started.isoformat())

    def end(self, started: datetime, **labels: str) -> None:
        """The same alert has ended."""
        self._post(labels, startsAt=started.isoformat(), endsAt=datetime.now(UTC).isoformat())

    def members(self) -> int:
        """How many are in the cluster, by its own account."""
        cluster = self._client.get("/api/v2/status").raise_for_status().json()["cluster"]
        return len(cluster.get("peers") or ())

    def delivered(self) -> int:
        """How many notifications it has tried to send."""
        lines = self._client.get("/metrics").raise_for_status().text.splitlines()
        return int(
            sum(float(line.split()[-1]) for line in lines if line.startswith("alertmanager_notifications_total"))
        )

    @property
    def log(self) -> str:
        """The end of its output."""
        return (self._home / "am.log").read_text()[-3000:]

    def _post(self, labels: dict[str, str], **more: str) -> None:
        alert = {"labels": labels, "annotations": {"summary": "5xx above 5%"}, "generatorURL": "http://prom.test/graph"}
        self._client.post("/api/v2/alerts", json=[alert | more]).raise_for_status()

    def _is_ready(self) -> bool:
        assert self._process is not None and self._process.poll() is None, self.log
        with contextlib.suppress(httpx.TransportError):
            return self._client.get("/-/ready").status_code == 200
        return False

    def _line(self) -> list[str]:
        program = next((found for name in NAMES if (found := shutil.which(name))), None)
        assert program is not None, "Alertmanager is missing: apt-get install prometheus-alertmanager (docs/testing.md)"
        address = f"127.0.0.1:{self._cluster}"
        line = [program, "--config.file=am.yml", "--storage.path=data", f"--web.listen-address=127.0.0.1:{self._port}",
                f"--cluster.listen-address={address}", f"--cluster.advertise-address={address}",
                "--cluster.settle-timeout=1s", "--cluster.peer-timeout=2s"]  # fmt: skip
        return [*line, *(f"--cluster.peer=127.0.0.1:{peer._cluster}" for peer in self._peers)]


@contextlib.contextmanager
def alertmanagers(home: Path, receiver: dict[str, Any], count: int = 1, *, linked: bool = True) -> Iterator[
    list[Alertmanager]
]:  # fmt: skip
    """Some that run; linked ones form a cluster."""
    running: list[Alertmanager] = []
    try:
        for number in range(count):
            running.append(Alertmanager(home / f"am-{number}", receiver, list(running) if linked else ()))
            running[-1].start()
        yield running
    finally:
        for one in running:
            one.stop()
