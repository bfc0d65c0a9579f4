"""Who answers at an instant: those on call who are there, else the team's fixed person in their place."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import escalation
from domain.channels import ChannelName
from domain.directory import Directory, Duty
from domain.person import Absence, Reach
from domain.policy import OnCall, Policy, Step, WaitUntilCovered
from tests.support.values import NOON, a_situation

ANA, BO = "ana@example.com", "bo@example.com"
HOUR = timedelta(hours=1)


def away(*hours: tuple[int, int]) -> Reach:
    """Away from one hour after noon to another."""
    return Reach(days_away=tuple(Absence(start=NOON + a * HOUR, end=NOON + b * HOUR) for a, b in hours))


def a_directory(*duties: tuple[int, int, str], fixed: str | None = None, **reach: Reach) -> Directory:
    return Directory(
        team="Core",
        schedule="core",
        on_call=(fixed,) if fixed else (),
        duties={
            "core": tuple(Duty(start=NOON + a * HOUR, end=NOON + b * HOUR, level=1, users=(w,)) for a, b, w in duties)
        },
        reach={f"{name}@example.com": value for name, value in reach.items()},
    )


def test_a_ladder_that_waits_goes_on_when_somebody_comes_back() -> None:
    """Ana is on duty all week, and away for two more hours."""
    known = a_directory((-24, 144, ANA), ana=away((-1, 1)))
    policy = Policy(
        name="waits",
        steps=(
            WaitUntilCovered(after_seconds=0, at_most_seconds=86_400),
            Step(after_seconds=0, targets=(OnCall(channel=ChannelName.SMS),)),
        ),
        max_rounds=1,
    )
    _, told = escalation.ladder(a_situation(policy, known))
    assert (told.at, [one.recipient for one in told.deliveries]) == (NOON + HOUR, [ANA])


def test_so_it_does_when_the_fixed_person_comes_back() -> None:
    known = a_directory(fixed=BO, bo=away((-1, 2)))
    assert known.covered_from(None, 1, NOON) == NOON + 2 * HOUR
    assert known.covered_from("core", 1, NOON) is None, "they answer for the team alone"


def test_the_fixed_person_stands_in_at_the_first_level_of_the_teams_own_schedule() -> None:
    known = a_directory((0, 10, ANA), fixed=BO, ana=away((0, 5)))
    asked = [(None, 1), ("core", 1), (None, 2)]
    assert [known.answering(schedule, level, NOON) for schedule, level in asked] == [(BO,), (), ()]
    assert known.answering(None, 1, NOON + 5 * HOUR) == (ANA,)
    assert known.covered_from("core", 1, NOON) == NOON + 5 * HOUR
    assert known.covered_from(None, 2, NOON) is None, "nobody stands in for a backup"


spans = st.tuples(st.integers(-5, 15), st.integers(1, 10)).map(lambda one: (one[0], one[0] + one[1]))


@settings(max_examples=200)
@given(
    st.lists(st.tuples(spans, st.sampled_from((ANA, BO))).map(lambda one: (*one[0], one[1])), max_size=4),
    st.none() | st.just(BO),
    st.lists(spans, max_size=3),
    st.lists(spans, max_size=3),
    st.sampled_from((None, "core")),
)
def test_covered_is_from_the_first_instant_at_which_somebody_answers(
    duties: list[tuple[int, int, str]],
    fixed: str | None,
    ana: list[tuple[int, int]],
    bo: list[tuple[int, int]],
    schedule: str | None,
) -> None:
    known = a_directory(*duties, fixed=fixed, ana=away(*ana), bo=away(*bo))
    hours = [NOON + number * HOUR for number in range(40)]
    expected = next((at for at in hours if known.answering(schedule, 1, at)), None)
    assert known.covered_from(schedule, 1, NOON) == expected


@pytest.mark.parametrize("there", [True, False])
def test_covered_now(there: bool) -> None:
    known = a_directory((0, 10, ANA), ana=away() if there else away((0, 5)))
    assert known.is_covered(NOON) is there
