"""Turns that go to whoever has carried the least, and what being on call has cost, worked out by hand."""

from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.schedule.fairness import Load, loads
from domain.schedule.schedule import Fairness, Holiday, Rotation, Schedule
from domain.schedule.shifts import Shift, on_call_users, shifts
from tests.domain.schedule.build import KOLKATA, LORD_HOWE, PARIS, hours, rotation, schedule, utc

PLAIN = Fairness(night_weight=0, weekend_weight=0, holiday_weight=0)
START = "2026-01-09T00:00+00:00"
"""A Friday."""


def fair(who: str, weights: Fairness = PLAIN, kind: str = "daily", **fields: object) -> Rotation:
    return rotation(kind, START, who, assignment="fair", weights=weights, **fields)


def dealt(one: Schedule, count: int, first: int = 0, hours_each: int = 24, begin: str = "2026-01-09 00:00") -> str:
    """Who has the turns, from a number on."""
    starts = (utc(begin) + timedelta(hours=hours_each * number) for number in range(first, first + count))
    return " ".join("+".join(on_call_users(one, start).get(1, "-")) for start in starts)


def test_with_nothing_to_make_up_for_it_is_plain_rotation() -> None:
    assert dealt(schedule("UTC", fair("ana bo cy")), 7) == "ana bo cy ana bo cy ana"


def test_who_brings_load_along_is_spared_until_the_others_have_caught_up() -> None:
    # In hours, ana, bo, cy, each before the turn: 48 0 0 bo; 48 24 0 cy; 48 24 24 bo (cy had the last one);
    # 48 48 24 cy; 48 48 48, ana; 72 48 48 bo; 72 72 48 cy; 72 72 72 ana.
    weights = PLAIN.model_copy(update={"past": {"ANA": 48}})
    assert dealt(schedule("UTC", fair("ana bo cy", weights)), 8) == "bo cy bo cy ana bo cy ana"


def test_weekends_weigh_more() -> None:
    # Friday 24: ana 24. Saturday 48: bo 48. Sunday: cy 48. Monday: ana 48. Tuesday: bo 72. Wednesday: ana 72 (bo had
    # Tuesday, and cy has as much as she: the first). Thursday: cy 72. Friday: ana 96. Saturday: bo 120. Sunday: cy 120.
    weights = PLAIN.model_copy(update={"weekend_weight": 1})
    assert dealt(schedule("UTC", fair("ana bo cy", weights)), 10) == "ana bo cy ana bo ana cy ana bo cy"


def test_nights_weigh_more() -> None:
    # Half days from midnight: 12 hours and 6 of them at night, 12 and 2 (from 22:00). With a weight of 1: 18, 14.
    # The loads of ana, bo, cy before each turn, and whose it is: 0 0 0 ana; 18 0 0 bo; 18 14 0 cy; 18 14 18 bo;
    # 18 28 18 ana (cy has as much and comes later); 36 28 18 cy; 36 28 32 bo; 36 46 32 cy.
    weights = PLAIN.model_copy(update={"night_weight": 1})
    one = schedule("UTC", fair("ana bo cy", weights, "hourly", interval=12))
    assert dealt(one, 8, hours_each=12) == "ana bo cy bo ana cy bo cy"


def test_holidays_weigh_more() -> None:
    # Saturday the 10th is a holiday and weighs 48. Loads before each turn: 0 0 0 ana; 24 0 0 bo; 24 48 0 cy;
    # 24 48 24 ana (cy had the last); 48 48 24 cy; 48 48 48 ana; 72 48 48 bo.
    weights = PLAIN.model_copy(update={"holiday_weight": 1})
    one = schedule("UTC", fair("ana bo cy", weights), holidays="2026-01-10")
    assert dealt(one, 7) == "ana bo cy ana cy ana bo"


def test_a_holiday_weighs_more_than_the_same_weekday_before() -> None:
    # Monday the 19th is turn 10, when plain rotation has come to bo. Loads before each turn, from the 9th on:
    # 72 72 72 ana; 96 72 72 bo; 96 120 72 cy; 96 120 96 ana; 120 120 96 cy; 120 120 120 ana; 144 120 120 bo.
    weights = PLAIN.model_copy(update={"holiday_weight": 1})
    one = schedule("UTC", fair("ana bo cy", weights), holidays="2026-01-19")
    assert dealt(one, 7, first=9) == "ana bo cy ana cy ana bo"


