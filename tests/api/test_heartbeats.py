"""A dead-man's switch as its sender sees it: a URL to ping; an incident when pings stay away, and its end."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from tests.support.processes import Stack
from tests.support.servers import ADMIN_TOKEN, Addresses
from tests.support.waiting import wait_for

MakeSource = Callable[..., dict[str, Any]]


@pytest.fixture
def anybody(stack: Stack) -> httpx.Client:
    """A client without a token."""
    return stack.client(token=None)


@pytest.fixture
def make_source(api: httpx.Client) -> Iterator[MakeSource]:
    """Makes sources that are gone afterwards."""
    made: list[str] = []

    def make(**settings: Any) -> dict[str, Any]:
        body = {"name": f"backup-{uuid4().hex[:8]}", "kind": "generic", "service_name": "redis-prod", **settings}
        answer = api.post("/sources/", json=body)
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["id"])
        return dict(answer.json())

    yield make
    for source_id in made:
        api.delete(f"/sources/{source_id}/")


def incidents_of(database: psycopg.Connection[Any], source: str) -> list[dict[str, Any]]:
    """The incidents that a source's heartbeat opened, the first one first."""
    rows = database.execute(
        "SELECT status, severity, title, labels, fingerprint, number FROM incidents WHERE source = %s ORDER BY number",
        (source,),
    ).fetchall()
    names = ("status", "severity", "title", "labels", "fingerprint", "number")
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_a_ping_by_every_verb_and_without_a_token(anybody: httpx.Client, make_source: MakeSource) -> None:
    source = make_source(heartbeat_seconds=600, heartbeat_grace_seconds=60)
    path = f"/heartbeats/{source['key']}/"
    before = datetime.min
    for answer in (
        anybody.get(path),
        anybody.post(path),
        anybody.post(path.rstrip("/"), content=b"\x00 not { json", headers={"Content-Type": "application/json"}),
    ):
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        body = answer.json()
        assert (body["source"], body["status"]) == (source["name"], "ok")
        assert body["last_ping_at"].endswith("Z")
        last = datetime.fromisoformat(body["last_ping_at"]).replace(tzinfo=None)
        assert last > before
        assert datetime.fromisoformat(body["due_at"]).replace(tzinfo=None) == last + timedelta(seconds=660)
        before = last
    head = anybody.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert anybody.put(path).status_code == 405


def test_a_head_request_is_a_ping(
    anybody: httpx.Client, make_source: MakeSource, database: psycopg.Connection[Any]
) -> None:
    source = make_source(heartbeat_seconds=600)
    anybody.head(f"/heartbeats/{source['key']}/")
    row = database.execute("SELECT 1 FROM source_heartbeats WHERE source_id = %s", (source["id"],)).fetchone()
    assert row is not None


def test_a_source_may_ping_no_faster_than_it_may_send(
    anybody: httpx.Client, api: httpx.Client, make_source: MakeSource
) -> None:
    fast, other = make_source(heartbeat_seconds=600, rate_limit=0.001, rate_burst=2), make_source(heartbeat_seconds=600)
    answers = [anybody.get(f"/heartbeats/{fast['key']}/") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert 900 < int(answers[-1].headers["retry-after"]) <= 1000
    assert anybody.get(f"/heartbeats/{other['key']}/").status_code == 200


def test_an_api_token_is_no_key(anybody: httpx.Client) -> None:
    assert anybody.get(f"/heartbeats/{ADMIN_TOKEN}/").status_code == 404


@pytest.mark.parametrize("key", ["nobody", "%00", "%F0%9F%94%94", "a" * 200])
def test_an_unknown_key(anybody: httpx.Client, key: str) -> None:
    answer = anybody.get(f"/heartbeats/{key}/")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "key" in answer.json()["detail"]


def test_a_key_that_is_too_long_or_missing(anybody: httpx.Client) -> None:
    assert anybody.get(f"/heartbeats/{'a' * 201}/").status_code == 422
    assert anybody.get("/heartbeats/").status_code == 404


def test_a_source_without_a_heartbeat_says_what_to_set(anybody: httpx.Client, make_source: MakeSource) -> None:
    source = make_source()
    answer = anybody.post(f"/heartbeats/{source['key']}/")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["heartbeat_seconds"]


def test_missed_opens_one_incident_and_returned_resolves_it(
    anybody: httpx.Client, make_source: MakeSource, database: psycopg.Connection[Any], api: httpx.Client
) -> None:
    source = make_source(heartbeat_seconds=1, heartbeat_severity="SEV3_MEDIUM")
    path = f"/heartbeats/{source['key']}/"
    assert incidents_of(database, source["name"]) == []
    anybody.get(path)
    (incident,) = wait_for(lambda: incidents_of(database, source["name"]))
    assert incident["title"] == f"No heartbeat from {source['name']} for 1 s"
    assert (incident["severity"], incident["labels"]) == ("SEV3_MEDIUM", {"heartbeat": source["name"]})
    shown = api.get(f"/incidents/INC-{incident['number']}/").json()
    assert shown["service"]["name"] == "redis-prod"

    api.patch(f"/sources/{source['id']}/", json={"heartbeat_seconds": 3600})
    assert anybody.post(path).json()["status"] == "ok"
    wait_for(lambda: incidents_of(database, source["name"])[0]["status"] == "RESOLVED")
    (incident,) = incidents_of(database, source["name"])
    alerts = api.get(f"/incidents/INC-{incident['number']}/").json()["alert_count"]
    assert alerts == 1


def test_pings_in_time_open_nothing(
    anybody: httpx.Client, make_source: MakeSource, database: psycopg.Connection[Any]
) -> None:
    for most in (8, 32, 128):  # seconds between two pings: more, when the machine was too slow to ping within them
        source = make_source(heartbeat_seconds=2, heartbeat_grace_seconds=most - 2)
        pings: list[datetime] = []

        def ping(key: str = source["key"], pings: list[datetime] = pings) -> timedelta:
            answer = anybody.get(f"/heartbeats/{key}/").raise_for_status().json()
            pings.append(datetime.fromisoformat(answer["last_ping_at"]))
            return pings[-1] - pings[0]

        wait_for(lambda: ping() > timedelta(seconds=most + 2), most + 60)  # noqa: B023
        opened = incidents_of(database, source["name"])
        ping()  # until now they were in time
        if max(after - before for before, after in pairwise(pings)) < timedelta(seconds=most):
            assert opened == []
            return
    pytest.fail(f"too slow to ping in time: {pings}")


def test_a_chatty_sender_does_not_fill_its_workflow(
    anybody: httpx.Client, make_source: MakeSource, addresses: Addresses, stack: Stack
) -> None:
    source = make_source(heartbeat_seconds=600)
    for _ in range(100):
        assert anybody.get(f"/heartbeats/{source['key']}/").status_code == 200

    async def events() -> int:
        client = await Client.connect(addresses.temporal, namespace=stack.namespace)
        handle = client.get_workflow_handle(f"heartbeat-{source['id']}")
        try:
            return len((await handle.fetch_history()).events)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return 0  # it is begun in the background

    assert wait_for(lambda: asyncio.run(events())) < 15
