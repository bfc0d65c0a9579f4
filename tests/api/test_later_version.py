"""After a downgrade, or while a house is upgraded process by process: what a later version wrote stops no alert."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.processes import Stack
from tests.support.waiting import wait_for

Send = Callable[[str], httpx.Response]


@pytest.fixture
def made(api: httpx.Client) -> dict[str, Any]:
    """A source of its own."""
    body = {"name": f"source {uuid4().hex[:8]}", "kind": "generic", "service_name": "postgres-main"}
    answer = api.post("/sources/", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.fixture
def send(stack: Stack, made: dict[str, Any]) -> Send:
    """One alert of that source."""
    url = f"{stack.url()}/api/v1/alerts/generic/"
    return lambda title: httpx.post(
        url, params={"token": made["key"]}, json={"title": title, "dedup_key": uuid4().hex}, timeout=30
    )


def set_field(database: psycopg.Connection[Any], query: str, *values: Any) -> None:
    """As a later version would have written it: triggers tell the processes."""
    assert database.execute(query, values).rowcount == 1


def reason_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["results"][0]["reason"])


def test_a_rule_that_cannot_be_read_is_passed_over(
    api: httpx.Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    rules = []
    for position, name in enumerate(("later", "known")):
        body = {"name": f"{name} {uuid4().hex[:8]}", "position": position, "when": 'title == "Disk"'}
        answer = api.post("/rules/", json=body)
        assert answer.status_code == 201, answer.text
        rules.append(answer.json())
    later, known = rules
    wait_for(lambda: later["name"] in reason_of(send("Disk")))
    definition = json.dumps({"when": 'title == "Disk"', "set": {"page_whom": "everybody"}})
    set_field(database, "UPDATE rules SET definition = %s WHERE id = %s", definition, later["id"])
    wait_for(lambda: known["name"] in reason_of(send("Disk")))
    shown = {one["name"]: one for one in api.get("/rules/?limit=500").json()["items"]}
    assert shown[later["name"]]["set"] == {"page_whom": "everybody"}
    tried = {"rule": {"when": "true"}, "source": "generic", "body": {"title": "Disk"}}
    assert api.post("/rules/try/", json=tried).status_code == 200
    assert api.delete(f"/rules/{later['id']}/").status_code == 204


def test_a_silence_that_cannot_be_read_is_passed_over(
    api: httpx.Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    set_field(
        database,
        "INSERT INTO silences (id, matchers, starts_at, ends_at, reason, created_by)"
        " VALUES (%s, %s, now(), now() + interval '1 hour', 'a later version', 'ana@example.com')",
        uuid4(),
        json.dumps([{"name": "title", "operator": "sounds like", "value": "Fan"}]),
    )
    known = {"matchers": [{"name": "title", "value": "Fan"}], "seconds": 600, "reason": "a test"}
    assert api.post("/silences/", json=known).status_code == 201
    wait_for(lambda: send("Fan").json()["results"][0]["status"] == "silenced")
    assert len(api.get("/silences/").json()["items"]) == 2


def test_settings_that_cannot_be_read_have_their_defaults_and_the_others_hold(
    api: httpx.Client, send: Send, made: dict[str, Any], database: psycopg.Connection[Any]
) -> None:
    settings = json.dumps(
        {"service_name": "postgres-main", "default_severity": "SEV0", "mood": "good", "threshold": {"count": 1}}
    )
    set_field(database, "UPDATE sources SET settings = %s WHERE id = %s", settings, made["id"])

    made["key"] = api.post(f"/sources/{made['id']}/key/").json()["key"]  # then no process knows it as it was
    answer = send("Disk")
    assert answer.status_code == 200, answer.text
    one = answer.json()["results"][0]
    incident = api.get(f"/incidents/{one['incident']}/").json()
    assert (one["status"], incident["service"]["name"], incident["severity"]) == ("new", "postgres-main", "SEV3_MEDIUM")
    assert any(source["id"] == made["id"] for source in api.get("/sources/?limit=500").json()["items"])
