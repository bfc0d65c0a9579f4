"""A directory looks as far ahead as the plan of its incident goes."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.ahead import fired_by_hand, next_by_hand, still_to_come
from domain.catalogue import Catalogue
from domain.climb import Climb, PlannedStep, Situation
from domain.condition import Facts
from domain.directory import Directory
from domain.escalation import ladder
from domain.hours import WEEKDAYS
from domain.incident import Status
from domain.organisation import directory_of
from domain.policy_readiness import policy_readiness
from domain.severity import Severity
from tests.domain.foresight.house import ANA, BO, values
from tests.support.values import an_incident

FRIDAY = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)
"""In the evening, when the hours of Paris are over for the week."""
MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = 86_400
OFFICE = {"severities": ["SEV3_MEDIUM"], "weekdays": WEEKDAYS[:5], "from": "09:00", "until": "18:00"}
ON_CALL = [{"kind": "on_call", "channel": "push"}]
SEV3 = Severity.SEV3_MEDIUM
YEARS = timedelta(days=800)


def house(**policy: Any) -> Catalogue:
    """Ana alone is on call, and two rungs tell whoever is."""
    made = values()
    made["schedules"][0]["layers"][0]["rotations"][0]["participants"] = [[ANA]]
    steps = [{"after_seconds": 0, "targets": ON_CALL}, {"after_seconds": 300, "targets": ON_CALL}]
    made["policies"][0] |= {"steps": steps, "max_rounds": 1, **policy}
    return Catalogue.model_validate(made)


def directory(catalogue: Catalogue, until: datetime | None = None) -> Directory:
    return directory_of(catalogue, "Core", catalogue.policies[0].rules, FRIDAY, until)


def told(steps: list[PlannedStep]) -> list[tuple[str, datetime, list[str], str | None]]:
    rungs = [step for step in steps if not step.step.endswith(".created")]
    return [(one.step, one.at, [d.recipient for d in one.deliveries], one.skipped) for one in rungs]


def ahead(catalogue: Catalogue, until: datetime | None = None, **facts: Any) -> list[PlannedStep]:
    known, rules = directory(catalogue, until), catalogue.policies[0].rules
    return still_to_come(an_incident(**facts), rules, known, Climb(started_at=FRIDAY), now=FRIDAY)


def test_what_waits_for_working_hours_tells_whoever_is_on_call_when_they_open() -> None:
    steps = ahead(house(working_hours=OFFICE), severity=SEV3)
    assert told(steps) == [
        ("p1.r1.s1", MONDAY, [ANA], None),
        ("p1.r1.s2", MONDAY + timedelta(minutes=5), [ANA], None),
    ]


def test_by_hand_the_first_rung_is_fired_although_it_waits_for_working_hours() -> None:
    catalogue = house(working_hours=OFFICE)
    situation = Situation(
        catalogue.policies[0].rules, Facts(severity=SEV3), directory(catalogue), Climb(started_at=FRIDAY), FRIDAY
    )
    assert [step.step for step in fired_by_hand(ladder(situation), ["p1.created"])] == ["p1.r1.s1", "p1.r1.s2"]


def test_by_hand_whoever_is_on_call_now_is_told_and_not_who_will_be_when_the_rung_is_due() -> None:
    made = house().model_dump(mode="json", by_alias=True)
    times = {"start": FRIDAY + timedelta(minutes=2), "end": FRIDAY + timedelta(hours=9)}
    made["schedules"][0]["overrides"] = [{"id": uuid4(), "kind": "replace", "users": [BO], **times}]
    only_now = {"hours": {"weekdays": ["fri"], "from": "00:00", "until": "24:00"}}
    made["policies"][0]["steps"][1] |= {"after_seconds": DAY, "when": only_now}
    catalogue = Catalogue.model_validate(made)
    climb = Climb(started_at=FRIDAY, fired=("p1.created", "p1.r1.s1"))
    situation = Situation(
        catalogue.policies[0].rules, Facts(severity=Severity.SEV1_CRITICAL), directory(catalogue), climb
    )
    for minutes, who in ((1, ANA), (3, BO)):
        step = next_by_hand(situation, FRIDAY + timedelta(minutes=minutes))
        assert step is not None and (step.step, [one.recipient for one in step.deliveries]) == ("p1.r1.s2", [who])


def test_a_policy_that_waits_is_ready() -> None:
    catalogue = house(working_hours={**OFFICE, "severities": ["SEV1_CRITICAL", "SEV2_HIGH"]})
    (team,) = policy_readiness(catalogue, catalogue.policies[0], FRIDAY, "")
    assert team.reachable and [step.skipped for step in team.steps] == [None, None]


def test_when_a_snooze_is_over_whoever_is_on_call_then_is_told() -> None:
    for days in (3, 365):
        until = FRIDAY + timedelta(days=days)
        (first, *_) = told(ahead(house(), until, snoozed_until=until))
        assert first == ("p2.r1.s1", until, [ANA], None)


def test_reminders_and_acknowledgements_that_time_out_are_days_away() -> None:
    reminder = {"after_seconds": 30 * DAY, "targets": ON_CALL}
    catalogue = house(acknowledgement_timeout_seconds=7 * DAY)
    facts: dict[str, Any] = {"status": Status.ACKNOWLEDGED, "acknowledged_at": FRIDAY, "acknowledged_by": ANA}
    (again, *_) = told(ahead(catalogue, **facts))
    assert again == ("p2.r1.s1", FRIDAY + timedelta(days=7), [ANA], None)
    (persists,) = told(ahead(house(persist=[reminder]), **facts))
    assert persists == ("p1.persist1", FRIDAY + timedelta(days=30), [ANA], None)


days = st.integers(0, 7).map(lambda number: number * DAY)


@settings(max_examples=60, deadline=None)
@given(
    weekday=st.sampled_from(WEEKDAYS),
    hold=st.booleans(),
    rung=days,
    timeout=st.integers(1, 7).map(lambda number: number * DAY),
    persist=st.integers(1, 30).map(lambda number: number * DAY),
    snooze=st.none() | st.integers(1, 366),
    acknowledged=st.booleans(),
)
def test_the_plan_is_that_of_who_knows_all_the_time_to_come(
    weekday: str, hold: bool, rung: int, timeout: int, persist: int, snooze: int | None, acknowledged: bool
) -> None:
    catalogue = house(
        steps=[{"after_seconds": rung, "targets": ON_CALL}],
        working_hours={**OFFICE, "weekdays": [weekday], "until": "09:05"} if hold else None,
        acknowledgement_timeout_seconds=timeout,
        persist=[{"after_seconds": persist, "severities": ["SEV3_MEDIUM"], "targets": ON_CALL}],
    )
    until = FRIDAY + timedelta(days=snooze) if snooze else None
    facts: dict[str, Any] = {"severity": SEV3, "snoozed_until": until}
    if acknowledged:
        facts |= {"status": Status.ACKNOWLEDGED, "acknowledged_at": FRIDAY, "acknowledged_by": ANA}
    assert ahead(catalogue, until, **facts) == ahead(catalogue, FRIDAY + YEARS, **facts)


@pytest.mark.parametrize("until", [None, FRIDAY - timedelta(days=5)])
def test_it_never_looks_less_far_than_the_policy_goes(until: datetime | None) -> None:
    known = directory(house(), until)
    assert known.duties["core"][-1].end >= FRIDAY + timedelta(minutes=5)
