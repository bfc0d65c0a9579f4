"""A storm of alerts: many connections, each with one request after another, none of them ever repeated."""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

RETRY_SECONDS = 0.05
_Link = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Problem:
    """Something that is broken, and the door by which somebody reports it again and again."""

    name: str
    """Its fingerprint."""
    service: str
    path: str
    token: str

    def request(self, run: str, mark: int) -> bytes:
        """One alert about it, told from all others by its label `mark`; the bytes to send."""
        body: dict[str, Any] = {
            "title": f"{self.service} is down: {self.name}",
            "description": "Connection refused. " * 8,
            "service_name": self.service,
            "severity": "SEV1_CRITICAL",
            "fingerprint": self.name,
            "labels": {"run": run, "mark": str(mark), "instance": f"web-{mark % 100}"},
        }
        text = json.dumps(body).encode()
        head = f"POST {self.path} HTTP/1.1\r\nHost: tocsin.test\r\nAuthorization: Token {self.token}\r\n"
        return f"{head}Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n".encode() + text


@dataclass
class Shot:
    """One alert, and what was answered."""

    mark: int
    problem: Problem
    sent_at: float = 0.0
    """Seconds since 1970."""
    status: int | None = None
    """None: it got no answer, and nobody knows."""

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def shots_at(problems: Sequence[Problem], count: int, seed: int = 7) -> Iterator[Shot]:
    """So many alerts, of all problems alike, in an order of chance that is the same every time."""
    order = [problems[number % len(problems)] for number in range(count)]
    random.Random(seed).shuffle(order)
    for mark, problem in enumerate(order):
        yield Shot(mark, problem)


class Storm:
    """Sends what it is given from a number of connections."""

    def __init__(self, port: int, run: str, connections: int, pause: float = 0.0) -> None:
        """Args: pause: seconds of each connection between an answer and the next request."""
        self._port = port
        self._run = run
        self._connections = connections
        self._pause = pause
        self.sent: list[Shot] = []
        self.is_over = False
        """Set it, and nothing more is sent."""

    @property
    def accepted(self) -> int:
        """How many were answered with 2xx so far."""
        return sum(shot.is_accepted for shot in self.sent)

    async def blow(self, shots: Iterator[Shot]) -> float:
        """Send them all; how many seconds it took."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for _ in range(self._connections):
                group.create_task(self._connection(shots))
        return time.monotonic() - began

    async def _connection(self, shots: Iterator[Shot]) -> None:
        link: _Link | None = None
        for shot in shots:
            while link is None and not self.is_over:
                link = await self._connected()
            if link is None or self.is_over:
                break
            self.sent.append(shot)
            shot.sent_at = time.time()
            try:
                shot.status = await _exchange(link, shot.problem.request(self._run, shot.mark))
            except (OSError, EOFError):
                link[1].close()
                link = None
            await asyncio.sleep(self._pause)
        if link is not None:
            link[1].close()

    async def _connected(self) -> _Link | None:
        """None while nobody listens: nothing was sent yet, so that this may be tried again."""
        with contextlib.suppress(OSError):
            return await asyncio.open_connection("127.0.0.1", self._port)
        await asyncio.sleep(RETRY_SECONDS)
        return None


async def _exchange(link: _Link, request: bytes) -> int:
    reader, writer = link
    writer.write(request)
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))
    return int(head.split(b" ", 2)[1])
