"""A dead-man's switch: when it is due, what it is called, what it reports."""

from datetime import timedelta
from uuid import uuid4

import pytest

from domain.intake.heartbeat import Standing, Switch, is_report, missing, reporting, returned, span
from domain.intake.signal import Action
from domain.intake.source import Source, SourceSettings, Threshold
from domain.severity import Severity
from tests.support.values import NOON


def a_switch(**changes: object) -> Switch:
    values = {"source_id": uuid4(), "source": "backup", "period_seconds": 300, "last_ping_at": NOON}
    return Switch.model_validate(values | changes)


def a_source(**settings: object) -> Source:
    return Source(id=uuid4(), name="backup", kind="generic", settings=SourceSettings.model_validate(settings))


def test_it_runs_out_after_period_and_grace_and_not_before() -> None:
    switch = a_switch(grace_seconds=60)
    due = NOON + timedelta(minutes=6)
    assert switch.due_at == due
    assert switch.standing(due - timedelta(microseconds=1)) is Standing.OK
    assert switch.standing(due) is Standing.MISSING


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (1, "1 s"), (90, "1 min 30 s"), (300, "5 min"), (5400, "1 h 30 min"), (90_000, "1 d 1 h")],
)
def test_lengths_of_time_in_words(seconds: int, words: str) -> None:
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("settings", "service"),
    [
        ({"service_name": "redis-prod", "owner_service": "backups"}, "redis-prod"),
        ({"owner_service": "backups"}, "backups"),
        ({}, "Unknown/Triage"),
    ],
)
def test_the_service_is_the_fixed_one_else_the_owner_else_unknown(settings: dict[str, object], service: str) -> None:
    signal = missing(a_switch(), a_source(**settings), NOON, "Unknown/Triage")
    assert signal.service_name == service
    assert signal.severity == Severity.SEV2_HIGH


def test_trigger_and_resolve_are_one_alert() -> None:
    source = a_source()
    trigger, resolve = missing(a_switch(), source, NOON, "Unknown/Triage"), returned(source, "Pings have returned")
    assert (trigger.action, resolve.action) == (Action.TRIGGER, Action.RESOLVE)
    assert trigger.identity == resolve.identity
    assert trigger.title == "No heartbeat from backup for 5 min"
    assert trigger.description == (
        "The last ping came at 2026-11-21 12:00:00 UTC; the next one was due by 2026-11-21 12:05:00 UTC."
    )


def test_a_return_always_resolves_and_no_threshold_holds_a_missing_heartbeat() -> None:
    source = a_source(threshold=Threshold(count=5, seconds=60), resolve_delay_seconds=30, service_name="redis-prod")
    treated = reporting(source)
    assert treated.settings.auto_resolve and treated.settings.threshold is None
    assert (treated.settings.resolve_delay_seconds, treated.settings.service_name) == (30, "redis-prod")
    assert treated.id == source.id


def test_what_it_reports_is_told_from_what_senders_say() -> None:
    source = a_source()
    report = missing(a_switch(), source, NOON, "Unknown/Triage")
    kept = type(report).model_validate(report.model_dump(mode="json"))
    assert is_report(report) and is_report(kept) and is_report(returned(source, "Pings have returned"))
    assert not is_report(report.model_copy(update={"raw": {"fingerprint": "heartbeat"}}))
    assert not is_report(report.model_copy(update={"fingerprint": "another"}))
    assert not is_report(report.model_copy(update={"labels": {}}))
