"""After a downgrade, or while a house is upgraded process by process: what a later version wrote stops no alert."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from tests.support.problems import require_problem
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


@pytest.mark.parametrize("definition", ["[]", "null", '"true"', "5"])
def test_a_rule_that_is_no_object_is_passed_over(
    api: httpx.Client, send: Send, database: psycopg.Connection[Any], definition: str
) -> None:
    title = uuid4().hex
    rules = []
    for position, name in enumerate(("later", "known")):
        body = {"name": f"{name} {uuid4().hex[:8]}", "position": position, "when": f'title == "{title}"'}
        answer = api.post("/rules/", json=body)
        assert answer.status_code == 201, answer.text
        rules.append(answer.json())
    later, known = rules
    wait_for(lambda: later["name"] in reason_of(send(title)))
    set_field(database, "UPDATE rules SET definition = %s WHERE id = %s", definition, later["id"])
    try:
        wait_for(lambda: later["name"] not in reason_of(send(title)))
        assert known["name"] in reason_of(send(title))
        shown = {one["name"]: one for one in api.get("/rules/?limit=500").json()["items"]}
        assert shown[later["name"]]["when"] == ""
        require_problem(api.patch(f"/rules/{later['id']}/", json={"position": 9}), 422, "when")
    finally:
        for rule in rules:
            assert api.delete(f"/rules/{rule['id']}/").status_code == 204


@pytest.mark.parametrize("settings", ["[]", '"x"', "5", "null"])
def test_settings_that_are_no_object_have_their_defaults(
    api: httpx.Client, send: Send, stack: Stack, made: dict[str, Any], database: psycopg.Connection[Any], settings: str
) -> None:
    set_field(database, "UPDATE sources SET settings = %s WHERE id = %s", settings, made["id"])
    made["key"] = api.post(f"/sources/{made['id']}/key/").json()["key"]
    assert send("Disk").json()["results"][0]["status"] == "new"
    require_problem(stack.root(f"/api/v1/heartbeats/{made['key']}/"), 422, "heartbeat_seconds")
    shown = next(one for one in api.get("/sources/?limit=500").json()["items"] if one["id"] == made["id"])
    assert (shown["service_name"], shown["heartbeat"]) == (None, None)
    changed = api.patch(f"/sources/{made['id']}/", json={"service_name": "search"})
    assert (changed.status_code, changed.json()["service_name"]) == (200, "search")


@pytest.mark.parametrize("seconds", ['"5m"', "1e30", "-5", "2.5", "[60]", "true"])
def test_a_heartbeat_that_cannot_be_read_is_none(
    api: httpx.Client, send: Send, stack: Stack, made: dict[str, Any], database: psycopg.Connection[Any], seconds: str
) -> None:
    settings = f'{{"service_name": "postgres-main", "heartbeat_seconds": {seconds}, "heartbeat_grace_seconds": "long"}}'
    set_field(database, "UPDATE sources SET settings = %s WHERE id = %s", settings, made["id"])
    made["key"] = api.post(f"/sources/{made['id']}/key/").json()["key"]
    require_problem(stack.root(f"/api/v1/heartbeats/{made['key']}/"), 422, "heartbeat_seconds")
    shown = next(one for one in api.get("/sources/?limit=500").json()["items"] if one["id"] == made["id"])
    assert shown["heartbeat"] is None
    assert send("Disk").json()["results"][0]["status"] == "new"


@pytest.mark.parametrize(
    ("column", "value"), [("time_zone", "Mars/Base"), ("time_zone", "Europe"), ("repeat", "hourly")]
)
def test_a_maintenance_window_that_cannot_be_read_is_passed_over(
    api: httpx.Client, send: Send, database: psycopg.Connection[Any], column: str, value: str
) -> None:
    start = datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(hours=1)
    body = {
        "name": f"window {uuid4().hex[:8]}",
        "time_zone": "UTC",
        "start": start.isoformat(),
        "end": (start + timedelta(hours=3)).isoformat(),
        "services": ["postgres-main"],
    }
    made = api.post("/maintenance/", json=body).json()
    try:
        wait_for(lambda: send("Disk").json()["results"][0]["status"] == "maintenance")
        queries = {
            "time_zone": "UPDATE maintenance_windows SET time_zone = %s WHERE id = %s",
            "repeat": "UPDATE maintenance_windows SET repeat = %s WHERE id = %s",
        }
        set_field(database, queries[column], value, UUID(made["id"]))
        wait_for(lambda: send("Disk").json()["results"][0]["status"] == "new")
        shown = next(one for one in api.get("/maintenance/?limit=500").json()["items"] if one["id"] == made["id"])
        assert (shown[column], shown["next"]) == (value, [])
        answer = api.patch(f"/maintenance/{made['id']}/", json={"reason": "it takes longer"})
        require_problem(answer, 422, column)
    finally:
        assert api.delete(f"/maintenance/{made['id']}/").status_code == 204


def test_a_silence_without_matchers_silences_nothing(
    api: httpx.Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    later = uuid4()
    set_field(
        database,
        "INSERT INTO silences (id, matchers, starts_at, ends_at, reason, created_by)"
        " VALUES (%s, '[]', now(), now() + interval '1 hour', 'a later version', 'ana@example.com')",
        later,
    )
    title = uuid4().hex
    known = {"matchers": [{"name": "title", "value": title}], "seconds": 600, "reason": "a test"}
    assert api.post("/silences/", json=known).status_code == 201
    try:
        wait_for(lambda: send(title).json()["results"][0]["status"] == "silenced")
        assert send("Disk").json()["results"][0]["status"] == "new"
    finally:
        assert api.delete(f"/silences/{later}/").status_code == 200
