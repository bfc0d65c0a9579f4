"""`trigger`, `list`, `show`, `timeline`."""

import json

import pytest

from tests.cli.conftest import Tocsin
from tests.cli.support import FakeTocsin, Request, event, incident, page, problem


def test_trigger_sends_what_was_said_and_prints_the_incident(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("POST", "/incidents/", (201, incident()))
    result = tocsin(
        *("trigger", "Payments fail [urgent]", "--service", "payments-api", "--severity", "sev1"),
        *("--description", "500s", "--fingerprint", "f", "--label", "env=prod", "--label", "url=a=b"),
        *("--scope", "Security", "--scope", "PR", "--detected-at", "2026-11-21T08:00:00+01:00", "--time-scale", "30"),
    )
    assert (result.exit_code, result.stderr) == (0, "")
    assert "INC-42 declared: Payments fail [urgent]" in result.stdout
    assert "http://tocsin.test/incidents/INC-42" in result.stdout
    assert product.requests[0].token == "Bearer secret"
    assert product.requests[0].body == {
        "title": "Payments fail [urgent]",
        "service_name": "payments-api",
        "severity": "SEV1_CRITICAL",
        "description": "500s",
        "source": "cli",
        "fingerprint": "f",
        "labels": {"env": "prod", "url": "a=b"},
        "impacted_scopes": ["Security", "PR"],
        "detected_at": "2026-11-21T07:00:00Z",
        "drill": {"time_scale": 30.0},
    }


def test_trigger_says_when_the_incident_was_already_open(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("POST", "/incidents/", (200, incident(deduplicated=True)))
    result = tocsin("trigger", "x", "--service", "payments-api", "--severity", "SEV2_HIGH", "--drill")
    assert "INC-42 already open, 3 alerts" in result.stdout
    assert product.requests[0].body["drill"] is True


def test_trigger_prints_a_refusal_with_its_fields(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("POST", "/incidents/", (422, problem(422, "Correct the fields", impacted_scopes="no scope 'Nope'")))
    result = tocsin("trigger", "x", "--service", "s", "--severity", "1", "--scope", "Nope")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == "Correct the fields\n  impacted_scopes: no scope 'Nope'\n"


def test_list_passes_its_filters_and_prints_a_table(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("GET", "/incidents/", (200, page(incident(requested_service_name="pay"), next_cursor="abc")))
    result = tocsin(
        *("list", "--status", "triggered", "--severity", "SEV1", "--team", "Payments", "--label", "env=prod"),
        *("-q", "fail", "--since", "2026-11-21", "--no-drill", "--limit", "5"),
    )
    assert result.exit_code == 0
    assert "INC-42" in result.stdout
    assert "payments-api (pay)" in result.stdout
    assert "2026-11-21 07:30:00 UTC" in result.stdout
    assert "Payments fail [urgent]" in result.stdout
    assert "--cursor abc" in result.stdout
    assert product.requests[0].query == {
        "status": "TRIGGERED",
        "severity": "SEV1_CRITICAL",
        "team": "Payments",
        "label": "env=prod",
        "q": "fail",
        "since": "2026-11-21T00:00:00Z",
        "drill": "false",
        "limit": "5",
    }


def test_show_prints_the_facts(product: FakeTocsin, tocsin: Tocsin) -> None:
    acknowledged = incident(
        status="ACKNOWLEDGED", acknowledged_at="2026-11-21T07:31:00Z", acknowledged_by="ana@example.com"
    )
    product.on("GET", "/incidents/INC-42/", (200, acknowledged))
    result = tocsin("show", "inc-42")
    assert result.exit_code == 0
    assert "2026-11-21 07:31:00 UTC by ana@example.com" in result.stdout
    assert "env=prod" in result.stdout
    assert "war room" not in result.stdout


def test_timeline_reads_every_page_and_prints_utc(product: FakeTocsin, tocsin: Tocsin) -> None:
    def pages(request: Request) -> tuple[int, object]:
        if request.query.get("cursor") == "2":
            return 200, page(event(2, "NOTE", "second\nline"))
        return 200, page(event(1, "STATUS_CHANGE", "first"), next_cursor="2")

    product.on("GET", "/incidents/INC-42/events/", pages)
    result = tocsin("timeline", "INC-42")
    assert result.stdout.splitlines() == [
        "2026-11-21 07:30:01 UTC  STATUS_CHANGE           first",
        "2026-11-21 07:30:02 UTC  NOTE                    second line",
    ]
    assert len(json.loads(tocsin("timeline", "INC-42", "--json").stdout)["items"]) == 2


@pytest.mark.parametrize(
    ("arguments", "path", "answer"),
    [
        (("list",), "/incidents/", page(incident())),
        (("show", "INC-42"), "/incidents/INC-42/", incident()),
        (("timeline", "INC-42"), "/incidents/INC-42/events/", page(event(1, "NOTE", "ünï"))),
    ],
)
def test_json_is_what_the_api_answered(
    product: FakeTocsin, tocsin: Tocsin, arguments: tuple[str, ...], path: str, answer: object
) -> None:
    product.on("GET", path, (200, answer))
    result = tocsin(*arguments, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == answer


@pytest.mark.parametrize(
    "arguments",
    [
        ("show",),
        ("show", "42"),
        ("nonsense",),
        ("list", "--since", "yesterday"),
        ("list", "--limit", "501"),
        ("list", "--label", "env"),
        ("trigger", "x", "--service", "s"),
        ("trigger", "x", "--service", "s", "--severity", "SEV9"),
        ("trigger", "x", "--service", "s", "--severity", "SEV1", "--label", "=x"),
        ("trigger", "x", "--service", "s", "--severity", "SEV1", "--time-scale", "0"),
    ],
)
def test_wrong_usage_is_status_2_and_asks_nobody(
    product: FakeTocsin, tocsin: Tocsin, arguments: tuple[str, ...]
) -> None:
    assert tocsin(*arguments).exit_code == 2
    assert product.requests == []
