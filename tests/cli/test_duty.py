"""`plan` and `oncall`."""

import json

from tests.cli.conftest import Tocsin
from tests.cli.support import FakeTocsin, problem
from tests.support.processes import Stack

ANA = {"email": "ana@example.com", "name": "Ana Ruiz", "away_until": None}
CY = {"email": "cy@example.com", "name": "Cy Okafor", "away_until": "2026-12-01T00:00:00Z"}
ON_CALL = {
    "at": "2026-11-21T07:00:00Z",
    "items": [
        {"team": "Payments", "users": [ANA], "until": "2026-11-23T08:00:00Z", "backup": [CY], "backup_until": None},
        {"team": "Platform Team", "users": [], "until": None, "backup": [], "backup_until": None},
    ],
}
SCHEDULE = {
    "schedule": "Payments / Paris",
    "at": "2026-11-21T07:00:00Z",
    "users": ["ana@example.com"],
    "levels": [{"level": 1, "users": ["ana@example.com"]}, {"level": 2, "users": []}],
    "items": [{"level": 1, "start": "2026-11-16T08:00:00Z", "end": "2026-11-23T08:00:00Z"}],
}
PLAN = {
    "items": [
        {
            "step": "p1.created",
            "at": "2026-11-21T08:00:00+01:00",
            "deliveries": [
                {"recipient": "#payments", "channel": "slack", "reason": "channel of Payments"},
                {"recipient": "ana@example.com", "channel": "sms", "reason": "on call for Payments"},
            ],
        },
        {"step": "p1.r1.s2", "at": "2026-11-21T07:05:00Z", "deliveries": [], "skipped": "Payments has no manager"},
    ]
}


def test_plan_asks_for_the_instant_and_prints_each_delivery(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("POST", "/plan/", (200, PLAN))
    arguments = ("plan", "--service", "payments-api", "--severity", "SEV1", "--at", "2026-11-21T07:00:00Z", "--drill")
    result = tocsin(*arguments, "--scope", "Legal")
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[1:] == [
        "2026-11-21 07:00:00 UTC p1.created #payments slack channel of Payments",
        "2026-11-21 07:00:00 UTC p1.created ana@example.com sms on call for Payments",
        "2026-11-21 07:05:00 UTC p1.r1.s2 nobody Payments has no manager",
    ]
    assert product.requests[0].body == {
        "service_name": "payments-api",
        "severity": "SEV1_CRITICAL",
        "at": "2026-11-21T07:00:00Z",
        "impacted_scopes": ["Legal"],
        "drill": True,
    }
    assert json.loads(tocsin(*arguments, "--json").stdout) == PLAN


def test_oncall_names_the_people_of_each_team(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("GET", "/oncall/", (200, ON_CALL))
    lines = [" ".join(line.split()) for line in tocsin("oncall", "--at", "2026-11-21T07:00:00Z").stdout.splitlines()]
    assert lines[1:] == [
        "Payments ana@example.com 2026-11-23 08:00:00 UTC cy@example.com (away)",
        "Platform Team nobody",
    ]
    assert product.requests[0].query == {"at": "2026-11-21T07:00:00Z"}
    assert json.loads(tocsin("oncall", "--json").stdout) == ON_CALL


def test_oncall_of_one_team(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("GET", "/oncall/", (200, ON_CALL))
    assert tocsin("oncall", "--team", "platform team").exit_code == 0
    assert product.requests[0].query == {"team": "platform team"}
    product.on("GET", "/oncall/", (404, problem(404, "There is no team 'Legal'; there are: Payments")))
    unknown = tocsin("oncall", "--team", "Legal")
    assert (unknown.exit_code, unknown.stderr) == (1, "There is no team 'Legal'; there are: Payments\n")


def test_oncall_of_one_schedule_by_level(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("GET", "/schedules/Payments%20%2F%20Paris/on-call/", (200, SCHEDULE))
    lines = [" ".join(line.split()) for line in tocsin("oncall", "--schedule", "Payments / Paris").stdout.splitlines()]
    assert lines[1:] == ["1 ana@example.com 2026-11-23 08:00:00 UTC", "2 nobody"]
    assert tocsin("oncall", "--schedule", "a", "--team", "b").exit_code == 2


def test_oncall_of_the_real_product(running: Stack, tocsin: Tocsin) -> None:
    lines = [line.split() for line in tocsin("oncall", "--team", "SRE Core").stdout.splitlines()]
    assert lines[1][:3] == ["SRE", "Core", "ana@example.com"]
    levels = [line.split() for line in tocsin("oncall", "--schedule", "SRE Core on-call").stdout.splitlines()[1:]]
    assert levels[0][:2] == ["1", "ana@example.com"] and levels[1][1] in {"bo@example.com", "cy@example.com"}
    assert tocsin("oncall", "--schedule", "no such").exit_code == 1
