"""Which incident an alert belongs to when it comes again, goes back to normal, waits for others, or is moved."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.processes import Stack
from tests.support.waiting import wait_for


def status(api: httpx.Client, incident: str) -> str:
    return str(api.get(f"/incidents/{incident}/").json()["status"])


def test_an_opsgenie_alert_that_was_closed_can_be_created_again(stack: Stack, api: httpx.Client) -> None:
    key = api.post("/sources/", json={"name": uuid4().hex, "kind": "opsgenie"}).json()["key"]
    own = {"Authorization": f"GenieKey {key}"}
    title, alias = f"disk {uuid4().hex}", uuid4().hex

    def statuses() -> list[str]:
        return [one["status"] for one in api.get("/incidents/", params={"q": title}).json()["items"]]

    for before in ([], ["RESOLVED"]):
        body = {"message": title, "alias": alias}
        httpx.post(f"{stack.url()}/v2/alerts", json=body, headers=own, timeout=30).raise_for_status()
        wait_for(partial(_are, statuses, ["TRIGGERED", *before]))
        close = f"{stack.url()}/v2/alerts/{alias}/close?identifierType=alias"
        httpx.post(close, json={}, headers=own, timeout=30).raise_for_status()
        wait_for(partial(_are, statuses, ["RESOLVED", *before]))


def _are(read: Callable[[], list[str]], wanted: list[str]) -> bool:
    return read() == wanted


def test_one_that_was_held_fires_like_any_other_once_the_threshold_is_reached(
    api: httpx.Client, service: Any, sender: Any
) -> None:
    own = service()
    settings = {"service_name": own, "correlation": {"preset": "service"}, "auto_resolve": True}
    say = sender(threshold={"count": 3, "seconds": 600}, **settings)
    assert [say(mark)["status"] for mark in "abc"] == ["held", "held", "new"]
    opened = say("c", "resolved")["incident"]
    assert status(api, opened) == "TRIGGERED"
    assert "still fire" in say("a", "resolved")["reason"]
    say("b", "resolved")
    wait_for(lambda: status(api, opened) == "RESOLVED")


def test_a_threshold_counts_anew_when_the_window_is_over(service: Any, sender: Any) -> None:
    correlation = {"preset": "service", "window_seconds": 1}
    say = sender(service_name=service(), correlation=correlation, threshold={"count": 2, "seconds": 600})
    assert [say(mark)["status"] for mark in "ab"] == ["held", "new"]
    began = datetime.now(UTC)
    wait_for(lambda: datetime.now(UTC) - began > timedelta(seconds=1.2))
    assert say("c")["status"] == "held"


def test_what_never_fired_ends_nobody_elses_incident(
    stack: Stack, api: httpx.Client, service: Any, sender: Any
) -> None:
    own = service()
    declared = {"title": "By a person", "service_name": own, "severity": "SEV3_MEDIUM"}
    incident = api.post("/incidents/", json=declared).json()["short_id"]
    say = sender(service_name=own, correlation={"preset": "service"}, auto_resolve=True)
    assert say("zz", "resolved")["incident"] is None
    assert say("joins")["incident"] == incident
    assert "still fire" in say("joins", "resolved")["reason"]
    body = {"name": uuid4().hex, "kind": "pagerduty", "service_name": own, "correlation": {"preset": "service"}}
    key = api.post("/sources/", json=body).json()["key"]
    for action in ("acknowledge", "resolve"):
        event = {"routing_key": key, "event_action": action, "dedup_key": "never seen"}
        assert httpx.post(f"{stack.url()}/v2/enqueue", json=event, timeout=30).status_code == 202
    assert status(api, incident) == "TRIGGERED"


def test_a_clock_that_ran_ahead_makes_nothing_late(api: httpx.Client, sender: Any) -> None:
    say, mark = sender(auto_resolve=True), uuid4().hex
    ahead = {"startsAt": (datetime.now(UTC) + timedelta(days=900)).isoformat()}
    opened = say(mark, **ahead)["incident"]
    say(mark, "resolved", **ahead)
    wait_for(lambda: status(api, opened) == "RESOLVED")
    assert say(mark, startsAt=datetime.now(UTC).isoformat())["status"] == "new"


def test_what_is_back_to_normal_inhibits_nothing(api: httpx.Client, service: Any, sender: Any) -> None:
    below = service()
    above = service(depends_on=[below])
    say = sender()
    down = say("down", service=below)["incident"]
    say("down", "resolved", service=below)
    wait_for(lambda: api.get(f"/incidents/{down}/").json()["cleared_at"])
    assert say("above", service=above)["status"] == "new"


def test_a_rule_that_drops_lets_the_end_through(api: httpx.Client, sender: Any) -> None:
    say, mark = sender(auto_resolve=True), uuid4().hex
    opened = say(mark)["incident"]
    rule = {"name": mark, "when": f'fingerprint == "{mark}"', "then": "drop"}
    api.post("/rules/", json=rule).raise_for_status()
    assert say(mark)["status"] == "dropped"
    say(mark, "resolved")
    wait_for(lambda: status(api, opened) == "RESOLVED")


def test_one_that_repeats_silently_is_looked_at_again_although_its_incident_was_resolved(
    api: httpx.Client, sender: Any
) -> None:
    say, mark = sender(), uuid4().hex
    opened = say(mark, labels={"mark": mark})["incident"]
    silence = {"matchers": [f'mark="{mark}"'], "seconds": 600, "reason": "a test"}
    made = api.post("/silences/", json=silence).raise_for_status().json()
    assert say(mark, labels={"mark": mark})["status"] == "silenced"
    api.patch(f"/incidents/{opened}/resolve/").raise_for_status()
    wait_for(lambda: status(api, opened) == "RESOLVED")  # it may have been queued
    api.delete(f"/silences/{made['id']}/").raise_for_status()

    def again() -> bool:
        found = api.get("/incidents/", params={"label": f"mark={mark}"}).json()["items"]
        return [one["status"] for one in found] == ["TRIGGERED", "RESOLVED"]

    wait_for(again)


def test_two_that_are_merged_into_each_other_leave_one_open_with_all_alerts(api: httpx.Client, sender: Any) -> None:
    say, marks = sender(), [uuid4().hex for _ in range(2)]
    one, two = (say(mark)["incident"] for mark in marks)
    api.post(f"/incidents/{one}/merge/", json={"into": two})
    api.post(f"/incidents/{two}/merge/", json={"into": one})
    wait_for(lambda: status(api, one) == "RESOLVED")
    again = [say(mark) for mark in marks]
    assert {found["status"] for found in again} == {"attached"}
    assert status(api, again[0]["incident"]) == "TRIGGERED"


@pytest.mark.parametrize(
    "body",
    [
        b'\xef\xbb\xbf{"title": "With a byte-order mark", "severity": "low"}',
        b'{"title": "Cut inside an emoji \\ud83d", "severity": "low"}',
        b'{"title": "NaN", "severity": "low", "value": NaN}',
        b'{"title": "Latin \xe9", "severity": "low"}',
    ],
)
def test_json_as_senders_write_it_is_read(api: httpx.Client, body: bytes) -> None:
    answer = api.post("/alerts/generic/", content=body)
    assert answer.status_code == 200, answer.text
    (result,) = answer.json()["results"]
    assert api.get(f"/incidents/{result['incident']}/alerts/").status_code == 200


def test_curl_needs_no_header_and_a_form_is_a_form(api: httpx.Client) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    mark = uuid4().hex
    for body in (f'{{"title": "By curl {mark}", "severity": "low"}}', f"title=By+form+{mark}&severity=low"):
        (result,) = api.post("/alerts/generic/", content=body, headers=form).json()["results"]
        assert result["incident"] is not None
        alerts = api.get(f"/incidents/{result['incident']}/alerts/?limit=500").json()["items"]
        assert any(one["title"].startswith("By ") and one["title"].endswith(mark) for one in alerts)
