"""Bodies that would keep others waiting: what is too much is refused, what is long is read aside."""

import gzip
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.formats.reading import MOST_SIGNALS
from tests.support.pagerduty import ENQUEUE, event
from tests.support.problems import require_problem
from tests.support.processes import Stack

MOST_BYTES = 4_194_304


@pytest.fixture
def source(api: httpx.Client) -> dict[str, Any]:
    """A source that no other test has."""
    body = {"name": f"source {uuid4().hex[:8]}", "kind": "pagerduty", "service_name": "redis-prod"}
    answer = api.post("/sources/", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


Send = Callable[..., httpx.Response]


@pytest.fixture
def send(stack: Stack, source: dict[str, Any]) -> Send:
    """Sends a body, compressed unless told otherwise, with the source's key."""

    def post(path: str, body: Any, coding: str = "gzip", packed: bytes | None = None) -> httpx.Response:
        content = packed if packed is not None else gzip.compress(json.dumps(body).encode())
        headers = {"Content-Encoding": coding, "Content-Type": "application/json"}
        query = {"token": source["key"]} if "alerts" in path else {}
        return httpx.post(f"{stack.url()}{path}", content=content, headers=headers, params=query, timeout=60)

    return post


def test_too_many_alerts_are_refused_and_that_is_kept(api: httpx.Client, stack: Stack, source: dict[str, Any]) -> None:
    url = f"{stack.url()}/api/v1/alerts/generic/"
    answer = httpx.post(url, params={"token": source["key"]}, json=[{"a": 1}] * 10_000, timeout=60)
    require_problem(answer, 422, "alerts")
    (kept,) = api.get(f"/sources/{source['id']}/alerts/").json()["items"]
    assert kept["fate"] == "refused" and str(MOST_SIGNALS) in kept["reason"]


def test_a_compressed_body_is_taken_at_every_door(api: httpx.Client, send: Send, source: dict[str, Any]) -> None:
    mark = uuid4().hex
    taken = send("/api/v1/alerts/generic/", {"title": "Disk", "dedup_key": mark}, "GZIP")
    assert taken.json()["results"][0]["status"] == "new", taken.text
    assert send(ENQUEUE, event(source["key"])).status_code == 202
    body = {"title": "Disk", "service_name": "search", "severity": "SEV4_LOW", "fingerprint": uuid4().hex}
    content = gzip.compress(json.dumps(body).encode())
    answer = api.post("/incidents/", content=content, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["title"]) == (201, "Disk")


def test_a_body_without_its_length_is_unpacked_too(api: httpx.Client) -> None:
    body = {"title": "Disk", "service_name": "search", "severity": "SEV4_LOW", "fingerprint": uuid4().hex}
    packed = gzip.compress(json.dumps(body).encode())
    chunks = (packed[at : at + 10] for at in range(0, len(packed), 10))
    assert api.post("/incidents/", content=chunks, headers={"Content-Encoding": "gzip"}).status_code == 201


def test_no_more_is_unpacked_than_a_body_may_have(send: Send) -> None:
    for size, status in ((MOST_BYTES - 20, 200), (MOST_BYTES + 1, 413), (100 * MOST_BYTES, 413)):
        packed = gzip.compress(b'{"title": "%s"}' % b"x".ljust(size, b"x"))
        assert len(packed) < MOST_BYTES
        assert send("/api/v1/alerts/generic/", None, packed=packed).status_code == status, size


def test_more_than_one_member_is_one_body(send: Send) -> None:
    parts = (b'{"title": "Disk", ', b"", b'"dedup_key": "%s"}' % uuid4().hex.encode())
    packed = b"".join(gzip.compress(part) for part in parts)
    for padding in (b"", b"\0" * 100):
        assert send("/api/v1/alerts/generic/", None, packed=packed + padding).status_code == 200
    half = gzip.compress(b" " * (MOST_BYTES // 2 + 1))
    assert send("/api/v1/alerts/generic/", None, packed=half + half).status_code == 413


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body[:-1],
        lambda body: body + b"x",
        lambda body: body + b"\0x",
        lambda body: body + body[:-1],
        lambda body: body[:-8] + b"\0" * 8,
        lambda _: b"{}",
    ],
)
def test_what_is_no_gzip(send: Send, spoil: Callable[[bytes], bytes]) -> None:
    packed = spoil(gzip.compress(b'{"title": "Disk"}'))
    require_problem(send("/api/v1/alerts/generic/", None, packed=packed), 400, "body")


def test_a_request_without_a_body_has_nothing_to_unpack(api: httpx.Client) -> None:
    assert api.get("/incidents/", headers={"Content-Encoding": "gzip"}).status_code == 200
    for coding in ("gzip", "br"):  # whatever a ping brings is not read
        answer = api.post("/heartbeats/nobody/", content=b"x", headers={"Content-Encoding": coding})
        assert answer.status_code == 404


@pytest.mark.parametrize(("coding", "status"), [("br", 415), ("deflate", 415), ("identity", 200), ("utf-8", 200)])
def test_another_coding(send: Send, coding: str, status: int) -> None:
    answer = send("/api/v1/alerts/generic/", None, coding, json.dumps({"title": "Disk"}).encode())
    assert answer.status_code == status
    if status == 415:
        assert answer.headers["accept-encoding"] == "gzip"
