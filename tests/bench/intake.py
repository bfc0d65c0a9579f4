"""Intake at 16 connections: rate, latency, and CPU for each request, new alerts and duplicates apart."""

import asyncio
import json
import time
from typing import Any
from uuid import uuid4

from tests.bench.result import Result, cpu_seconds, percentile
from tests.support.dev import Dev

CONNECTIONS = 16
SECONDS = 10.0


def measure(dev: Dev) -> Result:
    """With everything running: worker, relay and Temporal take their share of the two cores."""
    rows = [
        _run(dev, "new, SEV4", lambda: uuid4().hex, "SEV4_LOW"),
        _run(dev, "duplicates, 1 key", lambda: "bench-one", "SEV4_LOW"),
    ]
    keys = [f"bench-{number}" for number in range(16)]
    rows.append(_run(dev, "duplicates, 16 keys", lambda: keys[time.perf_counter_ns() % 16], "SEV4_LOW"))
    return Result("intake", f"Intake, {CONNECTIONS} connections, {SECONDS:.0f} s each, everything running", rows)


def _run(dev: Dev, what: str, fingerprint: Any, severity: str) -> dict[str, Any]:
    api, postgres = dev.pids("tocsin api"), dev.pids("postgres -D")
    before = cpu_seconds(api), cpu_seconds(postgres)
    latencies, statuses, elapsed = asyncio.run(_load(dev, fingerprint, severity))
    after = cpu_seconds(api), cpu_seconds(postgres)
    count = len(latencies)
    return {
        "what": what,
        "requests": count,
        "req/s": count / elapsed,
        "p50 ms": percentile(latencies, 0.5) * 1000,
        "p99 ms": percentile(latencies, 0.99) * 1000,
        "API ms CPU": (after[0] - before[0]) / count * 1000,
        "Postgres ms CPU": (after[1] - before[1]) / count * 1000,
        "201": statuses.get(201, 0),
        "200": statuses.get(200, 0),
        "other": count - statuses.get(201, 0) - statuses.get(200, 0),
    }


async def _load(dev: Dev, fingerprint: Any, severity: str) -> tuple[list[float], dict[int, int], float]:
    latencies: list[float] = []
    statuses: dict[int, int] = {}
    deadline = time.perf_counter() + SECONDS

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", dev.api_port)
        while time.perf_counter() < deadline:
            body = json.dumps(
                {
                    "title": "Load",
                    "description": "x" * 200,
                    "service_name": "search",
                    "severity": severity,
                    "fingerprint": fingerprint(),
                }
            ).encode()
            began = time.perf_counter()
            writer.write(_request(dev, body))
            status = await _answer(reader)
            latencies.append(time.perf_counter() - began)
            statuses[status] = statuses.get(status, 0) + 1
        writer.close()
        await writer.wait_closed()

    began = time.perf_counter()
    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return latencies, statuses, time.perf_counter() - began


def _request(dev: Dev, body: bytes) -> bytes:
    return (
        b"POST /api/v1/incidents/ HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        + b"Authorization: "
        + dev.api.headers["authorization"].encode()
        + b"\r\nContent-Length: "
        + str(len(body)).encode()
        + b"\r\n\r\n"
        + body
    )


async def _answer(reader: asyncio.StreamReader) -> int:
    """The status of one answer whose body has a length."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])
