"""Can somebody be reached: what the answer says is what the rules of paging do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue import User
from domain.channels import ChannelName
from domain.person import Absence, ContactMethod, PersonalRule
from domain.policy import OnCall, Policy, Step
from domain.policy_advice import warnings
from domain.readiness import reachability
from domain.severity import Severity

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

channels = st.sampled_from(ChannelName)
methods = st.builds(ContactMethod, channel=channels, address=st.just("x"), verified=st.booleans())
rules = st.builds(
    PersonalRule, urgency=st.sampled_from(["high", "low"]), after_seconds=st.integers(0, 600), channel=channels
)
absences = st.builds(
    lambda hours: Absence(start=NOW - timedelta(hours=hours), end=NOW - timedelta(hours=hours - 10)),
    st.integers(-20, 30),
)
users = st.builds(
    lambda **facts: User(email="x@example.com", name="X", **facts),
    is_active=st.booleans(),
    contact_methods=st.lists(methods, max_size=4).map(tuple),
    notification_rules=st.lists(rules, max_size=4).map(tuple),
    days_away=st.lists(absences, max_size=2).map(tuple),
)


@given(users)
def test_without_fault_their_own_rules_are_what_they_are_told_by(user: User) -> None:
    """No fault means: for every severity there is a rule of theirs, and it can be used."""
    found = reachability(user, NOW)
    assert found.reachable == (user.is_active and user.away_until(NOW) is None)
    assert bool(found.channels) == found.reachable
    if found.faults:
        return
    assert found.reachable
    for severity in Severity:
        ways = user.ways(None, severity, NOW)
        assert all(way.note == "" for way in ways)
        assert {way.channel for way in ways} <= set(found.channels)


@given(users)
def test_whoever_is_told_by_something_else_has_a_fault(user: User) -> None:
    told_otherwise = any(way.note for severity in Severity for way in user.ways(None, severity, NOW))
    if told_otherwise:
        assert reachability(user, NOW).faults


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"is_active": False}, "is not active"),
        ({}, "has registered no contact method"),
        ({"contact_methods": ({"channel": "sms", "address": "x"},)}, "has no verified contact method"),
        (
            {"contact_methods": ({"channel": "sms", "address": "x", "verified": True},)},
            "has no rule for urgent incidents that can be used: told by sms",
        ),
    ],
)
def test_what_is_wrong(facts: dict[str, Any], fault: str) -> None:
    user = User.model_validate({"email": "x@example.com", "name": "X"} | facts)
    assert any(said.startswith(fault) for said in reachability(user, NOW).faults)


@pytest.mark.parametrize(
    ("delays", "count"),
    [([0], 1), ([0, 60], 1), ([0, 60, 120], 0), ([0, 60, 120, 240, 480, 960], 1), ([0, 120, 180], 1)],
)
def test_advice(delays: list[int], count: int) -> None:
    steps = tuple(Step(after_seconds=delay, targets=(OnCall(),)) for delay in delays)
    assert len(warnings(Policy(name="x", steps=steps))) == count