def test_a_holiday_is_shared_by_the_turns_that_it_touches() -> None:
    # From noon to noon: turns 9 and 10 have half a holiday each and weigh 36. Loads, from the 9th on: 72 72 72 ana;
    # 108 72 72 bo; 108 108 72 cy; 108 108 96 ana; 132 108 96 cy (ana had the last); 132 108 120 bo; 132 132 120 cy;
    # 132 132 144 ana.
    weights = PLAIN.model_copy(update={"holiday_weight": 1})
    noon = rotation("daily", "2026-01-09T12:00+00:00", "ana bo cy", assignment="fair", weights=weights)
    one = schedule("UTC", noon, holidays="2026-01-19")
    assert dealt(one, 8, first=9, begin="2026-01-09 12:00") == "ana bo cy ana cy bo cy ana"


def test_hours_outside_restrictions_are_no_load() -> None:
    # On weekdays alone. Saturday and Sunday are nobody's; Monday goes on after Friday.
    one = schedule("UTC", fair("ana bo cy", restrictions=(hours("09:00-17:00", "mon tue wed thu fri"),)))
    begin = utc("2026-01-09 12:00")
    names = [on_call_users(one, begin + timedelta(days=day)).get(1) for day in range(8)]
    assert names == [("ana",), None, None, ("bo",), ("cy",), ("ana",), ("bo",), ("cy",)]


def test_half_days_that_are_restricted_to_days_leave_nobody_out() -> None:
    one = schedule("UTC", fair("ana bo cy", kind="hourly", interval=12, restrictions=(hours("00:00-12:00"),)))
    assert dealt(one, 6, hours_each=24) == "ana bo cy ana bo cy"


def test_people_who_share_a_member_do_not_follow_each_other() -> None:
    # After ana+bo, bo alone has carried less than cy, and yet must not follow.
    weights = PLAIN.model_copy(update={"past": {"cy": 100}})
    assert dealt(schedule("UTC", fair("ana+bo bo cy", weights)), 4) == "ana+bo cy ana+bo cy"


def test_alone_again_and_again() -> None:
    assert dealt(schedule("UTC", fair("ana")), 3, first=-1) == "ana ana ana"


def test_a_turn_of_nobody_counts_as_a_participant() -> None:
    assert dealt(schedule("UTC", fair("ana - bo")), 6) == "ana - bo ana - bo"


def test_before_the_start_it_goes_back_in_turn() -> None:
    weights = PLAIN.model_copy(update={"past": {"ana": 48}})
    assert dealt(schedule("UTC", fair("ana bo cy", weights)), 5, first=-4) == "cy ana bo cy bo"


def test_a_clock_change_does_not_reorder_people() -> None:
    one = schedule(PARIS, rotation("daily", "2026-03-27T09:00+01:00", "ana bo cy", assignment="fair", weights=PLAIN))
    found = shifts(one, utc("2026-03-27 08:00"), utc("2026-04-01 07:00"))
    assert [shift.users for shift in found] == [("ana",), ("bo",), ("cy",), ("ana",), ("bo",)]


@settings(max_examples=12)
@given(
    st.integers(3, 5),
    st.builds(Fairness, night_weight=st.floats(0, 3), weekend_weight=st.floats(0, 3), holiday_weight=st.floats(0, 3)),
    st.integers(1, 3),
)
def test_nobody_gets_far_ahead(people: int, weights: Fairness, interval: int) -> None:
    """Over a year of days, never by more than two of the dearest turns; and nobody has two in a row."""
    who = " ".join(f"person{number}" for number in range(people))
    one = schedule(LORD_HOWE, fair(who, weights, interval=interval), holidays="2026-05-01 2026-12-25")
    found = shifts(one, utc("2026-01-09 00:00"), utc("2027-01-09 00:00"), merge=False)
    carried: dict[str, float] = defaultdict(float)
    dearest = 0.0
    for shift in found:
        for user, load in loads([shift], LORD_HOWE, one.holidays).items():
            cost = weighted(load, weights)
            dearest = max(dearest, cost)
            carried[user] += cost
    assert max(carried.values()) - min(carried.values()) <= 2 * dearest + 1
    assert all(earlier.users != later.users for earlier, later in pairwise(found))


