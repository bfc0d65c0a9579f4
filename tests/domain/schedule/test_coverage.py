"""Gaps, overlaps and unfair loads."""

from datetime import datetime

from domain.schedule.coverage import Overlap, gaps, hidden_layers, overlaps, unfair
from domain.schedule.fairness import Load
from tests.domain.schedule.build import PARIS, always, hours, layer, override, rotation, schedule, utc

MONDAY = (utc("2026-01-05 00:00"), utc("2026-01-06 00:00"))


def texts(spans: list[tuple[datetime, datetime]]) -> list[str]:
    return [f"{start:%m-%d %H:%M} > {end:%m-%d %H:%M}" for start, end in spans]


def told(found: list[Overlap]) -> list[str]:
    return [f"{one.start:%H:%M} > {one.end:%H:%M} {'+'.join(one.layers)} -{','.join(one.hidden)}" for one in found]


def load(hours: float, night: float = 0, weekend: float = 0) -> Load:
    return Load(hours=hours, night_hours=night, weekend_hours=weekend, holiday_hours=0, shifts=1)


def test_gaps_are_what_restricted_hours_leave() -> None:
    one = schedule(PARIS, always("ana", hours("09:00-17:00")))
    assert texts(gaps(one, *MONDAY)) == ["01-05 00:00 > 01-05 08:00", "01-05 16:00 > 01-06 00:00"]


def test_no_gap_where_somebody_always_is() -> None:
    assert gaps(schedule(PARIS, always("ana")), *MONDAY) == []


def test_a_level_without_layers_is_one_gap() -> None:
    assert texts(gaps(schedule(PARIS, always("ana")), *MONDAY, level=2)) == ["01-05 00:00 > 01-06 00:00"]


def test_a_time_with_nobody_but_people_who_left_is_a_gap() -> None:
    one = schedule(
        PARIS,
        layer(always("ana"), name="base"),
        layer(always("bo", hours("09:00-12:00")), always("cy", hours("11:00-17:00")), name="days"),
    )
    assert texts(gaps(one, *MONDAY, absent={"bo"})) == ["01-05 08:00 > 01-05 10:00"]
    assert texts(gaps(one, *MONDAY, absent={"bo", "cy"})) == ["01-05 08:00 > 01-05 16:00"]
    assert texts(gaps(one, *MONDAY, absent={"ana", "cy"})) == [
        "01-05 00:00 > 01-05 08:00",
        "01-05 11:00 > 01-06 00:00",
    ]


def test_an_uncovered_weekend() -> None:
    # Friday 9 January 17:00 to Monday 09:00.
    one = schedule(PARIS, always("ana", hours("09:00-09:00", "mon tue wed thu"), hours("09:00-17:00", "fri")))
    assert texts(gaps(one, utc("2026-01-08 00:00"), utc("2026-01-13 00:00"))) == ["01-09 16:00 > 01-12 08:00"]


def test_overrides_fill_gaps_and_make_them() -> None:
    one = schedule(
        PARIS,
        always("ana", hours("09:00-17:00")),
        overrides=(
            override("add", "2026-01-05 16:00", "2026-01-05 18:00", "bo"),
            override("remove", "2026-01-05 09:00", "2026-01-05 10:00"),
        ),
    )
    assert texts(gaps(one, *MONDAY)) == [
        "01-05 00:00 > 01-05 08:00",
        "01-05 09:00 > 01-05 10:00",
        "01-05 18:00 > 01-06 00:00",
    ]


def test_the_night_of_a_clock_change_has_no_gap_in_it() -> None:
    one = schedule(PARIS, always("ana", hours("22:00-06:00")), always("bo", hours("06:00-22:00")))
    for start, end in (("2026-03-28 00:00", "2026-03-31 00:00"), ("2026-10-24 00:00", "2026-10-27 00:00")):
        assert gaps(one, utc(start), utc(end)) == []


