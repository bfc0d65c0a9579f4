"""Escalation policies: versions, advice, what a change means for open incidents, whom they reach."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.problems import require_problem
from tests.support.waiting import wait_for

MANAGER = {"kind": "manager", "channel": "email"}
ON_CALL = {"kind": "on_call", "channel": "sms"}
HOOK = {"kind": "webhook", "url": "https://hooks.example.com/services/secret"}


def step(after_seconds: int, *targets: dict[str, Any]) -> dict[str, Any]:
    return {"after_seconds": after_seconds, "targets": list(targets) or [ON_CALL]}


@pytest.fixture
def policy(api: httpx.Client) -> dict[str, Any]:
    """A policy, and a team and a service of its name that climb by it."""
    name = f"policy-{uuid4().hex[:8]}"
    steps = [step(3600), step(7200, MANAGER)]
    made = api.post("/policies/", json={"name": name, "steps": steps, "max_rounds": 1})
    assert made.status_code == 201, made.text
    team = {"name": name, "policy": name, "on_call": "ana@example.com", "manager": "dee@example.com"}
    api.post("/teams/", json=team).raise_for_status()
    api.post("/services/", json={"name": name, "team": name}).raise_for_status()
    policy: dict[str, Any] = made.json()
    return policy


@pytest.mark.parametrize(
    ("seconds", "advice"),
    [
        ([0], ["a single step"]),
        ([0, 300, 900], []),
        ([0, 300, 900, 1800, 3600], []),
        ([60 * n for n in range(10)], ["10 steps"]),
        ([0, 900, 1000], ["step 3 comes 100 s after"]),
    ],
)
def test_advice(api: httpx.Client, seconds: list[int], advice: list[str]) -> None:
    """REQUIREMENTS R-F-13."""
    body = {"name": f"policy-{uuid4().hex[:8]}", "steps": [step(at) for at in seconds]}
    warnings = api.post("/policies/", json=body).json()["warnings"]
    assert len(warnings) == len(advice)
    assert all(warning.startswith(begin) for warning, begin in zip(warnings, advice, strict=True))


def test_the_shipped_policies_need_none(api: httpx.Client) -> None:
    shipped = {one["name"]: one for one in api.get("/policies/?limit=500").json()["items"]}
    assert [shipped[name]["warnings"] for name in ("ladder", "fast")] == [[], []]
    ladder = shipped["ladder"]
    assert (ladder["is_default"], shipped["fast"]["is_default"]) == (True, False)
    assert [(one["after_seconds"], one["severities"]) for one in ladder["persist"]] == [
        (4 * 3600, ["SEV1_CRITICAL"]),
        (8 * 3600, ["SEV2_HIGH"]),
    ]
    assert all(
        [target["kind"] for target in one["targets"]] == ["manager", "team_channel"] for one in ladder["persist"]
    )


def test_the_version_counts_changes(api: httpx.Client, policy: dict[str, Any]) -> None:
    here = f"/policies/{policy['id']}/"
    assert policy["version"] == 1
    assert api.patch(here, json={"max_rounds": 2}).json()["version"] == 2
    assert api.patch(here, json={"max_rounds": 2}).json()["version"] == 2, "nothing was changed"
    assert api.patch(here, json={}).json()["version"] == 2
    assert api.get(here).json()["version"] == 2


def test_there_is_always_one_default(api: httpx.Client, policy: dict[str, Any]) -> None:
    def defaults() -> list[str]:
        return [one["name"] for one in api.get("/policies/?limit=500").json()["items"] if one["is_default"]]

    for answer in (api.delete("/policies/ladder/"), api.patch("/policies/ladder/", json={"is_default": False})):
        require_problem(answer, 409)
        assert "'ladder' is the default policy" in answer.json()["detail"]
    another = {"name": f"{policy['name']} 2", "steps": policy["steps"], "is_default": True}
    require_problem(api.post("/policies/", json=another), 422, "is_default")
    versions = [api.get(f"/policies/{name}/").json()["version"] for name in ("ladder", policy["id"])]
    try:
        assert api.patch(f"/policies/{policy['id']}/", json={"is_default": True}).status_code == 200
        assert defaults() == [policy["name"]], "it takes the place of the one before"
        require_problem(api.delete(f"/policies/{policy['id']}/"), 409)
    finally:
        assert api.patch("/policies/ladder/", json={"is_default": True}).status_code == 200
    assert defaults() == ["ladder"]
    assert versions == [api.get(f"/policies/{name}/").json()["version"] for name in ("ladder", policy["id"])]


def test_open_incidents_keep_their_version_unless_asked(
    api: httpx.Client,
    database: psycopg.Connection[Any],
    alert: Callable[..., dict[str, Any]],
    policy: dict[str, Any],
) -> None:
    body = alert(service_name=policy["name"])
    here = f"/policies/{policy['id']}/"
    incident = api.post("/incidents/", json=body).json()

    def kept() -> Any:
        row = database.execute("SELECT policy FROM incidents WHERE id = %s", (incident["id"],)).fetchone()
        return row and row[0]

    def ahead() -> list[str]:
        items = api.get(f"/incidents/{incident['id']}/plan/").json()["items"]
        return [one["recipient"] for item in items for one in item["deliveries"]]

    wait_for(kept)
    wait_for(lambda: ahead() == ["ana@example.com", "dee@example.com"])
    changed = api.patch(here, json={"steps": [step(5400, MANAGER)]}).json()
    assert changed["open_incidents"] == 1 and "applied_to" not in changed
    assert ahead() == ["ana@example.com", "dee@example.com"]

    applied = api.patch(here, json={}, params={"apply_to_open": True}).json()
    assert (applied["open_incidents"], applied["applied_to"], applied["version"]) == (1, 1, 2)
    wait_for(lambda: ahead() == ["dee@example.com"])
    wait_for(lambda: kept()["steps"][0]["after_seconds"] == 5400)
    assert api.patch(here, json={}).json()["open_incidents"] == 0
    api.patch(f"/incidents/{incident['id']}/resolve/").raise_for_status()
    wait_for(lambda: api.get(f"/incidents/{incident['id']}/").json()["status"] == "RESOLVED")  # it may be queued
    assert api.patch(here, json={"max_rounds": 3}).json()["open_incidents"] == 0


def test_readiness_of_a_policy(api: httpx.Client, policy: dict[str, Any]) -> None:
    found = api.get(f"/policies/{policy['id']}/readiness/").json()
    assert (found["reachable"], found["faults"]) == (True, [])
    (team,) = found["teams"]
    assert team["team"] == policy["name"]
    assert [[one["recipient"] for one in step["recipients"]] for step in team["steps"]] == [
        ["ana@example.com"],
        ["dee@example.com"],
    ]


def test_readiness_names_the_host_alone_of_a_webhook(api: httpx.Client, policy: dict[str, Any]) -> None:
    api.patch(f"/policies/{policy['id']}/", json={"steps": [step(0, HOOK)]}).raise_for_status()
    (team,) = api.get(f"/policies/{policy['id']}/readiness/").json()["teams"]
    assert [one["recipient"] for one in team["steps"][0]["recipients"]] == ["https://hooks.example.com/…"]


def test_what_a_policy_lacks(api: httpx.Client, policy: dict[str, Any]) -> None:
    name = policy["name"]
    person = f"{name}@example.com"
    unverified = [{"channel": "phone", "address": "+33612345678"}]
    api.post("/users/", json={"email": person, "name": "X", "contact_methods": unverified}).raise_for_status()
    api.patch(f"/teams/{name}/", json={"on_call": person, "manager": None}).raise_for_status()
    found = api.get(f"/policies/{name}/readiness/").json()
    assert found["reachable"]
    assert f"{person} has phone that is not verified" in found["faults"]
    assert f"{name}, p1.r1.s2: {name} has no manager" in found["faults"]

    api.patch(f"/users/{person}/", json={"is_active": False}).raise_for_status()
    nobody = api.get(f"/policies/{name}/readiness/").json()
    assert not nobody["reachable"]
    assert f"{name}: it reaches no person" in nobody["faults"]

    api.patch(f"/teams/{name}/", json={"policy": None}).raise_for_status()
    unused = api.get(f"/policies/{name}/readiness/").json()
    assert (unused["teams"], unused["faults"]) == ([], ["no service's incidents climb by it"])


@pytest.mark.parametrize(("role", "whole"), [("responder", False), ("manager", True)])
@pytest.mark.parametrize("kind", ["policies", "routes"])
def test_whoever_may_not_edit_it_sees_the_host_alone_of_a_webhook(
    api: httpx.Client, as_role: Callable[[str], httpx.Client], kind: str, role: str, whole: bool
) -> None:
    facts = {"steps": [step(0, HOOK)]} if kind == "policies" else {"targets": [HOOK], "is_active": False}
    made = api.post(f"/{kind}/", json={"name": f"hooked-{uuid4().hex[:8]}", **facts}).json()
    with as_role(role) as caller:
        one = caller.get(f"/{kind}/{made['id']}/").json()
        (listed,) = caller.get(f"/{kind}/", params={"q": made["name"]}).json()["items"]
    api.delete(f"/{kind}/{made['id']}/").raise_for_status()
    for entry in (one, listed):
        (target,) = entry["steps"][0]["targets"] if kind == "policies" else entry["targets"]
        assert target["url"] == (HOOK["url"] if whole else "https://hooks.example.com/…")