def weighted(load: Load, weights: Fairness) -> float:
    return (
        load.hours
        + weights.night_weight * load.night_hours
        + weights.weekend_weight * load.weekend_hours
        + weights.holiday_weight * load.holiday_hours
    )


def test_an_hourly_rotation_of_many_years_is_answered_soon() -> None:
    """Eleven years are 96,000 hours, more than are dealt out; the last of them go in turn."""
    one = schedule(PARIS, fair("ana bo cy", kind="hourly"))
    begin = process_time()
    assert on_call_users(one, utc("2037-01-05 00:00"))
    first = process_time() - begin
    for hour in range(100):
        assert on_call_users(one, utc("2033-01-05 00:00") + timedelta(hours=hour))
    assert first < 3 and process_time() - begin < 6


def shift(start: str, end: str, *people: str) -> Shift:
    return Shift(start=utc(start), end=utc(end), level=1, users=people, layer="main")


@pytest.mark.parametrize(
    ("zone", "start", "end", "expected"),
    [
        # Monday 09:00 to Tuesday 09:00, a night of eight hours in between.
        (PARIS, "2026-01-05 08:00", "2026-01-06 08:00", (24, 8, 0, 0)),
        # From 06:00 to 22:00: no night.
        (PARIS, "2026-01-05 05:00", "2026-01-05 21:00", (16, 0, 0, 0)),
        # Friday 22:00 to Saturday 06:00: six hours of the weekend.
        (PARIS, "2026-01-09 21:00", "2026-01-10 05:00", (8, 8, 6, 0)),
        # Saturday 22:00 to Sunday 06:00, when clocks go forward, and back.
        (PARIS, "2026-03-28 21:00", "2026-03-29 04:00", (7, 7, 7, 0)),
        (PARIS, "2026-10-24 20:00", "2026-10-25 05:00", (9, 9, 9, 0)),
        # The Sundays of the changes, from midnight to midnight: nights of 5 and 2 hours, of 7 and 2.
        (PARIS, "2026-03-28 23:00", "2026-03-29 22:00", (23, 7, 23, 0)),
        (PARIS, "2026-10-24 22:00", "2026-10-25 23:00", (25, 9, 25, 0)),
        # Half an hour in Lord Howe: Saturday 22:00 (summer) to Sunday 06:00 (winter).
        (LORD_HOWE, "2026-04-04 11:00", "2026-04-04 19:30", (8.5, 8.5, 8.5, 0)),
        # Thursday 30 April 22:00 to Saturday 00:00: all of 1 May; nights of eight hours and of two.
        (PARIS, "2026-04-30 20:00", "2026-05-01 22:00", (26, 10, 0, 24)),
        # The same instants in Kolkata: Friday 01:30 to Saturday 03:30. Nights 4.5 and 5.5, a weekend of 3.5.
        (KOLKATA, "2026-04-30 20:00", "2026-05-01 22:00", (26, 10, 3.5, 22.5)),
        # A quarter of an hour around 22:00.
        (PARIS, "2026-01-05 20:50", "2026-01-05 21:05", (0.25, 1 / 12, 0, 0)),
    ],
)
def test_hours_are_split_where_the_clocks_say(zone: str, start: str, end: str, expected: tuple[float, ...]) -> None:
    may_day = Holiday.model_validate({"date": "2026-05-01", "name": "May Day"})
    load = loads([shift(start, end, "ana")], zone, [may_day])["ana"]
    found = (load.hours, load.night_hours, load.weekend_hours, load.holiday_hours)
    assert found == pytest.approx(expected)
    assert load.shifts == 1


def test_everybody_in_a_shift_carries_all_of_it() -> None:
    found = loads(
        [
            shift("2026-01-05 08:00", "2026-01-05 10:00", "ana", "bo"),
            shift("2026-01-05 10:00", "2026-01-05 11:00", "bo"),
        ],
        PARIS,
    )
    assert {user: (load.hours, load.shifts) for user, load in found.items()} == {"ana": (2, 1), "bo": (3, 2)}


def test_without_shifts_nobody_carries_anything() -> None:
    assert loads([], PARIS) == {}
