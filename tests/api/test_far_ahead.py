"""What comes in days is planned with whoever is on call then: working hours, snoozes, time-outs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.problems import require_problem
from tests.support.rotas import ANA, DEE, always, kept
from tests.support.waiting import wait_for

Make = Callable[..., dict[str, Any]]
DAY = 86_400
ON_CALL = [{"kind": "on_call", "channel": "sms"}]


def hours(weekdays: list[str]) -> dict[str, Any]:
    return {"severities": ["SEV3_MEDIUM"], "weekdays": weekdays, "from": "09:00", "until": "18:00"}


@pytest.fixture
def service(api: httpx.Client) -> Callable[..., str]:
    """Makes a service of a team that has nobody but ana by a schedule, and a manager."""

    def make(**policy: Any) -> str:
        name = f"far-{uuid4().hex[:8]}"
        steps = [{"after_seconds": 0, "targets": ON_CALL}, {"after_seconds": 300, "targets": ON_CALL}]
        kept(api, name=name, layers=[always(ANA)])
        bodies = {
            "policies": {"name": name, "steps": steps, "max_rounds": 1, **policy},
            "teams": {
                "name": name,
                "policy": name,
                "schedule": name,
                "manager": DEE,
                "time_zone": "Europe/Paris",
                "channel": "#far",
            },
            "services": {"name": name, "team": name},
        }
        for path, body in bodies.items():
            api.post(f"/{path}/", json=body).raise_for_status()
        return name

    return make


def told(items: list[dict[str, Any]]) -> dict[str, list[str]]:
    return {item["step"]: [one["recipient"] for one in item["deliveries"]] for item in items}


def test_on_friday_evening_the_plan_says_who_is_paged_on_monday(api: httpx.Client, service: Make) -> None:
    name = service(working_hours=hours(["mon", "tue", "wed", "thu", "fri"]))
    body = {"service_name": name, "severity": "SEV3_MEDIUM", "at": "2026-11-20T17:30:00Z"}
    items = api.post("/plan/", json=body).json()["items"]
    assert [(one["step"], one["at"]) for one in items[1:]] == [
        ("p1.r1.s1", "2026-11-23T08:00:00Z"),
        ("p1.r1.s2", "2026-11-23T08:05:00Z"),
    ]
    assert told(items[1:]) == {"p1.r1.s1": [ANA], "p1.r1.s2": [ANA]}


def test_what_waits_for_days_is_planned_and_by_hand_whoever_is_on_call_is_paged_now(
    api: httpx.Client, service: Make, alert: Make
) -> None:
    far = (datetime.now(UTC) + timedelta(days=5)).strftime("%a").lower()
    name = service(working_hours=hours([far]))
    incident = api.post("/incidents/", json=alert(service_name=name, severity="SEV3_MEDIUM")).json()["id"]

    def ledger() -> dict[str, list[str]]:
        rows = api.get(f"/incidents/{incident}/notifications/").json()["items"]
        return {row["step"]: [row["recipient"]] for row in rows}

    wait_for(lambda: "p1.created" in ledger())
    assert told(api.get(f"/incidents/{incident}/plan/").json()["items"]) == {"p1.r1.s1": [ANA], "p1.r1.s2": [ANA]}
    answer = api.post(f"/incidents/{incident}/escalate/")
    assert answer.status_code == 200, answer.text
    wait_for(lambda: ledger().get("p1.r1.s1") == [ANA])
    assert not any("p1.owner" in step for step in ledger())


def test_after_a_long_snooze_and_a_late_time_out_the_plan_goes_on(
    api: httpx.Client, service: Make, alert: Make
) -> None:
    name = service(acknowledgement_timeout_seconds=7 * DAY)
    incident = api.post("/incidents/", json=alert(service_name=name)).json()["id"]

    def give(command: str, status: str, **body: Any) -> None:
        api.post(f"/incidents/{incident}/{command}/", json=body).raise_for_status()
        wait_for(lambda: api.get(f"/incidents/{incident}/").json()["status"] == status)  # it may have been queued

    def ahead() -> dict[str, list[str]]:
        return told(api.get(f"/incidents/{incident}/plan/").json()["items"])

    for seconds in (10 * DAY, 300 * DAY):
        assert api.post(f"/incidents/{incident}/snooze/", json={"seconds": seconds}).status_code == 200
        found = ahead()
        assert (found["p2.r1.s1"], found["p2.r1.s2"]) == ([ANA], [ANA])
    give("acknowledge", "ACKNOWLEDGED")
    found = ahead()
    assert (found["p2.r1.s1"], found["p2.r1.s2"]) == ([ANA], [ANA])
    give("snooze", "ACKNOWLEDGED", seconds=3 * DAY)
    give("mitigate", "MITIGATED")
    assert api.get(f"/incidents/{incident}/").json()["snoozed_until"] is None
    assert ahead() == {}, "what is mitigated is in hand"


def test_hours_that_begin_at_the_end_of_a_day_are_refused_with_advice(api: httpx.Client) -> None:
    steps = [{"after_seconds": 0, "targets": ON_CALL}]
    for field, body in (
        ("working_hours.from", {"working_hours": {"from": "24:00"}, "steps": steps}),
        ("steps.0.when.hours.from", {"steps": [{**steps[0], "when": {"hours": {"from": "24:00"}}}]}),
    ):
        refused = api.post("/policies/", json={"name": f"far-{uuid4().hex[:8]}", **body})
        require_problem(refused, 422, field)
        assert "write 00:00 and the weekday after" in refused.json()["detail"]
