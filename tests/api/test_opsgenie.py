"""Opsgenie's alert API, as its SDK and Alertmanager call it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import pytest

from tests.support.processes import Stack
from tests.support.waiting import wait_for

ALERTS = "/v2/alerts"
OF_ALIAS = {"identifierType": "alias"}


@pytest.fixture
def client(stack: Stack, api: httpx.Client) -> Callable[..., httpx.Client]:
    """Makes a client with the key of a source that no other test has."""

    def make(**settings: Any) -> httpx.Client:
        body = {"name": f"genie {uuid4().hex[:8]}", "kind": "opsgenie", "service_name": "redis-prod"} | settings
        answer = api.post("/sources/", json=body)
        assert answer.status_code == 201, answer.text
        return with_key(stack, answer.json()["key"])

    return make


def with_key(stack: Stack, key: str, base: str = "") -> httpx.Client:
    headers = {"Authorization": f"GenieKey {key}"}
    return httpx.Client(base_url=f"{stack.url()}{base}", headers=headers, timeout=30)


def accepted(answer: httpx.Response) -> str:
    """The id of a request that was accepted."""
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert body["result"] == "Request will be processed"
    assert isinstance(body["took"], float)
    return str(UUID(body["requestId"]))


def status(client: httpx.Client, request_id: str) -> dict[str, Any]:
    answer = client.get(f"{ALERTS}/requests/{request_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["data"])


def error(answer: httpx.Response, status: int) -> str:
    body = answer.json()
    assert answer.status_code == status, body
    assert body.keys() == {"message", "took", "requestId"}
    return str(body["message"])


def incident(api: httpx.Client, alias: str) -> dict[str, Any]:
    items = api.get("/incidents/?limit=500").json()["items"]
    return next((one for one in items if one["fingerprint"] == alias), {})


def test_create_acknowledge_note_close(api: httpx.Client, client: Any) -> None:
    with client() as genie:
        alias = f"disk/{uuid4().hex} ü"
        body = {
            "message": "Disk is full",
            "alias": alias,
            "priority": "P1",
            "tags": ["db"],
            "details": {"disk": "/var"},
        }
        created = status(genie, accepted(genie.post(ALERTS, json=body)))
        assert (created["action"], created["isSuccess"], created["alias"]) == ("Create", True, alias)
        opened = incident(api, alias)
        assert (opened["title"], opened["severity"], opened["status"]) == ("Disk is full", "SEV1_CRITICAL", "TRIGGERED")

        again = status(genie, accepted(genie.post(ALERTS, json=body)))
        assert (again["status"], again["alertId"]) == ("Deduplicated alert", created["alertId"])

        path = f"{ALERTS}/{quote(alias, safe='')}"
        acknowledged = genie.post(f"{path}/acknowledge", params=OF_ALIAS, json={"user": "ana", "note": "On it"})
        assert status(genie, accepted(acknowledged))["action"] == "Acknowledge"
        wait_for(lambda: incident(api, alias)["status"] == "ACKNOWLEDGED")
        assert genie.get(path, params=OF_ALIAS).json()["data"]["acknowledged"]

        noted = genie.post(f"{path}/notes", params=OF_ALIAS, json={"user": "ana", "note": "It was the log"})
        assert status(genie, accepted(noted))["action"] == "AddNote"
        events = f"/incidents/{opened['id']}/events/?limit=500"
        wait_for(lambda: any("It was the log" in one["message"] for one in api.get(events).json()["items"]))

        closed = genie.post(f"{path}/close", params=OF_ALIAS, json={})
        assert status(genie, accepted(closed))["action"] == "Close"
        wait_for(lambda: incident(api, alias)["status"] == "RESOLVED")
        assert genie.get(path, params=OF_ALIAS).json()["data"]["status"] == "closed"


@pytest.mark.parametrize("kind", ["id", "tiny", None])
def test_an_alert_by_its_id_and_its_number(api: httpx.Client, client: Any, kind: str | None) -> None:
    with client() as genie:
        created = status(genie, accepted(genie.post(ALERTS, json={"message": "No alias"})))
        assert created["alias"] == created["alertId"], "Opsgenie's alias is the id when it was given none"
        params = {"identifierType": kind} if kind else {}
        identifier = created["alertId"]
        if kind == "tiny":
            identifier = genie.get(f"{ALERTS}/{identifier}").json()["data"]["tinyId"]
        found = genie.get(f"{ALERTS}/{identifier}", params=params).json()["data"]
        assert (found["id"], found["message"], found["status"]) == (created["alertId"], "No alias", "open")
        accepted(genie.post(f"{ALERTS}/{identifier}/close", params=params))
        wait_for(lambda: incident(api, created["alias"])["status"] == "RESOLVED")


def test_a_command_about_nothing_is_accepted_and_its_status_tells(client: Any) -> None:
    with client() as genie:
        for action in ("acknowledge", "close"):
            found = status(genie, accepted(genie.post(f"{ALERTS}/nothing/{action}", params=OF_ALIAS, json={})))
            assert (found["isSuccess"], found["alertId"]) == (False, "")
            assert "nothing is open for it" in found["status"]


def test_aliases_are_told_apart_letter_by_letter(client: Any) -> None:
    one, other = "disk  db-1", "disk db-1"
    with client() as genie:
        for alias in (one, other):
            accepted(genie.post(ALERTS, json={"message": "Disk", "alias": alias}))
        closed = status(genie, accepted(genie.post(f"{ALERTS}/{quote(one)}/close", params=OF_ALIAS, json={})))
        assert closed["isSuccess"]
        assert [alert["alias"] for alert in genie.get(ALERTS).json()["data"]] == [other]


def test_the_alerts_of_a_source_are_its_own(stack: Stack, client: Any) -> None:
    alias = uuid4().hex
    with client() as mine, client() as other:
        created = status(mine, accepted(mine.post(ALERTS, json={"message": "Mine", "alias": alias})))
        accepted(mine.post(ALERTS, json={"message": "Mine, too"}))
        assert [one["message"] for one in mine.get(ALERTS).json()["data"]] == ["Mine, too", "Mine"]
        assert [one["alias"] for one in mine.get(ALERTS, params={"limit": 1, "offset": 1}).json()["data"]] == [alias]
        assert other.get(ALERTS).json()["data"] == []
        assert error(other.get(f"{ALERTS}/{created['alertId']}"), 404)
        assert error(other.get(f"{ALERTS}/requests/{created['alertId']}"), 404)
        request = accepted(other.post(f"{ALERTS}/{created['alertId']}/close", json={}))
        assert not status(other, request)["isSuccess"]
        assert mine.get(f"{ALERTS}/{alias}", params=OF_ALIAS).json()["data"]["status"] == "open"


@pytest.mark.parametrize("base", ["", "/api/v1"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_it_is_found_wherever_clients_look(stack: Stack, client: Any, base: str, slash: str) -> None:
    with client() as any_client:
        key = any_client.headers["Authorization"].removeprefix("GenieKey ")
    with with_key(stack, key, base) as genie:
        request = accepted(genie.post(f"{ALERTS}{slash}", json={"message": "Disk", "alias": "disk"}))
        assert genie.get(f"{ALERTS}/requests/{request}{slash}").status_code == 200
        assert genie.get(f"{ALERTS}/disk{slash}", params=OF_ALIAS).status_code == 200
        accepted(genie.post(f"{ALERTS}/disk/acknowledge{slash}", params=OF_ALIAS, json={}))
        assert genie.get(f"{ALERTS}{slash}").status_code == 200
        assert "acknowledge" in error(genie.post(f"{ALERTS}/disk/assign{slash}", json={}), 422)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/x/escalate"),
        ("POST", "/x/snooze"),
        ("POST", "/x/tags"),
        ("DELETE", "/x/tags"),
        ("DELETE", "/x"),
        ("PUT", "/x/message"),
        ("GET", "/x/logs"),
        ("PATCH", "/x/y/z"),
    ],
)
def test_what_is_not_done_says_what_is(client: Any, method: str, path: str) -> None:
    with client() as genie:
        said = error(genie.request(method, f"{ALERTS}{path}"), 422)
        assert "create, acknowledge, close, notes" in said


def test_who_has_no_key_is_refused(stack: Stack) -> None:
    for headers in ({}, *({"Authorization": f"GenieKey {key}"} for key in (uuid4().hex, "test-admin-token"))):
        with httpx.Client(base_url=stack.url(), headers=headers, timeout=30) as nobody:
            for answer in (nobody.post(ALERTS, json={"message": "x"}), nobody.get(ALERTS), nobody.get(f"{ALERTS}/x")):
                assert "GenieKey" in error(answer, 401)


def test_beyond_its_rate_it_is_told_when_to_come_back(client: Any) -> None:
    with client(rate_limit=0.001, rate_burst=2) as genie:
        answers = [genie.post(ALERTS, json={"message": "x"}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [202, 202, 429]
        assert "too many" in error(answers[-1], 429)
        assert 900 < int(answers[-1].headers["Retry-After"]) <= 1000


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b"{}", b'{"message": NaN}', b"\xff", b"[" * 100_000])
def test_a_body_that_says_nothing_is_refused(client: Any, body: bytes) -> None:
    with client() as genie:
        assert error(genie.post(ALERTS, content=body), 422)


JUNK: list[Any] = [None, "", "  ", 17, True, [], {}, ["x"], {"x": {"y": []}}, "x" * 5000, "a\u0000b", -1e300]


def test_every_field_empty_or_garbled_is_answered(client: Any) -> None:
    whole = {
        "message": "Disk is full",
        "alias": "disk",
        "description": "99%",
        "responders": [{"type": "team", "name": "SRE"}],
        "visibleTo": [],
        "actions": ["Restart"],
        "tags": ["db"],
        "details": {"disk": "/var"},
        "entity": "db-1",
        "source": "Nagios",
        "priority": "P2",
        "user": "ana",
        "note": "Look",
    }
    with client() as genie:
        for name in whole:
            for junk in JUNK:
                accepted(genie.post(ALERTS, json=whole | {name: junk}))
            accepted(genie.post(ALERTS, json={field: value for field, value in whole.items() if field != name}))
        for name in ("user", "source", "note"):
            for junk in JUNK:
                body = {"note": "Look", name: junk}
                for action in ("acknowledge", "notes", "close"):
                    answer = genie.post(f"{ALERTS}/disk/{action}", params=OF_ALIAS, json=body)
                    assert answer.status_code == 202 or (action == "notes" and answer.status_code == 422), (
                        body,
                        answer,
                    )
        for junk in ("%00", "%20", "x" * 5000, "%ED%A0%80", "-1", "9" * 30, str(UUID(int=0))):
            for kind in ("id", "alias", "tiny", "ID", "x", ""):
                for answer in (
                    genie.get(f"{ALERTS}/{junk}", params={"identifierType": kind}),
                    genie.post(f"{ALERTS}/{junk}/close", params={"identifierType": kind}, content=b""),
                    genie.get(f"{ALERTS}/requests/{junk}"),
                ):
                    assert answer.status_code in (200, 202, 404, 422), (junk, kind, answer.text)
        for query in ("limit=0", "limit=x", "offset=-1", "limit=1000"):
            assert error(genie.get(f"{ALERTS}?{query}"), 422)
