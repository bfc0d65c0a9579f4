"""PagerDuty's events: what is refused, in its own words, and what is made of the others."""

from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from api.formats import Unreadable, pagerduty
from domain.intake.signal import Action
from tests.api.formats import golden
from tests.api.formats.test_garbled import JSON

KEY = "0123456789abcdef0123456789abcdef"


def _event(payload: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    body: dict[str, Any] = golden.body("pagerduty", "trigger") | fields
    if payload is not None:
        body["payload"] = body["payload"] | payload
    return body


CHANGE: dict[str, Any] = {
    "routing_key": KEY,
    "payload": {
        "summary": "shop 2.4.1 deployed",
        "timestamp": "2026-11-21T05:30:00Z",
        "source": "ci",
        "custom_details": {"build": 17, "by": {"name": "Jo"}},
    },
    "links": [{"href": "https://ci.example/17", "text": "Build"}, {"href": "javascript:alert(1)", "text": "No"}],
}


@pytest.mark.parametrize("case", sorted({case for kind, case in golden.ALL if kind == "pagerduty"}))
def test_golden_events_are_taken(case: str) -> None:
    assert pagerduty.errors_of(golden.body("pagerduty", case)) == []


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (_event(routing_key=None), "'routing_key' is missing or blank"),
        (_event(routing_key="short"), "Length of 'routing_key' is incorrect (should be 32 characters)"),
        (_event(routing_key=32), "Length of 'routing_key' is incorrect (should be 32 characters)"),
        (_event(event_action=""), "'event_action' is missing or blank"),
        (
            _event(event_action="close"),
            "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
        ),
        (
            _event(event_action=["trigger"]),
            "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
        ),
        (_event(event_action="resolve", dedup_key=None), "'dedup_key' is missing or blank"),
        (_event(event_action="acknowledge", dedup_key=" "), "'dedup_key' is missing or blank"),
        (_event(dedup_key="k" * 256), "Length of 'dedup_key' is incorrect (should be at most 255 characters)"),
        (_event(dedup_key=7), "'dedup_key' must be a string"),
        (_event() | {"payload": None}, "'payload' is missing or blank"),
        (_event() | {"payload": "text"}, "'payload' must be an object"),
        (_event({"summary": None}), "'payload.summary' is missing or blank"),
        (_event({"summary": {}}), "'payload.summary' must be a string"),
        (
            _event({"summary": "s" * 1025}),
            "Length of 'payload.summary' is incorrect (should be at most 1024 characters)",
        ),
        (_event({"source": ""}), "'payload.source' is missing or blank"),
        (_event({"source": []}), "'payload.source' must be a string"),
        (_event({"severity": None}), "'payload.severity' is missing or blank"),
        (
            _event({"severity": "Critical"}),
            "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
        ),
        ([], "Event must be a JSON object"),
    ],
)
def test_what_is_wrong_with_an_event(event: Any, error: str) -> None:
    assert pagerduty.errors_of(event) == [error]


@pytest.mark.parametrize(
    "event",
    [
        _event(dedup_key=None),
        _event(dedup_key="k" * 255),
        _event({"summary": "s" * 1024}),
        _event({"custom_details": "a text", "timestamp": "never", "component": 7}),
        _event(links="none", images=[None], client=3),
        {"routing_key": KEY, "event_action": "resolve", "dedup_key": "k", "payload": "whatever"},
    ],
)
def test_these_are_taken(event: dict[str, Any]) -> None:
    assert pagerduty.errors_of(event) == []
    assert pagerduty.enqueue(event).title


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert len(pagerduty.errors_of({})) == 2
    assert len(pagerduty.errors_of({"event_action": "trigger", "payload": {}})) == 4


def test_the_start_of_an_event_does_not_tell_episodes_apart() -> None:
    signal = pagerduty.enqueue(_event())
    assert signal.detected_at is not None and signal.started_at is None


def test_the_routing_key_is_not_kept() -> None:
    assert KEY not in pagerduty.enqueue(_event()).model_dump_json()
    assert KEY not in pagerduty.change(CHANGE).model_dump_json()


def test_details_may_be_a_text() -> None:
    assert pagerduty.enqueue(_event({"custom_details": "look here"})).description == "look here"


def test_what_alertmanager_sends() -> None:
    details = {"firing": "Labels:\n - alertname = A\n", "num_firing": "1", "num_resolved": "0", "resolved": ""}
    signal = pagerduty.enqueue(_event({"custom_details": details}))
    assert signal.labels["num_firing"] == "1" and "firing" not in signal.labels
    assert "alertname = A" in signal.description


def test_an_acknowledgement_needs_no_payload() -> None:
    signal = pagerduty.enqueue(golden.body("pagerduty", "acknowledge") | {"client": "console"})
    assert (signal.action, signal.fingerprint, signal.actor) == (Action.ACKNOWLEDGE, "samplekeyhere", "console")


def test_a_change() -> None:
    assert pagerduty.errors_of_change(CHANGE) == []
    change = pagerduty.change(CHANGE)
    assert change.model_dump(mode="json", exclude={"raw"}) == {
        "summary": "shop 2.4.1 deployed",
        "source": "ci",
        "timestamp": "2026-11-21T05:30:00Z",
        "custom_details": {"build": 17, "by": {"name": "Jo"}},
        "links": [{"href": "https://ci.example/17", "text": "Build"}],
    }
    with pytest.raises(ValidationError):
        change.summary = "another"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("event", "errors"),
    [
        ({}, ["'routing_key' is missing or blank", "'payload' is missing or blank"]),
        (CHANGE | {"payload": []}, ["'payload' must be an object"]),
        (CHANGE | {"payload": {"source": "ci"}}, ["'payload.summary' is missing or blank"]),
        (CHANGE | {"routing_key": "x"}, ["Length of 'routing_key' is incorrect (should be 32 characters)"]),
        (None, ["Event must be a JSON object"]),
    ],
)
def test_what_is_wrong_with_a_change(event: Any, errors: list[str]) -> None:
    assert pagerduty.errors_of_change(event) == errors


@given(body=JSON)
def test_arbitrary_json(body: Any) -> None:
    assert all(pagerduty.errors_of(body) or ["taken"]) and all(pagerduty.errors_of_change(body) or ["taken"])
    for read in (pagerduty.enqueue, pagerduty.change):
        try:
            assert read(body).model_dump_json()
        except Unreadable:
            continue
