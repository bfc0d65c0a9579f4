"""Sentry: what each resource asks for."""

from typing import Any

import pytest

from api.formats import FORMATS
from domain.intake.signal import Action, Signal
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
