"""The history in sentences."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.catalogue import Catalogue
from domain.channels import ChannelName
from domain.climb import PlannedStep
from domain.events import Event, EventType
from domain.foresight.why import LedgerEntry, Past, policy_because, spoken, why
from domain.recipients import Delivery
from domain.severity import Severity
from tests.domain.foresight.house import ANA, BO, values

AT = datetime(2026, 11, 2, 3, 12, tzinfo=UTC)
HOUSE = Catalogue.model_validate(values())
POLICY = HOUSE.policies[0].rules


def past(**changes: object) -> Past:
    told = Past(
        short_id="INC-42",
        title="Slow",
        severity=Severity.SEV1_CRITICAL,
        service="redis",
        requested_service="redis",
        team="Core",
        source="grafana",
        created_at=AT,
        policy=POLICY,
        version=3,
        stopped_at=None,
    )
    return told._replace(**changes)  # type: ignore[arg-type]


def page(step: str, minutes: int, status: str = "sent", error: str | None = None) -> LedgerEntry:
    return LedgerEntry(step, ANA, "push", "on call for Core by core", status, error, AT + timedelta(minutes=minutes))


def step(name: str, minutes: int, *recipients: str, skipped: str | None = None) -> PlannedStep:
    deliveries = tuple(Delivery(recipient=who, channel=ChannelName.PUSH, reason="") for who in recipients)
    return PlannedStep(step=name, at=AT + timedelta(minutes=minutes), deliveries=deliveries, skipped=skipped)


def test_the_whole_history() -> None:
    planned = [
        step("p1.r1.s1", 0, ANA),
        step("p1.r1.s2", 5, skipped="only for SEV2"),
        step("p1.r1.s3", 30, BO),
        step("p1.r2.s3", 60, BO),
    ]
    acknowledged = Event(type=EventType.STATUS_CHANGE, message="Acknowledged", at=AT + timedelta(minutes=6), actor=ANA)
    told = why(past(stopped_at=acknowledged.at), HOUSE, [acknowledged], [page("p1.r1.s1", 0)], planned, "ladder")
    assert [sentence.text for sentence in told] == [
        "INC-42 “Slow” was opened by grafana: SEV1 of redis, which Core answers for.",
        "It climbs by the policy ladder (version 3), because the team Core has it.",
        f"{ANA} was told by push (step 1), because: on call for Core by core.",
        "Step 2 told nobody: only for SEV2.",
        f"Acknowledged ({ANA}).",
        f"That stopped the escalation: 2 more steps would have come, the first at 2026-11-02 03:42:00 UTC to {BO} "
        "(step 3).",
    ]


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        ("skipped", "called off", "was not told by push (step 1): called off"),
        ("failed", "no such device", "could not be told by push (step 1): no such device"),
        ("pending", None, "is being told by push (step 1)"),
        ("pending", "timed out", "the last attempt failed: timed out"),
        ("delivered", None, "was told by push (step 1)"),
    ],
)
def test_what_became_of_a_page(status: str, error: str | None, words: str) -> None:
    told = why(past(), HOUSE, [], [page("p1.r1.s1", 0, status, error)], [], "ladder")
    assert any(words in sentence.text for sentence in told)


def test_of_the_address_of_a_webhook_the_host_alone_is_said() -> None:
    address = "https://hooks.example.com/services/secret"
    told = page("p1.r1.s1", 0)._replace(recipient=address, channel="webhook")
    sentences = why(past(stopped_at=AT), HOUSE, [], [told], [step("p1.r1.s2", 5, address)], "ladder")
    texts = [sentence.text for sentence in sentences]
    assert sum("https://hooks.example.com/…" in text for text in texts) == 2
    assert not any("secret" in text for text in texts)


def test_a_policy_that_was_changed_or_is_gone_is_said() -> None:
    texts = [sentence.text for sentence in why(past(version=None), HOUSE, [], [], [], "ladder")]
    assert any("it has been changed since" in text for text in texts)
    gone = POLICY.model_copy(update={"name": "gone"})
    texts = [sentence.text for sentence in why(past(policy=gone, version=None), HOUSE, [], [], [], "ladder")]
    assert any("no longer in the catalogue" in text and "was given it" in text for text in texts)


@pytest.mark.parametrize(
    ("service", "team", "reason"),
    [
        ({"policies": {"SEV1_CRITICAL": "ladder"}}, {}, "the service redis has it for SEV1"),
        ({"policy": "ladder"}, {}, "the service redis has it"),
        ({}, {"policies": {"SEV1_CRITICAL": "ladder"}}, "the team Core has it for SEV1"),
        ({}, {"policy": "ladder"}, "the team Core has it"),
        ({}, {"policy": None}, "it is the default"),
    ],
)
def test_why_that_policy(service: dict[str, object], team: dict[str, object], reason: str) -> None:
    house = values()
    house["services"][0] |= service
    house["teams"][0] |= team
    catalogue = Catalogue.model_validate(house)
    severity = Severity.SEV1_CRITICAL
    assert policy_because(catalogue, catalogue.services[0], severity, "ladder", "other") == reason


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("p1.created", "the first message"),
        ("p1.r1.s2", "step 2"),
        ("p1.r3.s2", "step 2, round 3"),
        ("p2.r1.s1.120s", "step 1, generation 2, 120 s later by their own rules"),
        ("p1.persist2", "the reminder"),
        ("p1.owner", "the last resort"),
        ("resolved", "the end"),
        ("page1", "page1"),
    ],
)
def test_steps_are_spoken(name: str, words: str) -> None:
    assert spoken(name) == words
