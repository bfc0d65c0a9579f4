"""The shifts of every case that was worked out by hand: what they are is said beside each, in cases_*.py."""

import re

import pytest

from domain.schedule.shifts import on_call_users, shifts
from tests.domain.schedule.build import line, utc
from tests.domain.schedule.case import Case
from tests.domain.schedule.cases_days import DAILY, HOURLY
from tests.domain.schedule.cases_hours import HOLIDAYS, RESTRICTED
from tests.domain.schedule.cases_layers import LAYERED
from tests.domain.schedule.cases_overrides import OVERRIDDEN
from tests.domain.schedule.cases_weeks import BEFORE, MONTHLY, WEEKLY

CASES = [
    *DAILY, *HOURLY, *WEEKLY, *MONTHLY, *BEFORE, *RESTRICTED, *HOLIDAYS, *LAYERED, *OVERRIDDEN,
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_shifts(case: Case) -> None:
    start, end = (utc(text) for text in case.window.split(" > "))
    found = [line(shift) for shift in shifts(case.schedule, start, end, merge=case.merge)]
    assert found == [re.sub(r"(?<![-\d])(?=\d\d-\d\d )", f"{start.year}-", text) for text in case.expected]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_the_coming_person_is_on_call_at_the_instant_of_a_hand_off(case: Case) -> None:
    start, end = (utc(text) for text in case.window.split(" > "))
    for shift in shifts(case.schedule, start, end, merge=case.merge):
        assert on_call_users(case.schedule, shift.start)[shift.level] == shift.users


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 60
    assert len({case.what for case in CASES}) == len(CASES)
