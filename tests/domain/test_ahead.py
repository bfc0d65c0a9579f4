"""What is still to come of an open incident by itself."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from domain.ahead import fired_by_hand, over_by, passed_over, still_to_come
from domain.calls import Call
from domain.channels import ChannelName
from domain.climb import Climb, PlannedStep, Situation
from domain.commands import COMMAND
from domain.incident import Status
from domain.lifecycle import decide
from domain.policy import Manager, Persist, Policy
from domain.recipients import Delivery
from domain.routing import Route
from domain.severity import Severity
from tests.support.strategies import instants, situations
from tests.support.values import DIRECTORY, LADDER, NOON, an_incident

HOUR = timedelta(hours=1)
ACKNOWLEDGED: dict[str, Any] = {
    "status": Status.ACKNOWLEDGED,
    "acknowledged_at": NOON,
    "acknowledgements": ("dee@example.com",),
}
POLICY = LADDER.model_copy(
    update={
        "persist": (Persist(after_seconds=3600, targets=(Manager(channel=ChannelName.EMAIL),)),),
        "acknowledgement_timeout_seconds": 7200,
    }
)


def ahead(policy: Policy = POLICY, calls: tuple[Call, ...] = (), **facts: Any) -> list[PlannedStep]:
    climb = Climb(started_at=NOON, fired=("p1.created", "p1.r1.s1"))
    everybody = DIRECTORY.model_copy(update={"people": (*DIRECTORY.people, "bo@example.com", "cy@example.com")})
    return still_to_come(an_incident(**facts), policy, everybody, climb, calls=calls)


def test_while_triggered_it_is_the_rest_of_the_plan() -> None:
    assert [step.step for step in ahead()][:2] == ["p1.r1.s2", "p1.r1.s3"]


def test_while_acknowledged_it_persists_and_then_begins_again_when_the_acknowledgement_times_out() -> None:
    steps = ahead(**ACKNOWLEDGED)
    assert [(step.step, step.at - NOON) for step in steps[:3]] == [
        ("p1.persist1", HOUR),
        ("p2.created", 2 * HOUR),
        ("p2.r1.s1", 2 * HOUR),
    ]
    assert steps[0].deliveries[0].recipient == "dee@example.com", "whoever acknowledged is reminded, too"


def test_a_snooze_puts_everything_off() -> None:
    steps = ahead(**ACKNOWLEDGED, snoozed_until=NOON + 5 * HOUR)
    assert (steps[0].step, steps[0].at) == ("p2.created", NOON + 5 * HOUR)


def test_mitigated_and_resolved_nothing_comes() -> None:
    assert ahead(status=Status.MITIGATED) == ahead(status=Status.RESOLVED) == []


def test_mitigating_ends_the_snooze_of_before_and_it_may_be_snoozed_again() -> None:
    snoozed = an_incident(**ACKNOWLEDGED, snoozed_until=NOON + 5 * HOUR)
    mitigate = COMMAND.validate_python({"kind": "mitigate", "id": "1", "actor": "dee@example.com"})
    mitigated = snoozed.model_copy(update=decide(snoozed, mitigate, NOON + HOUR).changes)
    climb = Climb(started_at=NOON, fired=("p1.created", "p1.r1.s1"))
    assert still_to_come(mitigated, POLICY, DIRECTORY, climb) == []
    until = NOON + 9 * HOUR
    snooze = COMMAND.validate_python({"kind": "snooze", "id": "2", "actor": "dee@example.com", "until": until})
    again = mitigated.model_copy(update=decide(mitigated, snooze, NOON + 2 * HOUR).changes)
    assert still_to_come(again, POLICY, DIRECTORY, climb)[0].at == until


def test_who_was_asked_to_join_is_told_whatever_the_status_and_no_more_once_they_have_answered() -> None:
    call = Call(step="page1", at=NOON, people=("bo@example.com", "cy@example.com"), by="ana@example.com")
    responders = {"bo@example.com": "asked", "cy@example.com": "declined"}
    (step, *_) = ahead(**ACKNOWLEDGED, responders=responders, calls=(call,))
    assert step.step == "page1"
    assert [(one.recipient, one.reason) for one in step.deliveries] == [
        ("bo@example.com", "asked to join by ana@example.com")
    ]


def test_the_addresses_of_a_scope_that_was_added() -> None:
    (step, *_) = ahead(calls=(Call(step="p1.scope.Security", at=NOON, scope="Security"),))
    assert {one.recipient for one in step.deliveries} == {"ciso@example.com", "security@example.com"}


def test_the_addresses_of_a_scope_that_was_added_though_no_route_applies() -> None:
    route = Route(name="else", teams=("Else",), targets=(Manager(),))
    directory = DIRECTORY.model_copy(update={"routes": (route,)})
    call = Call(step="p1.scope.Legal", at=NOON, scope="Legal")
    climb = Climb(started_at=NOON, fired=("p1.created",))
    for severity, told in ((Severity.SEV3_MEDIUM, ["dpo@example.com"]), (Severity.SEV4_LOW, [])):
        (step,) = still_to_come(an_incident(severity=severity), LADDER, directory, climb, calls=(call,))
        assert [one.recipient for one in step.deliveries] == told


def a_step(name: str, *, follows: str | None = None, tells: bool = True) -> PlannedStep:
    told = (Delivery(recipient="bo@example.com", channel=ChannelName.SMS, reason="named"),) if tells else ()
    return PlannedStep(step=name, at=NOON, deliveries=told, follows=follows)


RUNGS = [
    a_step("s1"),
    a_step("s2", tells=False),
    a_step("s1.60s", follows="s1"),
    a_step("s3", tells=False),
    a_step("s4"),
    a_step("s3.60s", follows="s3"),
]
"""The second reaches nobody, the third tells by somebody's later rule only."""


