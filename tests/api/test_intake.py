"""`POST /incidents/`: accepted means durable, and an alert that repeats opens nothing."""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg

from tests.support.processes import Stack
from tests.support.waiting import wait_for

APIS = 2
"""API processes: what one has accepted the other must know."""

Make = Callable[..., dict[str, Any]]


def events(api: httpx.Client, incident: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = api.get(f"/incidents/{incident['id']}/events/?limit=500").json()["items"]
    return items


def finished(api: httpx.Client, incident: dict[str, Any]) -> bool:
    return any(event["type"] == "ORCHESTRATION_FINISHED" for event in events(api, incident))


def test_the_seeds_own_example(api: httpx.Client, alert: Make) -> None:
    body = alert(fingerprint=..., service_name="postgres-main")
    first = api.post("/incidents/", json=body)
    assert first.status_code == 201
    incident = first.json()
    assert {name: incident[name] for name in ("title", "description", "severity", "detected_at")} == {
        name: body[name] for name in ("title", "description", "severity", "detected_at")
    }
    assert incident["service"]["name"] == "postgres-main"
    assert incident["status"] == "TRIGGERED"
    wait_for(lambda: finished(api, incident))

    again = api.post("/incidents/", json=body)
    assert (again.status_code, again.json()["id"], again.json()["deduplicated"]) == (200, incident["id"], True)
    repeats = wait_for(lambda: [e for e in events(api, incident) if e["type"] == "ALERT_RECEIVED"])
    assert "api" in repeats[0]["message"]

    now = api.get(f"/incidents/{incident['short_id']}").json()
    assert now["alert_count"] == 2
    assert now["orchestration"] == "COMPLETE"
    assert now["lid_link"].endswith("/document")
    assert now["war_room_link"].endswith("/room")

    def ledger() -> list[dict[str, Any]]:
        """Without the links that follow where a slow machine had them ready too late for the first message."""
        rows = api.get(f"/incidents/{incident['id']}/notifications/").json()["items"]
        return [row for row in rows if row["step"] != "p1.links"]

    def inbox() -> list[dict[str, Any]]:
        items = api.get("/users/ana@example.com/inbox/?limit=500").json()["items"]
        return [message for message in items if message["incident"] == incident["short_id"]]

    wait_for(lambda: len(ledger()) >= 4 and {row["status"] for row in ledger()} == {"sent"})
    assert {(row["step"], row["recipient"], row["channel"]) for row in ledger()} == {
        ("p1.created", "#sre-core", "slack"),
        ("p1.created", "ana@example.com", "email"),
        ("p1.created", "ana@example.com", "sms"),
        ("p1.r1.s1", "ana@example.com", "slack"),
    }
    mine = Counter(message["channel"] for message in inbox() if message["step"] != "p1.links")
    assert mine == {"email": 1, "sms": 1, "slack": 1}
    wait_for(lambda: any(link["href"] == now["war_room_link"] for one in inbox() for link in one["links"]))


def test_two_hundred_at_once_through_two_processes_are_one_incident(
    stack: Stack, api: httpx.Client, alert: Make
) -> None:
    body = alert()
    clients = [stack.client(number % 2) for number in range(20)]

    def post(number: int) -> httpx.Response:
        return clients[number % 20].post("/incidents/", json=body)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(post, range(200)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 199}
    ids = {answer.json()["id"] for answer in answers}
    assert len(ids) == 1
    incident = answers[0].json()
    assert api.get(f"/incidents/{incident['id']}/").json()["alert_count"] == 200
    kept: list[str] = []
    cursor = ""
    while cursor is not None:
        query = {"limit": 90} | ({"cursor": cursor} if cursor else {})
        page = api.get(f"/incidents/{incident['id']}/alerts/", params=query).json()
        kept += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert len(kept) == len(set(kept)) == 200


def test_an_alert_is_kept_as_it_came(api: httpx.Client, alert: Make) -> None:
    body = alert(unknown={"nested": [1, 2.50, None]}, labels={"zone": "b"})
    incident = api.post("/incidents/", json=body).json()
    (kept,) = api.get(f"/incidents/{incident['id']}/alerts/").json()["items"]
    assert kept["raw"] == body
    assert kept["labels"] == {"zone": "b"}
    assert kept["deduplicated"] is False


def test_an_unknown_service_is_triaged_and_its_name_kept(api: httpx.Client, alert: Make) -> None:
    incident = api.post("/incidents/", json=alert(service_name="nope", fingerprint=...)).json()
    assert incident["service"]["name"] == "Unknown/Triage"
    assert incident["requested_service_name"] == "nope"
    other = api.post("/incidents/", json=alert(service_name="something-else", fingerprint=...))
    assert other.status_code == 201, "an unknown service's alert must not be swallowed by another's incident"


def test_a_drill_swallows_no_real_alert(api: httpx.Client, alert: Make) -> None:
    body = alert(service_name="search", fingerprint=...)
    drill = api.post("/incidents/", json=body | {"drill": True})
    assert (drill.status_code, drill.json()["drill"]) == (201, {"time_scale": 60})
    real = api.post("/incidents/", json=body)
    assert (real.status_code, real.json()["drill"]) == (201, None)
    assert real.json()["id"] != drill.json()["id"]


def test_a_resolved_incident_absorbs_nothing(api: httpx.Client, alert: Make) -> None:
    body = alert()
    first = api.post("/incidents/", json=body).json()
    assert api.patch(f"/incidents/{first['id']}/resolve/", json={"note": "done"}).status_code == 200
    second = api.post("/incidents/", json=body)
    assert second.status_code == 201
    assert second.json()["id"] != first["id"]


def test_a_higher_severity_joins_and_raises(api: httpx.Client, alert: Make) -> None:
    body = alert(severity="SEV3_MEDIUM")
    incident = api.post("/incidents/", json=body).json()
    wait_for(lambda: finished(api, incident))
    worse = api.post("/incidents/", json=body | {"severity": "SEV1_CRITICAL"})
    assert worse.status_code == 200
    raised = wait_for(lambda: (now := api.get(f"/incidents/{incident['id']}/").json())["war_room_link"] and now)
    assert raised["severity"] == "SEV1_CRITICAL"
    steps = wait_for(
        lambda: (
            (found := {row["step"] for row in api.get(f"/incidents/{incident['id']}/notifications/").json()["items"]})
            >= {"p2.created", "p2.r1.s1"}
            and found
        )
    )
    assert "p1.created" in steps


def test_batch_spoils_only_what_is_wrong(api: httpx.Client, alert: Make) -> None:
    same = alert()
    answer = api.post(
        "/incidents/batch/",
        json={"alerts": [same, {"title": "no service"}, same, alert(severity="banana"), 7, alert()]},
    )
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [result["status"] for result in results] == [201, 422, 200, 422, 422, 201]
    assert results[0]["incident"]["id"] == results[2]["incident"]["id"]
    assert {error["field"] for error in results[1]["problem"]["errors"]} == {"service_name", "severity"}


def test_idempotency_key(api: httpx.Client, alert: Make, database: psycopg.Connection[Any]) -> None:
    body, key = alert(), {"Idempotency-Key": alert()["fingerprint"]}
    first = api.post("/incidents/", json=body, headers=key)
    second = api.post("/incidents/", json=body, headers=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    count = database.execute("SELECT alert_count FROM incidents WHERE id = %s", (first.json()["id"],)).fetchone()
    assert count == (1,)
    other = api.post("/incidents/", json=alert(), headers=key)
    assert (other.status_code, other.json()["errors"][0]["field"]) == (422, "Idempotency-Key")


def test_form_content_type_is_read_as_json(api: httpx.Client, alert: Make) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = api.post("/incidents", content=json.dumps(alert()), headers=headers)
    assert answer.status_code == 201


def test_who_may_report(as_role: Callable[[str], httpx.Client], alert: Make, stack: Stack) -> None:
    assert as_role("viewer").post("/incidents/", json=alert()).status_code == 403
    assert as_role("operator").post("/incidents/", json=alert()).status_code == 403
    assert as_role("responder").post("/incidents/", json=alert()).status_code == 201
    assert stack.client(token="wrong").post("/incidents/", json=alert()).status_code == 401
    assert stack.client(token=None).post("/incidents/", json=alert()).status_code == 401
