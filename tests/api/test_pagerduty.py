"""PagerDuty's Events API v2 as its clients see it, one of them unchanged."""

import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from pagerduty import EventsApiV2Client

from tests.support.certificates import make_certificate
from tests.support.pagerduty import ENQUEUE, event
from tests.support.processes import Stack
from tests.support.waiting import wait_for

CHANGE = "/v2/change/enqueue"
PATHS = [f"{prefix}{path}{slash}" for prefix in ("", "/api/v1") for path in (ENQUEUE, CHANGE) for slash in ("", "/")]

ALL_IN_ONE = {"preset": "service"}
"""Hundreds of incidents would keep the worker busy when the next file has begun."""


@pytest.fixture
def source(api: httpx.Client) -> Callable[..., dict[str, Any]]:
    """Makes a source that no other test has."""

    def make(**settings: Any) -> dict[str, Any]:
        body = {"name": f"pager {uuid4().hex[:8]}", "kind": "pagerduty", "service_name": "redis-prod"} | settings
        answer = api.post("/sources/", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    return make


def send(stack: Stack, body: Any, path: str = ENQUEUE, **headers: str) -> httpx.Response:
    url = f"{stack.url()}{path}"
    if isinstance(body, bytes):
        return httpx.post(url, content=body, headers=headers, timeout=30)
    return httpx.post(url, json=body, headers=headers, timeout=30)


def incident(api: httpx.Client, dedup_key: str) -> dict[str, Any] | None:
    items = api.get("/incidents/?limit=500").json()["items"]
    return next((one for one in items if one["fingerprint"] == dedup_key), None)


def has_status(api: httpx.Client, dedup_key: str, status: str) -> bool:
    found = incident(api, dedup_key)
    return found is not None and found["status"] == status


@pytest.fixture(scope="module")
def https(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A front with TLS, as there is one before most installations; its address and its certificate."""
    home = tmp_path_factory.mktemp("tls")
    cert, key = make_certificate(home)

    class Front(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept = {"Content-Type": self.headers["Content-Type"], "User-Agent": self.headers["User-Agent"]}
            answer = httpx.post(f"{stack.url()}{self.path}", content=body, headers=kept, timeout=30)
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["content-type"])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            pass

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Front) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}", cert
        server.shutdown()


def test_pagerdutys_own_client_works_unchanged(api: httpx.Client, source: Any, https: tuple[str, Path]) -> None:
    base, cert = https
    with EventsApiV2Client(source()["key"], base_url=base, verify=ssl.create_default_context(cafile=cert)) as client:
        key = client.trigger("Disk is full", "db-1.example.com", severity="error", custom_details={"disk": "/var"})
        opened = wait_for(lambda: incident(api, key))
        assert (opened["title"], opened["status"]) == ("Disk is full", "TRIGGERED")
        assert client.trigger("Disk is full", "db-1.example.com", dedup_key=key) == key
        client.acknowledge(key)
        wait_for(lambda: has_status(api, key, "ACKNOWLEDGED"))
        client.resolve(key)
        wait_for(lambda: has_status(api, key, "RESOLVED"))
        client.send_change_event({"summary": "Deployed 1.2.3", "source": "ci"})
        again = client.trigger("Disk is full", "db-1.example.com", dedup_key=key)
    assert again == key
    numbers = [one["short_id"] for one in api.get("/incidents/?limit=500").json()["items"] if one["fingerprint"] == key]
    assert len(numbers) == 2, "after a resolve a trigger opens a new one, and never reopens"
    assert opened["short_id"] in numbers


def test_an_event_becomes_what_a_person_would_expect(stack: Stack, api: httpx.Client, source: Any) -> None:
    made = source(service_name=None)
    body = event(made["key"])
    answer = send(stack, body)
    assert (answer.status_code, answer.json()) == (
        202,
        {"status": "success", "message": "Event processed", "dedup_key": body["dedup_key"]},
    )
    found = incident(api, body["dedup_key"])
    assert found is not None
    assert (found["title"], found["severity"]) == ("DISK at 99% on machine prod-datapipe03", "SEV1_CRITICAL")
    assert (found["source"], found["detected_at"]) == (made["name"], "2026-11-21T03:12:00Z")
    assert found["labels"]["free space"] == "1%"
    assert "https://runbooks.example/disk" in {link["href"] for link in found["links"]}
    kept = api.get(f"/incidents/{found['id']}/alerts/").json()["items"][0]["raw"]
    assert made["key"] not in str(kept), "the key is a secret"


@pytest.mark.parametrize("path", PATHS)
def test_it_is_found_wherever_clients_look(stack: Stack, source: Any, path: str) -> None:
    body = event(source()["key"], dedup_key=...)
    answer = send(stack, body, path)
    assert answer.status_code == 202
    assert answer.json()["status"] == "success"


def test_the_key_may_come_as_a_header(stack: Stack, source: Any) -> None:
    answer = send(stack, event("", routing_key=...), **{"X-Routing-Key": source()["key"]})
    assert answer.status_code == 202


def test_a_key_of_the_event_is_made_up_when_there_is_none(stack: Stack, api: httpx.Client, source: Any) -> None:
    key = source()["key"]
    for nothing in (..., None, "", "  "):
        dedup_key = send(stack, event(key, dedup_key=nothing)).json()["dedup_key"]
        assert len(dedup_key) == 32
        assert incident(api, dedup_key) is not None


def test_a_command_about_nothing_is_accepted_and_does_nothing(stack: Stack, api: httpx.Client, source: Any) -> None:
    made = source()
    for action in ("acknowledge", "resolve"):
        body = event(made["key"], action, payload=...)
        assert send(stack, body).json()["dedup_key"] == body["dedup_key"]
        assert incident(api, body["dedup_key"]) is None
    kept = api.get(f"/sources/{made['id']}/alerts/").json()["items"]
    assert {one["reason"] for one in kept} == {"nothing is open for it"}


def test_another_sources_key_names_another_alert(stack: Stack, api: httpx.Client, source: Any) -> None:
    body, other = event(source()["key"]), source()
    send(stack, body)
    assert send(stack, event(other["key"], "resolve", dedup_key=body["dedup_key"])).status_code == 202
    (kept,) = api.get(f"/sources/{other['id']}/alerts/").json()["items"]
    assert (kept["incident"], kept["reason"]) == (None, "nothing is open for it")
    assert has_status(api, body["dedup_key"], "TRIGGERED")


def test_a_change_is_kept_and_opens_nothing(stack: Stack, api: httpx.Client, source: Any) -> None:
    made = source(correlation={"preset": "service"}, service_name="postgres-main")
    send(stack, event(made["key"]))
    change = {
        "routing_key": made["key"],
        "payload": {"summary": "Build 42", "source": "ci", "custom_details": {"a": 1}},
        "links": [{"href": "https://ci.example/42", "text": "Build"}],
    }
    answer = send(stack, change, CHANGE)
    assert (answer.status_code, answer.json()) == (
        202,
        {"status": "success", "message": "Change event processed"},
    )
    (kept,) = [one for one in api.get(f"/sources/{made['id']}/alerts/").json()["items"] if one["fate"] == "noted"]
    assert (kept["title"], kept["incident"]) == ("Build 42", None)
    assert made["key"] not in str(kept["raw"])


def _wrong(key: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Every field missing, empty, or of another kind, with what the answer must name; "" when it is forgiven."""
    junk: list[Any] = [..., None, "", "  ", 17, True, [], {}, ["x"], {"x": {}}, "x" * 5000, "\u0000", -1e300]
    must = {"routing_key": junk, "event_action": junk, "payload": [*junk[:8]]}
    for name, values in must.items():
        for value in values:
            yield event(key, **{name: value}), name
    for name in ("dedup_key", "client", "client_url", "links", "images"):
        for value in junk:
            yield event(key, **{name: value}), ""
    whole = event(key)["payload"]
    for name in whole:
        for value in junk:
            payload = {field: one for field, one in (whole | {name: value}).items() if one is not ...}
            yield event(key, payload=payload), ""


def test_every_field_missing_empty_or_garbled_is_answered_in_their_shape(stack: Stack, source: Any) -> None:
    key = source(rate_limit=1000.0, correlation=ALL_IN_ONE)["key"]

    def answer(case: tuple[dict[str, Any], str]) -> tuple[dict[str, Any], str, httpx.Response]:
        return *case, send(stack, case[0])

    with ThreadPoolExecutor(4) as pool:
        for body, name, response in pool.map(answer, _wrong(key)):
            said = response.json()
            assert response.status_code in (202, 400), (body, said)
            if name or response.status_code == 400:
                assert (said["status"], said["message"]) == ("invalid event", "Event object is invalid"), body
                assert said["errors"] and all(isinstance(one, str) for one in said["errors"])
                assert any(f"'{name}" in one for one in said["errors"]), (body, said)
            else:
                assert said["dedup_key"]


@pytest.mark.parametrize("path", [ENQUEUE, CHANGE])
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_unrecognized(stack: Stack, path: str, body: bytes) -> None:
    answer = send(stack, body, path)
    assert answer.status_code == 400
    assert (answer.json()["status"], answer.json()["errors"]) == ("Unrecognized object", ["JSON parse error"])


@pytest.mark.parametrize("path", [ENQUEUE, CHANGE])
@pytest.mark.parametrize("body", [b"[]", b"5", b'"x"', b"null", b"{}"])
def test_what_is_no_event_is_invalid(stack: Stack, path: str, body: bytes) -> None:
    answer = send(stack, body, path)
    assert (answer.status_code, answer.json()["status"]) == (400, "invalid event")


def test_an_unknown_key_is_invalid(stack: Stack, api: httpx.Client, source: Any) -> None:
    gone = source()
    api.delete(f"/sources/{gone['id']}/").raise_for_status()
    signing = source(kind="generic", secret="whsec_c2VjcmV0c2VjcmV0c2VjcmV0")
    for key in (uuid4().hex, gone["key"], signing["key"], "ü" * 32, "test-admin-token".ljust(32)):
        answer = send(stack, event(key))
        assert answer.status_code == 400, key
        assert "nvalid routing key" in answer.json()["errors"][0]


def test_what_is_wrong_can_be_seen(stack: Stack, api: httpx.Client, source: Any) -> None:
    made = source()
    send(stack, event(made["key"], severity="x", payload={"summary": "Disk"}))
    (kept,) = api.get(f"/sources/{made['id']}/alerts/").json()["items"]
    assert kept["fate"] == "refused"
    assert "payload.source" in kept["reason"]
    assert made["key"] not in str(kept)


def test_an_event_over_512_kb_is_refused(stack: Stack, source: Any) -> None:
    key = source()["key"]
    for size, status in ((500_000, 202), (530_000, 413)):
        body = event(key)
        body["payload"]["custom_details"] = {"text": "x" * size}
        answer = send(stack, body)
        assert answer.status_code == status
        assert answer.json()["status"] == ("success" if status == 202 else "invalid event")


def test_beyond_its_rate_it_is_told_when_to_come_back(stack: Stack, source: Any) -> None:
    slow, other = source(rate_limit=0.001, rate_burst=2)["key"], source()["key"]
    answers = [send(stack, event(slow)) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 429, 429]
    assert answers[-1].json()["status"] == "throttle exceeded"
    assert 900 < int(answers[-1].headers["Retry-After"]) <= 1000
    assert send(stack, event(other)).status_code == 202


def test_an_accepted_event_is_committed(stack: Stack, source: Any, database: psycopg.Connection[Any]) -> None:
    made = source(correlation=ALL_IN_ONE)
    bodies = [event(made["key"]) for _ in range(50)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda body: send(stack, body), bodies))
    assert {answer.status_code for answer in answers} == {202}
    row = database.execute(
        "SELECT count(DISTINCT fingerprint) FROM alerts WHERE source_id = %s", [made["id"]]
    ).fetchone()
    assert row == (50,)