def test_by_hand_comes_whoever_is_told_now_or_later_and_later_parts_of_what_has_fired_stay() -> None:
    assert [step.step for step in fired_by_hand(RUNGS, ["s1"])] == ["s3", "s4"]
    assert [step.step for step in passed_over(RUNGS, RUNGS[3], ["s1"])] == ["s2"]
    assert [step.step for step in passed_over(RUNGS, RUNGS[4], ["s1", "s3"])] == ["s2"]


@pytest.mark.parametrize(
    ("on_ledger", "over"),
    [
        ([], []),
        (["s1"], ["s1"]),
        (["s1", "s3"], ["s1", "s2", "s3"]),
        (["s1", "s1.60s", "s3"], ["s1", "s2", "s1.60s", "s3"]),
        (["s1", "s3", "s3.60s"], ["s1", "s2", "s3", "s3.60s"]),
        (["s4"], ["s1", "s2", "s1.60s", "s3", "s4", "s3.60s"]),
    ],
)
def test_what_is_over_by_the_ledger(on_ledger: list[str], over: list[str]) -> None:
    assert [step.step for step in over_by(RUNGS, on_ledger)] == over


def test_what_was_reassigned_begins_again_with_whoever_leads() -> None:
    climb = Climb(started_at=NOON, first_to="fay@example.com", fired=("p1.created", "p1.r1.s1"))
    told = []
    for lead in ("fay@example.com", "dee@example.com", None):
        steps = still_to_come(an_incident(**ACKNOWLEDGED, lead=lead), POLICY, DIRECTORY, climb)
        told.append(next(step for step in steps if step.step == "p2.created").deliveries[0].recipient)
    assert told == ["fay@example.com", "dee@example.com", "fay@example.com"]


@settings(max_examples=40)
@given(situations(), instants)
def test_times_never_fall_whatever_became_of_it(situation: Situation, at: datetime) -> None:
    for status in Status:
        for snoozed in (None, at):
            incident = an_incident(status=status, severity=situation.facts.severity, acknowledged_at=at).model_copy(
                update={"snoozed_until": snoozed}
            )
            steps = still_to_come(incident, situation.policy, situation.directory, situation.climb, now=at)
            assert steps == sorted(steps, key=lambda step: step.at)
            assert status is not Status.RESOLVED or not steps
