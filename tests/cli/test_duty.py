"""`plan` and `oncall`."""

import json

from tests.cli.conftest import Tocsin
from tests.cli.support import FakeTocsin, page

TEAMS = page(
    {"id": "1", "name": "Payments", "slug": "payments", "channel": "#payments", "on_call": "ana@example.com"},
    {"id": "2", "name": "Platform Team", "slug": "platform", "channel": "#platform", "on_call": None},
)
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


def test_oncall_names_the_person_of_each_team(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("GET", "/teams/", (200, TEAMS))
    lines = [line.split() for line in tocsin("oncall", "--at", "2026-11-21T07:00:00Z").stdout.splitlines()]
    assert lines[1:] == [["Payments", "ana@example.com"], ["Platform", "Team", "nobody"]]
    assert json.loads(tocsin("oncall", "--json").stdout) == TEAMS


def test_oncall_of_one_team_by_name_or_slug(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("GET", "/teams/", (200, TEAMS))
    for name in ("platform team", "PLATFORM"):
        answer = json.loads(tocsin("oncall", "--team", name, "--json").stdout)
        assert [team["slug"] for team in answer["items"]] == ["platform"]
    unknown = tocsin("oncall", "--team", "Legal")
    assert (unknown.exit_code, unknown.stderr) == (
        1,
        "there is no team 'Legal'; there are: Payments, Platform Team\n",
    )
