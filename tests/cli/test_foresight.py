"""`lint`, `replay`, `why`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.api.test_lint import house
from tests.cli.conftest import Tocsin
from tests.cli.support import FakeTocsin
from tests.domain.foresight import test_lint as planted
from tests.support.processes import Stack
from tests.support.waiting import wait_for

FINDING = {
    "severity": "warning",
    "code": "incomplete",
    "kind": "services",
    "name": "redis",
    "field": "runbook_url",
    "where": "services/redis/runbook_url",
    "message": "redis has no runbook",
}


def test_warnings_pass_unless_they_are_not_wanted(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("GET", "/lint/", (200, {"items": [FINDING], "faults": 0, "warnings": 1, "days": 30, "since": ""}))
    result = tocsin("lint", "--days", "30", "--within", "5")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "warning: services/redis/runbook_url: redis has no runbook [incomplete]",
        "Everybody is covered for the next 30 days.",
        "0 faults, 1 warning.",
    ]
    assert product.requests[0].query == {"days": "30", "within_minutes": "5"}
    assert tocsin("lint", "--strict").exit_code == 1
    assert json.loads(tocsin("lint", "--json").stdout)["warnings"] == 1
    assert tocsin("lint", "--alone").exit_code == 2
    assert tocsin("lint", "--days", "0").exit_code == 2


def test_a_fault_in_files_is_named_with_its_line(running: Stack, tocsin: Tocsin, tmp_path: Path) -> None:
    made = house()
    path = tmp_path / "house.yaml"
    path.write_text(yaml.safe_dump(made, sort_keys=False))
    assert tocsin("lint", str(path), "--alone").exit_code == 0
    planted.uncovered_weekend(made)
    path.write_text(text := yaml.safe_dump(made, sort_keys=False))
    result = tocsin("lint", str(path), "--alone")
    line = text.splitlines().index("  layers:") + 2
    assert result.exit_code == 1
    told = f"fault: {path}:{line}: schedules/core/layers: nobody is on call by core from "
    # From now on, if today is a Sunday.
    assert told + "Sat" in result.stdout or told + "Sun" in result.stdout


def test_the_product_cannot_be_reached(bare: None, tocsin: Tocsin, monkeypatch: Any) -> None:
    monkeypatch.setenv("TOCSIN_API_URL", "http://127.0.0.1:1")
    assert tocsin("lint").exit_code == 3


def test_replay_prints_the_difference_of_each_person(product: FakeTocsin, tocsin: Tocsin, tmp_path: Path) -> None:
    pages = {"before": {"pages": 4, "night_pages": 2}, "after": {"pages": 1, "night_pages": 0}}
    one = {"user": "ana@example.com", **pages, "difference": {"pages": -3, "night_pages": -2}}
    answer = {"policy": "new", "incidents": 7, "people": [one], "unreached": ["INC-3"]}
    product.on("POST", "/policies/replay/", (200, answer))
    path = tmp_path / "new.yaml"
    path.write_text("policies:\n  - name: new\n    steps: [{after_seconds: 0, targets: [{kind: lead}]}]\n")
    result = tocsin("replay", "--policy", str(path), "--days", "7", "--team", "Core")
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0] == "7 incidents of the last 7 days, by the policy new:"
    assert lines[2:] == ["ana@example.com 4 (2) 1 (0) -3 (-2)", "INC-3 would have paged nobody before it was over."]
    body = product.requests[0].body
    assert (body["days"], body["team"], body["policy"]["name"]) == (7, "Core", "new")


def test_replay_of_a_broken_policy_names_the_line(running: Stack, tocsin: Tocsin, tmp_path: Path) -> None:
    path = tmp_path / "new.yaml"
    path.write_text(
        "policies:\n  - name: new\n    steps:\n      - after_seconds: soon\n        targets: [{kind: lead}]\n"
    )
    result = tocsin("replay", "--policy", str(path))
    assert result.exit_code == 1 and result.stderr.startswith(f"{path}:4: steps.0.after_seconds:")
    path.write_text("services: []")
    assert tocsin("replay", "--policy", str(path)).exit_code == 1


def test_replay_names_what_is_not_there(running: Stack, tocsin: Tocsin, tmp_path: Path) -> None:
    path = tmp_path / "new.yaml"
    path.write_text(
        "policies:\n  - name: new\n    steps:\n      - after_seconds: 0\n"
        "        targets: [{kind: person, email: fay@example.com}]\n"
        "      - after_seconds: 300\n        targets:\n          - {kind: person, email: nobody@example.com}\n"
    )
    result = tocsin("replay", "--policy", str(path))
    assert result.exit_code == 1
    assert result.stderr == f"{path}:8: steps: there is no user 'nobody@example.com'\n"
    path.write_text("policies:\n  - name: new\n    steps: [{after_seconds: 0, targets: [{kind: lead}]}]\n")
    result = tocsin("replay", "--policy", str(path), "--team", "nope")
    assert result.exit_code == 1
    assert result.stderr.startswith("--team: there is no team 'nope'; there are: ")


def test_a_catalogue_without_policies_is_not_covered(running: Stack, tocsin: Tocsin, tmp_path: Path) -> None:
    made = house() | {"policies": []}
    made["teams"][0].pop("policy")
    path = tmp_path / "house.yaml"
    path.write_text(yaml.safe_dump(made, sort_keys=False))
    result = tocsin("lint", str(path), "--alone")
    assert result.exit_code == 1
    assert "fault: policies: there is no escalation policy" in result.stdout
    assert "Everybody is covered" not in result.stdout


def test_why_tells_the_history(
    running: Stack, tocsin: Tocsin, api: httpx.Client, alert: Callable[..., dict[str, Any]]
) -> None:
    id = api.post("/incidents/", json=alert()).json()["short_id"]
    wait_for(lambda: api.get(f"/incidents/{id}/notifications/").json()["items"])
    lines = tocsin("why", id).stdout.splitlines()
    assert " UTC  " in lines[0] and f"{id} “Redis does not answer” was opened by" in lines[0]
    assert json.loads(tocsin("why", id, "--json").stdout)["incident"] == id
    assert tocsin("why", "INC-999999").exit_code == 1


def test_plan_shows_what_a_step_does_besides(product: FakeTocsin, tocsin: Tocsin) -> None:
    step: dict[str, Any] = {"step": "p1.r1.s1", "at": "2026-11-21T07:00:00Z", "deliveries": [], "skipped": None}
    items = [step | {"action": "wait", "detail": "until somebody is on call for core"}, step | {"action": "resolve"}]
    product.on("POST", "/plan/", (200, {"items": items}))
    lines = tocsin("plan", "--service", "redis", "--severity", "1").stdout.splitlines()
    assert "Tocsin" in lines[1] and "waits: until somebody is on call for core" in lines[1]
    assert "resolves the incident" in lines[2]
