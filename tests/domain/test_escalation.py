"""The laws of the plan. The workflow climbs by it and the API previews with it."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain import escalation
from domain.channels import ChannelName
from domain.climb import Climb, PlannedStep, Situation, delivery_id
from domain.condition import Condition
from domain.directory import Directory
from domain.person import PersonalRule, Reach
from domain.policy import AssignRole, Manager, OnCall, Policy, ResolveIt, Step, Title, WorkingHours
from domain.routing import Route
from domain.severity import Severity
from domain.target import People
from tests.support.strategies import policies, situations
from tests.support.values import DIRECTORY, LADDER, NOON, a_situation

SEV1, SEV2, SEV3, SEV4 = Severity
few = settings(max_examples=50)
"""A situation is a whole organisation: to make one up takes a while."""


def minutes(steps: Iterable[PlannedStep]) -> list[float]:
    return [(step.at - NOON).total_seconds() / 60 for step in steps]


def told(step: PlannedStep) -> list[tuple[str, str]]:
    return [(delivery.recipient, delivery.channel.value) for delivery in step.deliveries]


def the_plan(severity: Severity = SEV1, policy: Policy = LADDER, directory: Directory = DIRECTORY) -> list[PlannedStep]:
    return escalation.plan(a_situation(policy, directory, severity))


def test_the_default_ladder_is_told_at_0_5_15_30_and_60_minutes_and_then_repeats_its_last_rung() -> None:
    steps = the_plan()
    assert [step.step for step in steps] == [
        "p1.created", "p1.r1.s1", "p1.r1.s2", "p1.r1.s3", "p1.r1.s4", "p1.r1.s5", "p1.r2.s5", "p1.r3.s5",
    ]  # fmt: skip
    assert minutes(steps) == [0, 0, 5, 15, 30, 60, 90, 120]
    assert [told(step) for step in steps[1:]] == [
        [("ana@example.com", "slack")],
        [("ana@example.com", "slack"), ("#sre-core", "slack")],
        [("ana@example.com", "sms")],
        [("dee@example.com", "email")],
        *[[("fay@example.com", "email")]] * 3,
    ]


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        (SEV1, [("ana@example.com", "sms"), ("ana@example.com", "email"), ("#sre-core", "slack")]),
        (SEV2, [("#sre-core", "slack"), ("ana@example.com", "email")]),
        (SEV3, [("#sre-core", "slack")]),
        (SEV4, []),
    ],
)
def test_the_broadcast_of_each_severity(severity: Severity, expected: list[tuple[str, str]]) -> None:
    steps = the_plan(severity)
    assert told(steps[0]) == expected
    assert (len(steps) > 1) == severity.climbs


def test_scopes_are_told_by_mail_and_sev4_tells_nobody() -> None:
    broadcast = escalation.broadcast(a_situation(severity=SEV3, scopes=("Security", "Unheard of")))
    assert [d.recipient for d in broadcast] == ["#sre-core", "ciso@example.com", "security@example.com"]
    assert escalation.broadcast(a_situation(severity=SEV4, scopes=("Security",))) == []


@pytest.mark.parametrize(("asks_for", "told_of"), [(SEV1, (SEV1, SEV2, SEV3)), (SEV4, (SEV1, SEV2, SEV3, SEV4))])
def test_scopes_are_told_though_no_route_applies_and_of_sev4_when_one_does(
    asks_for: Severity, told_of: tuple[Severity, ...]
) -> None:
    """REQUIREMENTS R-D-05, R-B-14."""
    route = Route(name="one", when=Condition(severities=(asks_for,)), targets=(Title(title="Pope"),))
    directory = DIRECTORY.model_copy(update={"routes": (route,)})
    for severity in Severity:
        told = escalation.broadcast(a_situation(LADDER, directory, severity, scopes=("Legal",)))
        assert [one.recipient for one in told] == (["dpo@example.com"] if severity in told_of else [])


@few
@given(situations())
def test_times_never_fall_and_nothing_is_due_before_the_start(situation: Situation) -> None:
    steps = escalation.plan(situation)
    assert all(earlier.at <= later.at for earlier, later in pairwise(steps))
    assert steps[0].at == situation.climb.started_at


@few
@given(situations())
def test_step_names_are_unique_and_belong_to_their_generation(situation: Situation) -> None:
    names = [step.step for step in escalation.plan(situation)]
    assert len(set(names)) == len(names)
    assert all(name.startswith(f"p{situation.climb.generation}.") for name in names)


@few
@given(situations())
def test_nobody_is_told_twice_by_one_channel_in_a_step(situation: Situation) -> None:
    for step in escalation.plan(situation):
        assert len(set(told(step))) == len(step.deliveries)


@few
@given(situations())
def test_nobody_is_told_twice_by_one_channel_in_a_step_and_its_later_parts(situation: Situation) -> None:
    parts: dict[str, list[tuple[str, str]]] = {}
    for step in escalation.plan(situation):
        parts.setdefault(step.follows or step.step, []).extend(told(step))
    assert all(len(set(whole)) == len(whole) for whole in parts.values())


@few
@given(situations())
def test_whoever_has_acknowledged_is_not_told(situation: Situation) -> None:
    steps = escalation.plan(situation)
    roles = [step.step for step in steps if step.action == "assign_role"]
    paged = {d.recipient for step in steps if step.step not in roles for d in step.deliveries}
    assert not paged & set(situation.facts.acknowledged)


@few
@given(situations())
def test_nobody_is_told_while_away(situation: Situation) -> None:
    """Later parts belong to the instant of their step: who was there then is told."""
    steps = {step.step: step for step in escalation.plan(situation)}
    scoped = {address for told in situation.directory.scope_emails.values() for address in told}
    scoped |= {address for target in situation.policy.targets() for address in getattr(target, "addresses", ())}
    for step in steps.values():
        at = steps[step.follows].at if step.follows else step.at
        for delivery in step.deliveries:
            is_away = situation.directory.reach_of(delivery.recipient).away_until(at) is not None
            assert not is_away or delivery.recipient in scoped


@few
@given(situations())
def test_every_delivery_has_its_reason_and_every_rung_without_one_says_why(situation: Situation) -> None:
    for step in escalation.ladder(situation):
        assert all(delivery.reason for delivery in step.deliveries)
        assert step.deliveries or step.action or step.skipped
        assert not (step.deliveries and step.skipped)


@few
@given(situations(), st.data())
def test_remaining_and_fired_are_a_partition_in_order(situation: Situation, data: st.DataObject) -> None:
    steps = escalation.plan(situation)
    fired = data.draw(st.sets(st.sampled_from([step.step for step in steps])))
    left = escalation.remaining(steps, fired)
    assert [step for step in steps if step in left] == left
    assert {step.step for step in left} | fired == {step.step for step in steps}
    assert not {step.step for step in left} & fired


@few
@given(situations())
def test_passed_is_everything_up_to_the_last_step_on_the_ledger(situation: Situation) -> None:
    steps = escalation.plan(situation)
    names = tuple(step.step for step in steps)
    for number, name in enumerate(names, start=1):
        assert escalation.passed(steps, [name, "resolved", "p1.links"]) == names[:number]
    assert escalation.passed(steps, []) == ()


@few
@given(situations())
def test_climbing_by_the_plan_never_changes_the_plan(situation: Situation) -> None:
    """What the preview says before is what the workflow, which asks anew after each step, does."""
    steps = escalation.plan(situation)
    for number in range(len(steps) + 1):
        climbed = situation._replace(climb=situation.climb.after(*steps[:number]))
        again = escalation.plan(climbed)
        assert again == steps
        assert escalation.remaining(again, climbed.climb.fired) == steps[number:]


@few
@given(situations())
def test_a_step_that_fires_late_keeps_whom_it_told_and_the_others_keep_their_times(situation: Situation) -> None:
    steps = escalation.plan(situation)
    late = [(step, step.at + timedelta(milliseconds=3)) for step in steps]
    climb = situation.climb
    for step, at in late:
        climb = climb.after(step, at=at)
    again = {step.step: step for step in escalation.plan(situation._replace(climb=climb))}
    assert [again[step.step].at for step, _ in late if not step.follows] == [
        step.at for step, _ in late if not step.follows
    ]


@few
@given(situations(plain=True))
def test_no_rung_comes_later_than_the_policy_says(situation: Situation) -> None:
    started_at = situation.climb.started_at
    ladder = [step for step in escalation.ladder(situation) if not step.follows]
    for planned, rung in zip(ladder, situation.policy.steps, strict=False):
        assert planned.at <= started_at + timedelta(seconds=rung.after_seconds)


def test_what_follows_an_empty_rung_takes_its_time() -> None:
    steps = the_plan(directory=DIRECTORY.model_copy(update={"manager": None}))
    assert steps[4].skipped == "SRE Core has no manager"
    assert minutes(steps) == [0, 0, 5, 15, 30, 30, 60, 90]


def test_a_ladder_that_reaches_nobody_has_no_rounds() -> None:
    steps = the_plan(directory=Directory(team="Nobody"))
    assert [step.step for step in steps][-1] == "p1.r1.s5"
    assert not any(step.deliveries for step in steps)


def test_the_last_rung_that_reaches_anybody_is_repeated() -> None:
    steps = the_plan(directory=DIRECTORY.model_copy(update={"titles": {}}))
    assert [step.step for step in steps][-2:] == ["p1.r2.s4", "p1.r3.s4"]


@few
@given(situations())
def test_no_round_is_beyond_the_limit(situation: Situation) -> None:
    rungs = [step.step.split(".") for step in escalation.ladder(situation) if ".r" in step.step]
    assert {int(name[1][1:]) for name in rungs} <= set(range(1, situation.policy.max_rounds + 1))


@few
@given(situations(plain=True))
def test_a_policy_that_reaches_somebody_has_all_its_rounds(situation: Situation) -> None:
    steps = escalation.ladder(situation)
    rounds = {int(step.step.split(".")[1][1:]) for step in steps if ".r" in step.step}
    reaches = any(step.deliveries for step in steps if ".r" in step.step)
    assert rounds == set(range(1, situation.policy.max_rounds + 1 if reaches else 2))


@few
@given(situations(plain=True), st.sampled_from((2.0, 60.0, 3600.0)))
def test_a_drill_divides_every_delay(situation: Situation, scale: float) -> None:
    """Of a directory that is the same at every instant: whoever is on call is so in real time."""
    real = escalation.ladder(situation._replace(climb=Climb(started_at=NOON)))
    drill = escalation.ladder(situation._replace(climb=Climb(started_at=NOON, time_scale=scale)))
    for slow, quick in zip(real, drill, strict=True):
        assert (slow.step, slow.deliveries) == (quick.step, quick.deliveries)
        assert (quick.at - NOON).total_seconds() == pytest.approx((slow.at - NOON).total_seconds() / scale, abs=1e-5)


@few
@given(situations(plain=True), st.floats(0, 10_000))
def test_a_manual_escalation_brings_the_next_step_forward_and_keeps_the_distances(
    situation: Situation, elapsed: float
) -> None:
    climb = situation.climb.model_copy(update={"advance_seconds": 0})
    now = climb.started_at + timedelta(seconds=elapsed / climb.time_scale)
    coming = [step for step in escalation.ladder(situation._replace(climb=climb)) if step.at >= now]
    assume(coming)
    forward = situation._replace(climb=escalation.brought_forward(climb, coming[0], now))
    after = {step.step: step for step in escalation.ladder(forward)}
    assert abs((after[coming[0].step].at - now).total_seconds()) < 1e-3
    for one, next_one in pairwise(coming):
        assert (after[next_one.step].at - after[one.step].at).total_seconds() == pytest.approx(
            (next_one.at - one.at).total_seconds(), abs=1e-3
        )


def test_delivery_ids_are_the_same_for_the_same_page_and_different_for_others() -> None:
    incident, other = uuid4(), uuid4()
    pages = [
        (incident, "p1.created", "ana@example.com", "sms"),
        (incident, "p1.created", "ana@example.com", "email"),
        (incident, "p1.created", "bo@example.com", "sms"),
        (incident, "p1.r1.s1", "ana@example.com", "sms"),
        (other, "p1.created", "ana@example.com", "sms"),
    ]
    assert len({delivery_id(*page) for page in pages}) == len(pages)
    assert delivery_id(*pages[0]) == delivery_id(*pages[0])


def test_a_policy_whose_times_fall_is_refused() -> None:
    rungs = [Step(after_seconds=s, targets=(OnCall(channel=ChannelName.SMS),)) for s in (60, 30)]
    with pytest.raises(ValueError, match="step 2 comes before step 1"):
        Policy(name="backwards", steps=tuple(rungs))


@given(policies(plain=True), st.floats(0.1, 1000))
def test_the_fast_profile_gives_every_level_the_same_time(policy: Policy, timeout: float) -> None:
    from domain.policy import fast

    quick = fast(policy, timeout)
    step = max(1, round(timeout))
    assert [rung.after_seconds for rung in quick.steps] == [step * n for n in range(len(policy.steps))]
    same = [rung.model_copy(update={"after_seconds": 0}) for rung in policy.steps]
    assert [rung.model_copy(update={"after_seconds": 0}) for rung in quick.steps] == same
    assert quick.repeat_seconds == step


def test_a_manager_who_is_also_on_call_is_told_once() -> None:
    policy = Policy(
        name="both",
        steps=(Step(after_seconds=0, targets=(OnCall(channel=ChannelName.SMS), Manager(channel=ChannelName.SMS))),),
    )
    directory = DIRECTORY.model_copy(update={"manager": "ana@example.com"})
    assert told(the_plan(policy=policy, directory=directory)[1]) == [("ana@example.com", "sms")]


def of_moments(steps: Iterable[PlannedStep]) -> list[tuple[str, float]]:
    return [(step.step, minutes([step])[0]) for step in steps]


def test_whoever_is_named_to_take_it_is_told_first_and_the_rounds_go_on_without_the_owner() -> None:
    policy = Policy(name="flat", owner="fay@example.com", steps=LADDER.steps[:1], repeat_seconds=600, max_rounds=2)
    situation = a_situation(policy, DIRECTORY.model_copy(update={"owner": "fay@example.com"}))
    climb = situation.climb.model_copy(update={"first_to": "dee@example.com"})
    steps = [step for step in escalation.plan(situation._replace(climb=climb)) if step.deliveries]
    assert of_moments(steps) == [("p1.created", 0), ("p1.r2.s1", 10)]
    assert [told(step)[0][0] for step in steps] == ["dee@example.com", "ana@example.com"]


def test_a_manual_escalation_of_what_waits_keeps_the_distances() -> None:
    hours = WorkingHours(weekdays=("mon",), from_="09:00", until="17:00", severities=(SEV2,))
    policy = LADDER.model_copy(update={"working_hours": hours})
    situation = a_situation(policy, DIRECTORY, SEV2)
    (first, *_) = escalation.ladder(situation)
    assert first.at > NOON + timedelta(days=1)
    climb = escalation.brought_forward(situation.climb, first, NOON + timedelta(minutes=1))
    assert of_moments(escalation.ladder(situation._replace(climb=climb)))[:4] == [
        ("p1.r1.s1", 1),
        ("p1.r1.s2", 6),
        ("p1.r1.s3", 16),
        ("p1.r1.s4", 31),
    ]


def test_a_step_that_has_told_somebody_keeps_the_owner_out_of_it_when_nobody_answers_any_more() -> None:
    situation = a_situation(LADDER, DIRECTORY.model_copy(update={"owner": "fay@example.com"}))
    steps = escalation.plan(situation)
    nobody = Directory(team="SRE Core", owner="fay@example.com", people=("fay@example.com",))
    climb = situation.climb.after(*steps)
    assert "p1.owner" not in [step.step for step in escalation.plan(situation._replace(climb=climb, directory=nobody))]
    fresh = situation._replace(directory=nobody)
    assert "p1.owner" in [step.step for step in escalation.plan(fresh)]


def test_routes_leave_the_delays_of_peoples_own_rules() -> None:
    rules = (PersonalRule(channel=ChannelName.PUSH), PersonalRule(after_seconds=120, channel=ChannelName.PHONE))
    directory = DIRECTORY.model_copy(
        update={
            "routes": (Route(name="all", targets=(OnCall(),)),),
            "reach": {"ana@example.com": Reach(notification_rules=rules)},
        }
    )
    created, later, *_ = [step for step in the_plan(directory=directory) if step.step.startswith("p1.created")]
    assert (told(created), minutes([created])) == ([("ana@example.com", "push")], [0])
    assert (later.step, told(later), minutes([later])) == ("p1.created.120s", [("ana@example.com", "phone")], [2])


def test_a_role_is_given_to_the_first_person_named_however_late_they_want_to_be_told() -> None:
    late = Reach(notification_rules=(PersonalRule(after_seconds=300, channel=ChannelName.PUSH),))
    directory = DIRECTORY.model_copy(update={"reach": {"ana@example.com": late}})
    rung = AssignRole(after_seconds=0, role="commander", to=People(emails=("ana@example.com", "dee@example.com")))
    (step, *_) = escalation.ladder(a_situation(Policy(name="roles", steps=(rung,)), directory))
    assert (told(step)[0][0], step.detail) == ("ana@example.com", "commander")


def test_an_empty_rung_does_not_bring_the_end_of_the_incident_forward() -> None:
    rungs = (
        Step(after_seconds=0, targets=(Title(title="Pope"),)),
        ResolveIt(after_seconds=3600, note="it passes"),
    )
    steps = escalation.ladder(a_situation(Policy(name="ends", steps=rungs, max_rounds=1)))
    assert of_moments(steps) == [("p1.r1.s1", 0), ("p1.r1.s2", 60)]
