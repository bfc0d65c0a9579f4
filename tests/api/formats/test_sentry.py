"""Sentry: what each resource asks for."""

from typing import Any

import pytest

from api.formats import FORMATS
from domain.intake.rule import Rule
from domain.intake.signal import Action, Signal
from domain.intake.source import Source
from domain.intake.verdict import facts_of
from gateway.intake.expressions import TOOLS
from tests.api.formats import golden


def _issue(**fields: Any) -> Signal:
    return FORMATS["sentry"](golden.body("sentry", "issue_created") | fields, {})[0]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("created", Action.TRIGGER),
        ("unresolved", Action.TRIGGER),
        ("resolved", Action.RESOLVE),
        ("ignored", Action.NOTE),
        ("archived", Action.NOTE),
        ("assigned", Action.NOTE),
        (None, Action.TRIGGER),
    ],
)
def test_what_happens_to_an_issue(action: Any, expected: Action) -> None:
    assert _issue(action=action).action is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [("resolved", Action.RESOLVE), ("ignored", Action.NOTE), ("unresolved", Action.TRIGGER), (None, Action.TRIGGER)],
)
def test_an_alert_on_an_issues_activity_says_how_the_issue_stands(status: Any, expected: Action) -> None:
    issue = golden.body("sentry", "issue_created")["data"]["issue"] | {"status": status}
    assert _issue(action="triggered", data={"issue": issue}).action is expected


@pytest.mark.parametrize("case", ["event_alert", "issue_created", "plugin"])
@pytest.mark.parametrize(
    ("level", "severity"),
    [("fatal", "SEV1"), ("error", "SEV3"), ("warning", "SEV3"), ("info", "SEV3"), ("debug", "SEV4")],
)
def test_a_level_is_no_severity_of_an_alert(case: str, level: str, severity: str) -> None:
    body = golden.body("sentry", case)
    for holder in (body, body.get("event"), body.get("data", {}).get("event"), body.get("data", {}).get("issue")):
        if holder and "level" in holder:
            holder["level"] = level
    (signal,) = FORMATS["sentry"](body, {})
    assert (signal.severity, golden.said(signal)["severity"]) == (level, severity)


def test_a_metric_alert_has_the_severity_that_somebody_gave_it() -> None:
    body = golden.body("sentry", "metric_critical")
    said = [
        golden.said(FORMATS["sentry"](body | {"action": word}, {})[0])["severity"] for word in ("critical", "warning")
    ]
    assert said == ["SEV1", "SEV2"]


@pytest.mark.parametrize(
    ("case", "holds"),
    [
        ("issue_created", True),
        ("issue_resolved", False),
        ("event_alert", False),
        ("metric_critical", False),
        ("plugin", False),
    ],
)
def test_the_rule_of_the_docs_finds_issues_that_no_alert_rule_has_seen(case: str, holds: bool) -> None:
    rule = Rule(name="r", when='"action" in raw && raw.action == "created"')
    facts = facts_of(golden.read("sentry", case)[0], Source(name="sentry", kind="sentry"))
    assert rule.holds(facts, TOOLS.evaluate) is holds


def test_the_event_and_its_issue_meet() -> None:
    names = ("event_alert", "issue_created", "issue_resolved", "issue_archived", "comment", "plugin")
    assert len({golden.read("sentry", name)[0].identity for name in names}) == 1


def test_a_metric_alert_and_its_end_meet() -> None:
    critical, over = golden.read("sentry", "metric_critical")[0], golden.read("sentry", "metric_resolved")[0]
    assert critical.identity == over.identity and critical.started_at == over.started_at


@pytest.mark.parametrize(("action", "word"), [("critical", "critical"), ("warning", "warning"), ("resolved", None)])
def test_the_severity_of_a_metric_alert(action: str, word: str | None) -> None:
    assert FORMATS["sentry"](golden.body("sentry", "metric_critical") | {"action": action}, {})[0].severity == word


@pytest.mark.parametrize(("kind", "case"), [pair for pair in golden.ALL if pair[0] == "sentry"], ids=str)
@pytest.mark.parametrize("header", ["event_alert", "metric_alert", "issue", "error", "comment", "new", ""])
def test_the_body_says_what_it_is_whatever_the_header_says(kind: str, case: str, header: str) -> None:
    assert golden.read(kind, case, {"sentry-hook-resource": header}) == golden.read(kind, case)


def test_the_header_helps_where_the_body_does_not_tell() -> None:
    body = {"action": "resolved", "data": {"description_text": "1000 events"}}
    (signal,) = FORMATS["sentry"](body, {"sentry-hook-resource": "metric_alert"})
    assert (signal.action, signal.description) == (Action.RESOLVE, "1000 events")


@pytest.mark.parametrize("headers", [{"sentry-hook-resource": "installation"}, {}])
def test_an_installation_is_no_alert(headers: dict[str, str]) -> None:
    body = {"action": "created", "data": {"installation": {"uuid": "a8e5d37a", "status": "installed"}}}
    assert FORMATS["sentry"](body, headers) == []


def test_a_tag_names_the_service_before_the_project_does() -> None:
    body = golden.body("sentry", "event_alert")
    body["data"]["event"]["tags"].append(["service", "checkout"])
    assert golden.said(FORMATS["sentry"](body, {})[0])["service"] == "checkout"
