"""`/alerts/{format}/` from outside: what becomes of alerts that fire, repeat, go back to normal, come late."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.processes import Stack
from tests.support.waiting import wait_for

STARTED = "2026-11-21T03:12:00Z"


@pytest.fixture
def source(api: httpx.Client) -> Callable[..., dict[str, Any]]:
    """Makes a source that no other test has."""

    def make(**settings: Any) -> dict[str, Any]:
        body = {"name": f"source {uuid4().hex[:8]}", "kind": "alertmanager"} | settings
        answer = api.post("/sources/", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    return make


def alert(fingerprint: str, status: str = "firing", started: str = STARTED, **labels: str) -> dict[str, Any]:
    """One alert of a body of Alertmanager's."""
    ended = "0001-01-01T00:00:00Z" if status == "firing" else "2026-11-21T04:00:00Z"
    return {
        "status": status,
        "labels": {"alertname": "HighErrorRate", "severity": "warning", "service": "redis-prod"} | labels,
        "annotations": {"summary": "5xx above 5%"},
        "startsAt": started,
        "endsAt": ended,
        "generatorURL": "http://prom.example/graph",
        "fingerprint": fingerprint,
    }


def send(stack: Stack, key: str, *alerts: dict[str, Any], kind: str = "alertmanager") -> list[dict[str, Any]]:
    """What became of each alert that a source sends."""
    answer = httpx.post(
        f"{stack.url()}/api/v1/alerts/{kind}/",
        params={"token": key},
        json={"version": "4", "alerts": list(alerts)},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


def status(api: httpx.Client, incident: str) -> str:
    return str(api.get(f"/incidents/{incident}/").json()["status"])


def texts(api: httpx.Client, incident: str) -> list[str]:
    return [event["message"] for event in api.get(f"/incidents/{incident}/events/?limit=500").json()["items"]]


def test_it_opens_repeats_and_resolves(stack: Stack, api: httpx.Client, source: Any) -> None:
    made, mark = source(auto_resolve=True), uuid4().hex
    (opened,) = send(stack, made["key"], alert(mark))
    (again,) = send(stack, made["key"], alert(mark))
    assert (opened["status"], again["status"]) == ("new", "attached")
    assert opened["incident"] == again["incident"]
    incident = api.get(f"/incidents/{opened['incident']}/").json()
    assert (incident["title"], incident["severity"]) == ("5xx above 5%", "SEV2_HIGH")
    assert (incident["service"]["name"], incident["fingerprint"]) == ("redis-prod", mark)
    assert (incident["source"], incident["alert_count"]) == (made["name"], 2)
    (over,) = send(stack, made["key"], alert(mark, "resolved"))
    assert (over["status"], over["incident"]) == ("resolved", opened["incident"])
    wait_for(lambda: status(api, opened["incident"]) == "RESOLVED")
    assert api.get(f"/incidents/{opened['incident']}/").json()["resolved_by"] == made["name"]


def test_without_auto_resolve_it_is_a_note_and_a_proposal(stack: Stack, api: httpx.Client, source: Any) -> None:
    made, mark = source(), uuid4().hex
    (opened,) = send(stack, made["key"], alert(mark))
    send(stack, made["key"], alert(mark, "resolved"))
    wait_for(lambda: any("back to normal" in text for text in texts(api, opened["incident"])))
    incident = api.get(f"/incidents/{opened['incident']}/").json()
    assert incident["status"] == "TRIGGERED"
    assert incident["cleared_at"] is not None
    send(stack, made["key"], alert(mark, started="2026-11-21T05:00:00Z"))
    wait_for(lambda: api.get(f"/incidents/{opened['incident']}/").json()["cleared_at"] is None)


def test_what_comes_late_or_out_of_order_does_not_reopen(stack: Stack, api: httpx.Client, source: Any) -> None:
    key, mark = source(auto_resolve=True)["key"], uuid4().hex
    (opened,) = send(stack, key, alert(mark))
    send(stack, key, alert(mark, "resolved"))
    wait_for(lambda: status(api, opened["incident"]) == "RESOLVED")
    assert [one["status"] for one in send(stack, key, alert(mark), alert(mark, "resolved"))] == ["late", "resolved"]
    (next_one,) = send(stack, key, alert(mark, started="2026-11-21T05:00:00Z"))
    assert next_one["status"] == "new"
    assert next_one["incident"] != opened["incident"]
    (past,) = send(stack, key, alert(mark, "resolved"))  # of the first episode
    assert past["status"] == "late"
    assert status(api, next_one["incident"]) == "TRIGGERED"
    first_resolved = uuid4().hex
    assert send(stack, key, alert(first_resolved, "resolved"))[0]["incident"] is None
    assert send(stack, key, alert(first_resolved))[0]["status"] == "late"


def test_a_group_is_taken_alert_by_alert_and_resolves_with_its_last(
    stack: Stack, api: httpx.Client, source: Any
) -> None:
    made = source(auto_resolve=True, correlation={"preset": "labels", "labels": ["alertname"]})
    one, two, name = uuid4().hex, uuid4().hex, uuid4().hex
    first, second = send(stack, made["key"], alert(one, alertname=name), alert(two, alertname=name))
    assert (first["status"], second["status"]) == ("new", "attached")
    (cleared,) = send(stack, made["key"], alert(one, "resolved", alertname=name))
    assert "still fire" in cleared["reason"]
    send(stack, made["key"], alert(two, "resolved", alertname=name), alert(one, "resolved", alertname=name))
    wait_for(lambda: status(api, first["incident"]) == "RESOLVED")


def test_of_two_words_about_one_alert_the_last_holds(stack: Stack, api: httpx.Client, source: Any) -> None:
    key, mark = source(kind="generic", auto_resolve=True)["key"], uuid4().hex

    def say(*statuses: str) -> list[dict[str, Any]]:
        body = [{"title": "Disk full", "dedup_key": mark, "status": status} for status in statuses]
        answer = httpx.post(f"{stack.url()}/api/v1/alerts/generic/", params={"token": key}, json=body, timeout=30)
        return list(answer.json()["results"])

    opened = say("firing")[0]["incident"]
    assert [one["status"] for one in say("firing", "resolved")] == ["attached", "resolved"]
    wait_for(lambda: status(api, opened) == "RESOLVED")
    assert [one["status"] for one in say("resolved", "firing")] == ["resolved", "new"]


def test_fingerprints_of_two_sources_are_two_alerts(stack: Stack, source: Any) -> None:
    mark = uuid4().hex
    results = [send(stack, source()["key"], alert(mark))[0] for _ in range(2)]
    assert [one["status"] for one in results] == ["new", "new"]
    assert results[0]["incident"] != results[1]["incident"]


def test_an_api_token_is_a_source_without_settings(stack: Stack, api: httpx.Client) -> None:
    mark = uuid4().hex
    body = {"version": "4", "alerts": [alert(mark)]}
    (opened,) = api.post("/alerts/alertmanager/", json=body).json()["results"]
    same = api.post("/incidents/", json={"title": "By hand", "service_name": "search", "severity": "SEV3_MEDIUM",
                                         "fingerprint": mark})  # fmt: skip
    assert (same.status_code, same.json()["short_id"]) == (200, opened["incident"])


@pytest.mark.parametrize("how", ["query", "basic", "bearer", "token"])
def test_the_key_may_come_as_senders_can_send_it(stack: Stack, source: Any, how: str) -> None:
    key, url = source()["key"], f"{stack.url()}/api/v1/alerts/alertmanager/"
    body = {"version": "4", "alerts": [alert(uuid4().hex)]}
    answer = {
        "query": lambda: httpx.post(url, json=body, params={"token": key}, timeout=30),
        "basic": lambda: httpx.post(url, json=body, auth=("anybody", key), timeout=30),
        "bearer": lambda: httpx.post(url, json=body, headers={"Authorization": f"Bearer {key}"}, timeout=30),
        "token": lambda: httpx.post(url, json=body, headers={"Authorization": f"Token {key}"}, timeout=30),
    }[how]()
    assert answer.status_code == 200


def test_a_key_opens_nothing_but_the_doors(stack: Stack, api: httpx.Client, source: Any) -> None:
    made = source()
    with stack.client(token=made["key"]) as own:
        assert own.get("/incidents/").status_code == 401
        assert own.post("/incidents/", json={}).status_code == 401
        assert own.get("/alerts/").status_code == 403
    fresh = api.post(f"/sources/{made['id']}/key/").json()["key"]
    url = f"{stack.url()}/api/v1/alerts/generic/?token={made['key']}"
    wait_for(lambda: httpx.post(url, json={}, timeout=30).status_code == 401)
    assert send(stack, fresh, alert(uuid4().hex))[0]["status"] == "new"
    assert api.delete(f"/sources/{made['id']}/").status_code == 204
    assert api.get(f"/sources/{made['id']}/").status_code == 404


def test_a_threshold_holds_alerts_until_there_are_enough(stack: Stack, api: httpx.Client, source: Any) -> None:
    made = source(threshold={"count": 3, "seconds": 600}, correlation={"preset": "labels", "labels": ["alertname"]})
    name = uuid4().hex
    held = [send(stack, made["key"], alert(uuid4().hex, alertname=name))[0] for _ in range(2)]
    assert [one["status"] for one in held] == ["held", "held"]
    assert held[0]["incident"] is None
    (opened,) = send(stack, made["key"], alert(uuid4().hex, alertname=name))
    assert opened["status"] == "new"
    incident = api.get(f"/incidents/{opened['incident']}/").json()
    assert incident["alert_count"] == 3
    kept = api.get(f"/incidents/{opened['incident']}/alerts/").json()["items"]
    assert {one["id"] for one in kept} == {one["alert_id"] for one in (*held, opened)}
    assert send(stack, made["key"], alert(uuid4().hex, alertname=name))[0]["status"] == "attached"


def test_what_depends_on_something_that_is_down_joins_its_incident(
    stack: Stack, api: httpx.Client, source: Any, service: Any
) -> None:
    below = service()
    middle = service(depends_on=[below])
    above = service(depends_on=[middle])
    key = source()["key"]
    (down,) = send(stack, key, alert(uuid4().hex, service=below, severity="critical"))
    (joined,) = send(stack, key, alert(uuid4().hex, service=above))
    assert (joined["status"], joined["incident"]) == ("attached", down["incident"])
    assert below in joined["reason"]
    api.patch(f"/incidents/{down['incident']}/resolve/").raise_for_status()
    wait_for(lambda: status(api, down["incident"]) == "RESOLVED")  # it may have been queued
    assert send(stack, key, alert(uuid4().hex, service=above))[0]["status"] == "new"


def test_a_known_fingerprint_stays_with_its_incident(stack: Stack, source: Any, service: Any) -> None:
    below = service()
    above = service(depends_on=[below])
    key, mark = source()["key"], uuid4().hex
    (first,) = send(stack, key, alert(mark, service=above))
    send(stack, key, alert(uuid4().hex, service=below, severity="critical"))
    assert send(stack, key, alert(mark, service=above))[0]["incident"] == first["incident"]


def test_an_alert_that_fires_again_soon_continues_its_incident(stack: Stack, api: httpx.Client, source: Any) -> None:
    key, mark = source(auto_resolve=True, reopen_seconds=600)["key"], uuid4().hex
    (first,) = send(stack, key, alert(mark))
    send(stack, key, alert(mark, "resolved"))
    wait_for(lambda: status(api, first["incident"]) == "RESOLVED")
    (second,) = send(stack, key, alert(mark, started="2026-11-21T05:00:00Z"))
    assert second["reason"] == f"continues {first['incident']}"
    assert api.get(f"/incidents/{second['incident']}/").json()["labels"]["continues"] == first["incident"]


def test_an_alert_that_flaps_is_resolved_only_after_it_was_quiet(stack: Stack, api: httpx.Client, source: Any) -> None:
    key, mark = source(auto_resolve=True, flapping={"changes": 2, "seconds": 600})["key"], uuid4().hex
    (first,) = send(stack, key, alert(mark))
    send(stack, key, alert(mark, "resolved"))
    wait_for(lambda: status(api, first["incident"]) == "RESOLVED")
    (second,) = send(stack, key, alert(mark, started="2026-11-21T05:00:00Z"))
    send(stack, key, alert(mark, "resolved", started="2026-11-21T05:00:00Z"))
    wait_for(lambda: any("flaps" in text for text in texts(api, second["incident"])))
    assert status(api, second["incident"]) == "TRIGGERED"
    (third,) = send(stack, key, alert(mark, started="2026-11-21T06:00:00Z"))
    assert (third["status"], third["incident"]) == ("attached", second["incident"])


def test_one_noisy_source_is_refused_and_reported_and_starves_nobody(
    stack: Stack, api: httpx.Client, source: Any, service: Any
) -> None:
    owner = service()
    noisy, calm = source(rate_limit=0.001, rate_burst=5, owner_service=owner), source()
    url = f"{stack.url()}/api/v1/alerts/alertmanager/"
    body = {"version": "4", "alerts": [alert(uuid4().hex)]}
    answers = [httpx.post(url, json=body, params={"token": noisy["key"]}, timeout=30) for _ in range(12)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 7
    assert int(refused[0].headers["retry-after"]) >= 1
    assert send(stack, calm["key"], alert(uuid4().hex))[0]["status"] == "new"
    wait_for(lambda: bool(api.get("/incidents/", params={"service": owner}).json()["items"]))
    (incident,) = api.get("/incidents/", params={"service": owner}).json()["items"]
    assert noisy["name"] in incident["title"]


def test_whoever_watches_sees_what_became_of_each_and_why(
    stack: Stack, api: httpx.Client, source: Any, database: psycopg.Connection[Any]
) -> None:
    made, mark = source(), uuid4().hex
    send(stack, made["key"], alert(mark), alert(mark))
    url = f"{stack.url()}/api/v1/alerts/alertmanager/?token={made['key']}"
    refused = httpx.post(url, content=b"{not json", timeout=30)
    assert refused.status_code == 400
    items = api.get(f"/sources/{made['id']}/alerts/").json()["items"]
    assert [one["fate"] for one in items] == ["refused", "attached", "new"]
    assert "JSON" in items[0]["reason"]
    assert api.get("/alerts/", params={"source": made["name"], "fate": "new"}).json()["items"] == [items[2]]
    (shown,) = [one for one in api.get("/sources/", params={"limit": 500}).json()["items"] if one["id"] == made["id"]]
    assert shown["last_24_hours"] == {"refused": 1, "attached": 1, "new": 1}
    assert "key" not in shown


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "alertmanager"}, "name"),
        ({"name": "x"}, "kind"),
        ({"name": "x", "kind": "telepathy"}, "kind"),
        ({"name": "x", "kind": "heartbeat"}, "heartbeat_seconds"),
        ({"name": "x", "kind": "generic", "service_name": "no such service"}, "service_name"),
        ({"name": "x", "kind": "generic", "surprise": 1}, "surprise"),
        ({"name": "x", "kind": "generic", "threshold": {"count": 0, "seconds": 5}}, "threshold.count"),
        ({"name": "x", "kind": "generic", "correlation": {"preset": "labels"}}, "labels"),
        ({"name": "x", "kind": "generic", "severity_map": {"bad": "banana"}}, "severity_map"),
    ],
)
def test_a_source_that_makes_no_sense_is_refused(api: httpx.Client, body: dict[str, Any], field: str) -> None:
    answer = api.post("/sources/", json=body)
    assert answer.status_code == 422
    assert field in answer.json()["detail"]