def test_windows_that_meet_in_a_repeated_hour_overlap_rather_than_leave_a_gap() -> None:
    # One ends at the last 02:30, 01:30 UTC; the other begins at the first, 00:30 UTC.
    one = schedule(
        PARIS,
        layer(always("ana", hours("14:30-02:30")), name="late"),
        layer(always("bo", hours("02:30-14:30")), name="early"),
    )
    window = utc("2026-10-24 13:00"), utc("2026-10-25 13:00")
    assert gaps(one, *window) == []
    assert told(overlaps(one, *window)) == ["00:30 > 01:30 late+early -late"]


def test_overlaps_name_who_claims_and_who_loses() -> None:
    one = schedule(
        PARIS,
        layer(always("ana"), name="base"),
        layer(always("bo", hours("09:00-13:00")), always("cy", hours("11:00-17:00")), name="office"),
        layer(always("di"), name="other level", level=2),
    )
    assert told(overlaps(one, *MONDAY)) == [
        "08:00 > 10:00 base+office -base",
        "10:00 > 12:00 base+office+office -base",
        "12:00 > 16:00 base+office -base",
    ]
    assert overlaps(one, *MONDAY, level=2) == []


def test_people_together_within_a_layer_overlap_and_hide_nobody() -> None:
    one = schedule(PARIS, layer(always("ana"), always("bo", hours("09:00-17:00"))))
    assert told(overlaps(one, *MONDAY)) == ["08:00 > 16:00 main+main -"]


def test_a_hand_off_does_not_cut_an_overlap() -> None:
    one = schedule(PARIS, layer(always("ana"), rotation("hourly", "2026-01-05T09:00+01:00", "bo cy")))
    assert told(overlaps(one, *MONDAY)) == ["00:00 > 00:00 main+main -"]


def test_a_turn_of_nobody_claims_nothing() -> None:
    one = schedule(PARIS, layer(always("ana"), rotation("daily", "2026-01-05T01:00+01:00", "- bo")))
    assert overlaps(one, *MONDAY) == []


def test_a_layer_under_a_whole_one_is_hidden() -> None:
    below, between = always("ana", hours("09:00-17:00")), always("bo", hours("16:00-18:00"))
    one = schedule(PARIS, layer(below, name="below"), layer(between, name="between"), layer(always("cy"), name="above"))
    assert [each.name for each in hidden_layers(one, *MONDAY)] == ["below", "between"]
    two = schedule(PARIS, layer(below, name="below"), layer(between, name="above"))
    assert hidden_layers(two, *MONDAY) == []


def test_a_layer_that_never_has_anybody_is_not_hidden() -> None:
    one = schedule(PARIS, layer(name="empty"), layer(always("ana"), name="above"))
    assert hidden_layers(one, *MONDAY) == []


def test_loads_far_from_the_mean_are_told() -> None:
    found = unfair({"ana": load(160, 40), "bo": load(80, 40), "cy": load(30, 40)})
    assert [one.sentence for one in found] == [
        "ana is on call 160 h, 78% more than the mean of 90 h",
        "cy is on call 30 h, 67% less than the mean of 90 h",
    ]


def test_nights_and_weekends_are_judged_apart() -> None:
    found = unfair({"ana": load(80, 40, 10), "bo": load(80, 0, 12)})
    assert [one.sentence for one in found] == [
        "ana is on call 40 h at night, 100% more than the mean of 20 h",
        "bo is on call 0 h at night, 100% less than the mean of 20 h",
    ]


def test_the_tolerance_decides_what_is_far() -> None:
    both = {"ana": load(120), "bo": load(80)}
    assert unfair(both, tolerance=0.2) == []
    assert [one.user for one in unfair(both, tolerance=0.1)] == ["ana", "bo"]


def test_nobody_and_nothing_are_fair() -> None:
    assert unfair({}) == []
    assert unfair({"ana": load(0), "bo": load(0)}) == []
