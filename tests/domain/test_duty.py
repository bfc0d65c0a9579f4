"""Who hands over to whom, whose shift begins, and what a recap says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.duty import (
    MOST_INCIDENTS,
    NEAR,
    Recap,
    RecapIncident,
    hand_off_near,
    handing_level,
    recap_text,
    starting,
)
from domain.schedule.schedule import Schedule
from domain.schedule.shifts import on_call_users

ANA, BO, CY = "ana@example.com", "bo@example.com", "cy@example.com"
MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
WEEK, DAY, HOUR = timedelta(weeks=1), timedelta(days=1), timedelta(hours=1)


def a_layer(level: int = 1, **rotation: Any) -> dict[str, Any]:
    turns = {"kind": "weekly", "start": MONDAY, "participants": [[ANA], [BO]]} | rotation
    return {"name": f"level {level}", "level": level, "rotations": [turns]}


def a_schedule(*layers: dict[str, Any], zone: str = "UTC", **fields: Any) -> Schedule:
    return Schedule.model_validate({"name": "rota", "time_zone": zone, "layers": list(layers), **fields})


def test_who_leaves_and_who_comes() -> None:
    change = hand_off_near(a_schedule(a_layer()), MONDAY + WEEK)
    assert change is not None
    assert (change.at, change.leaving, change.coming) == (MONDAY + WEEK, (ANA,), (BO,))


@pytest.mark.parametrize(
    ("late", "found"), [(-timedelta(seconds=1), False), (timedelta(0), True), (HOUR, True), (NEAR, False), (DAY, False)]
)
def test_a_hand_off_is_told_within_the_hour(late: timedelta, found: bool) -> None:
    assert (hand_off_near(a_schedule(a_layer()), MONDAY + WEEK + late) is not None) is found


def test_a_night_in_between_is_no_hand_off_but_a_weekend_does_not_hide_one() -> None:
    office = [{"weekdays": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "until": "17:00"}]
    schedule = a_schedule(a_layer(restrictions=office))
    assert hand_off_near(schedule, MONDAY + DAY) is None
    change = hand_off_near(schedule, MONDAY + WEEK)
    assert change is not None and (change.leaving, change.coming) == ((ANA,), (BO,))


def test_the_same_people_do_not_hand_over() -> None:
    assert hand_off_near(a_schedule(a_layer(participants=[[ANA], [ANA]])), MONDAY + WEEK) is None
    assert hand_off_near(a_schedule(a_layer(participants=[[ANA, BO], [BO, ANA]])), MONDAY + WEEK) is None


def test_a_hand_off_in_a_skipped_hour_is_found_an_hour_later() -> None:
    began = datetime(2026, 3, 22, 1, 30, tzinfo=UTC)  # 02:30 in Paris, which 29 March skips
    schedule = a_schedule(a_layer(start=began), zone="Europe/Paris")
    change = hand_off_near(schedule, datetime(2026, 3, 29, 1, 30, tzinfo=UTC))
    assert change is not None and change.at == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_the_first_level_at_which_people_take_turns_hands_over() -> None:
    fixed, turns = a_layer(participants=[[CY]]), a_layer(level=2)
    assert handing_level(a_schedule(fixed, turns)) == 2
    assert handing_level(a_schedule(a_layer(), turns)) == 1
    assert handing_level(a_schedule(fixed)) == handing_level(a_schedule()) == 1
    change = hand_off_near(a_schedule(fixed, turns), MONDAY + WEEK)
    assert change is not None and change.coming == (BO,)


def test_people_who_have_their_hours_take_turns_as_well() -> None:
    day, night = ([{"from": begin, "until": end}] for begin, end in (("09:00", "21:00"), ("21:00", "09:00")))
    by_hours = (
        a_layer(level=2, participants=[[CY]], restrictions=day),
        a_layer(level=2, participants=[[ANA]], restrictions=night),
    )
    fixed, turns = a_layer(participants=[[CY]]), a_layer(level=3)
    assert handing_level(a_schedule(fixed, *by_hours, turns)) == 2
    change = hand_off_near(a_schedule(fixed, *by_hours), MONDAY + 12 * HOUR)
    assert change is not None and (change.leaving, change.coming) == ((CY,), (ANA,))
    assert handing_level(a_schedule(a_layer(participants=[[CY]], restrictions=day), turns)) == 3, (
        "of one alone there are no turns"
    )


def test_whose_shift_begins_within_the_hour() -> None:
    schedule = a_schedule(a_layer(), a_layer(level=2, participants=[[CY], [ANA, CY]]))
    at = MONDAY + WEEK
    found = {(one.user, one.level, one.start, one.end) for one in starting(schedule, at - HOUR, at)}
    assert found == {(BO, 1, at, at + WEEK), (ANA, 2, at, at + WEEK)}
    assert starting(schedule, at, at + HOUR) == ()
    assert starting(schedule, at - 2 * HOUR, at - HOUR) == ()


@given(st.integers(0, 14 * 24 * 12), st.integers(1, 5))
def test_looks_in_a_row_find_every_beginning_once(first: int, people: int) -> None:
    participants = [[f"p{number}@example.com"] for number in range(people)]
    schedule = a_schedule(a_layer(kind="hourly", interval=7, participants=participants))
    step, begin = timedelta(minutes=5), MONDAY + first * timedelta(minutes=5)
    found = [
        (one.user, one.start)
        for n in range(300)
        for one in starting(schedule, begin + n * step, begin + (n + 1) * step)
    ]
    assert len(found) == len(set(found))
    for user, start in found:
        assert on_call_users(schedule, start)[1] == (user,)
        assert on_call_users(schedule, start - timedelta.resolution)[1] != (user,)
    whole = starting(schedule, begin, begin + 300 * step)
    assert [(one.user, one.start) for one in whole] == found


def an_incident(number: int, *, is_open: bool, **fields: Any) -> RecapIncident:
    facts = {"title": "Redis is gone", "severity": "SEV1_CRITICAL", "status": "TRIGGERED" if is_open else "RESOLVED"}
    return RecapIncident.model_validate({"short_id": f"INC-{number}", "is_open": is_open, **facts, **fields})


def test_what_a_recap_says() -> None:
    recap = Recap(
        schedule="SRE Core",
        at=MONDAY,
        time_zone="Europe/Paris",
        leaving=(ANA,),
        coming=(BO, CY),
        incidents=(
            an_incident(2, is_open=True, pages=1),
            an_incident(1, is_open=False, minutes_to_acknowledge=4.4, pages=3),
        ),
        notes=((ANA, "The cache is being moved."),),
    )
    assert recap_text(recap).splitlines() == [
        "Hand-off of SRE Core, Mon 2026-01-05 10:00 (Europe/Paris): ana@example.com → bo@example.com, cy@example.com",
        "",
        "Open incidents: 1",
        "- INC-2 Redis is gone (SEV1, triggered, 1 page)",
        "",
        "Incidents of the last week: 1",
        "- INC-1 Redis is gone (SEV1, resolved, acknowledged after 4 min, 3 pages)",
        "",
        "Notes:",
        "- The cache is being moved. (ana@example.com)",
    ]


def test_a_quiet_week_and_a_loud_one() -> None:
    quiet = recap_text(Recap(schedule="rota", at=MONDAY, coming=(BO,)))
    assert "Open incidents: none." in quiet and "nobody → bo@example.com" in quiet and "Notes" not in quiet
    loud = Recap(schedule="rota", at=MONDAY, incidents=tuple(an_incident(n, is_open=True) for n in range(25)))
    text = recap_text(loud)
    assert text.count("INC-") == MOST_INCIDENTS and "- and 5 more" in text
