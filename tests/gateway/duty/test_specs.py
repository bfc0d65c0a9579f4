"""When Temporal looks for hand-offs: soon after every one that there is, clock changes or not."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from temporalio.client import ScheduleCalendarSpec, ScheduleRange, ScheduleSpec

from domain.duty import hand_off_near
from domain.hours import WEEKDAYS
from domain.schedule.schedule import Schedule
from domain.schedule.shifts import shifts
from gateway.duty.specs import MOST_CALENDARS, handoff_spec

ANA, BO, CY = "ana@example.com", "bo@example.com", "cy@example.com"
ZONES = (
    "Europe/Paris",
    "America/Chicago",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Africa/Cairo",
    "America/Nuuk",
    "UTC",
)
CHANGES = tuple(
    datetime(2026, *day, tzinfo=UTC) for day in ((3, 8), (3, 29), (4, 4), (4, 23), (10, 3), (10, 25), (11, 1))
)
"""The days before clocks change in one of these zones, or on which they do."""


def a_schedule(*rotations: dict[str, Any], zone: str = "UTC", **layer: Any) -> Schedule:
    layers = [{"name": "a", "rotations": list(rotations)} | layer]
    return Schedule.model_validate({"name": "rota", "time_zone": zone, "layers": layers})


def turns(kind: str, start: str, interval: int = 1) -> dict[str, Any]:
    return {"kind": kind, "interval": interval, "start": start, "participants": [[ANA], [BO]]}


@st.composite
def rotas(draw: st.DrawFn) -> Schedule:
    """Layers of rotations of all kinds, with hours of their own."""
    quarters = st.integers(0, 95).map(lambda n: f"{n // 4:02}:{n % 4 * 15:02}")
    restrictions = st.fixed_dictionaries(
        {
            "weekdays": st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True),
            "from": quarters,
            "until": quarters | st.just("24:00"),
            "holidays": st.sampled_from(["any", "only", "never"]),
        }
    )
    starts = st.integers(0, 365 * 24 * 4).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * n))
    groups = st.lists(st.sampled_from([ANA, BO, CY]), max_size=2, unique=True)
    rotations = st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["hourly", "daily", "weekly", "monthly"]),
            "interval": st.sampled_from([1, 2, 3, 5, 12]),
            "start": starts,
            "participants": st.lists(groups, min_size=1, max_size=3),
            "restrictions": st.lists(restrictions, max_size=2),
        }
    )
    layers = st.fixed_dictionaries(
        {
            "name": st.just("a"),
            "level": st.sampled_from([1, 1, 2]),
            "rotations": st.lists(rotations, min_size=1, max_size=2),
        }
    )
    holidays = [{"date": (day + timedelta(days=1)).date(), "name": "Feast"} for day in CHANGES[:2]]
    return Schedule.model_validate(
        {
            "name": "rota",
            "time_zone": draw(st.sampled_from(ZONES)),
            "layers": draw(st.lists(layers, min_size=1, max_size=3)),
            "holidays": holidays,
        }
    )


def looks(calendar: ScheduleCalendarSpec, at: datetime, zone: str) -> bool:
    """Whether Temporal looks at an instant."""
    local = at.astimezone(ZoneInfo(zone))
    wanted: list[tuple[Sequence[ScheduleRange], int]] = [
        (calendar.second, local.second),
        (calendar.minute, local.minute),
        (calendar.hour, local.hour),
        (calendar.day_of_week, local.isoweekday() % 7),
        (calendar.day_of_month, local.day),
        (calendar.month, local.month),
        (calendar.year or [ScheduleRange(local.year)], local.year),
    ]
    return all(
        any(value in range(one.start, max(one.start, one.end) + 1, one.step) for one in ranges)
        for ranges, value in wanted
    )


def looks_after(spec: ScheduleSpec, at: datetime) -> Iterator[datetime]:
    """When Temporal looks in the hour from an instant on, to the minute: other times are not generated."""
    zone = spec.time_zone_name
    assert zone is not None
    minutes = (at + timedelta(minutes=n) for n in range(61))
    return (look for look in minutes if any(looks(calendar, look, zone) for calendar in spec.calendars))


def is_found(schedule: Schedule, spec: ScheduleSpec, at: datetime) -> bool:
    """Whether one of the looks after a hand-off finds it; where clocks skipped its time, the next one may be found."""
    zone = ZoneInfo(schedule.time_zone)
    skipped = at.astimezone(zone).utcoffset() != (at - timedelta.resolution).astimezone(zone).utcoffset()
    changes = (hand_off_near(schedule, look) for look in looks_after(spec, at))
    return any(change is not None and (change.at == at or (skipped and change.at > at)) for change in changes)


def handed_over(schedule: Schedule, begin: datetime, end: datetime) -> list[datetime]:
    """Every instant at which somebody hands over."""
    starts = dict.fromkeys(shift.start for shift in shifts(schedule, begin, end) if shift.start > begin)
    changes = (hand_off_near(schedule, at) for at in starts)
    return [at for at, change in zip(starts, changes, strict=True) if change is not None and change.at == at]


@settings(max_examples=40)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(["hourly", "daily", "weekly", "monthly"]),
    st.sampled_from([1, 2, 3, 5, 12]),
    st.integers(0, 365 * 24 * 4),
    st.sampled_from(CHANGES),
)
def test_every_hand_off_is_found_within_the_hour(
    zone: str, kind: str, interval: int, quarters: int, change_of_clocks: datetime
) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * quarters)
    schedule = a_schedule(turns(kind, start.isoformat(), interval), zone=zone)
    spec = handoff_spec(schedule)
    assert spec is not None and spec.time_zone_name == zone
    begin = change_of_clocks - timedelta(days=2)
    length = timedelta(days={"hourly": 4, "daily": 20, "weekly": 60, "monthly": 400}[kind])
    for shift in shifts(schedule, begin, begin + length)[1:]:
        assert is_found(schedule, spec, shift.start)


@settings(max_examples=40)
@given(rotas(), st.sampled_from(CHANGES))
def test_so_is_every_one_of_layers_that_have_their_hours(schedule: Schedule, change_of_clocks: datetime) -> None:
    spec = handoff_spec(schedule)
    begin = change_of_clocks - timedelta(days=2)
    for at in handed_over(schedule, begin, begin + timedelta(days=6)):
        assert spec is not None and is_found(schedule, spec, at)


OFFICE = {"weekdays": list(WEEKDAYS[:5]), "from": "09:00", "until": "17:00"}


def test_a_week_that_begins_at_midnight_is_handed_over_when_its_hours_begin() -> None:
    weekly = turns("weekly", "2026-01-05T00:00:00+01:00") | {"restrictions": [OFFICE]}
    schedule = a_schedule(weekly, zone="Europe/Paris")
    spec = handoff_spec(schedule)
    assert spec is not None
    monday = datetime(2026, 1, 12, 8, tzinfo=UTC)
    assert handed_over(schedule, monday - timedelta(days=6), monday + timedelta(days=6)) == [monday]
    assert is_found(schedule, spec, monday)


def test_follow_the_sun_hands_over_three_times_a_day() -> None:
    """Each region by its hours, one person in one of them: at every change of the region, and at no other time."""
    regions = (("00:00", "08:00", [["jo@example.com"]]), ("08:00", "16:00", [[ANA], [BO]]), ("16:00", "00:00", [[CY]]))
    layers = [
        {
            "name": begin,
            "rotations": [
                turns("weekly", "2026-01-05T09:00:00Z")
                | {"participants": people, "restrictions": [{"from": begin, "until": end}]}
            ],
        }
        for begin, end, people in regions
    ]
    schedule = Schedule.model_validate({"name": "sun", "time_zone": "UTC", "layers": layers})
    spec = handoff_spec(schedule)
    assert spec is not None
    begin = datetime(2026, 1, 6, 2, tzinfo=UTC)
    looked = [look for n in range(72) for look in looks_after(spec, begin + timedelta(hours=n))]
    changes = [change for look in looked if (change := hand_off_near(schedule, look)) is not None]
    assert list(dict.fromkeys(change.at for change in changes)) == [
        begin + timedelta(hours=6 + 8 * n) for n in range(9)
    ]


def test_a_rotation_that_ends_hands_over_to_what_is_below() -> None:
    ends = turns("daily", "2026-01-05T09:00:00Z") | {"participants": [[CY]], "until": "2026-01-07T14:25:00Z"}
    layers = [
        {"name": "below", "rotations": [turns("weekly", "2026-01-05T09:00:00Z")]},
        {"name": "above", "rotations": [ends]},
    ]
    schedule = Schedule.model_validate({"name": "rota", "time_zone": "Asia/Kolkata", "layers": layers})
    spec = handoff_spec(schedule)
    end = datetime(2026, 1, 7, 14, 25, tzinfo=UTC)
    assert spec is not None and is_found(schedule, spec, end)


def test_a_hand_off_within_a_second_is_looked_for_after_it() -> None:
    schedule = a_schedule(turns("daily", "2026-01-05T09:59:59.500000Z"))
    spec = handoff_spec(schedule)
    assert spec is not None and next(looks_after(spec, datetime(2026, 1, 6, 10, tzinfo=UTC))).minute == 0


@pytest.mark.parametrize(
    ("rotation", "fields"),
    [
        (turns("weekly", "2026-01-05T09:30:00+01:00"), {"minute": [30], "hour": [9], "day_of_week": [1]}),
        (turns("weekly", "2026-01-04T22:00:00+01:00"), {"minute": [0], "hour": [22, 23], "day_of_week": [0]}),
        (turns("daily", "2026-01-05T02:15:00+01:00", 3), {"minute": [15], "hour": [2, 3]}),
        (turns("hourly", "2026-01-05T20:00:00+01:00", 12), {"hour": [8, 20]}),
        (turns("hourly", "2026-01-05T08:00:00+01:00", 5), {"hour": list(range(24))}),
        (turns("monthly", "2026-01-15T09:00:00+01:00"), {"day_of_month": [15]}),
        (turns("monthly", "2026-01-31T09:00:00+01:00"), {"day_of_month": [28]}),
    ],
)
def test_by_the_clocks_of_the_schedule(rotation: dict[str, Any], fields: dict[str, list[int]]) -> None:
    spec = handoff_spec(a_schedule(rotation, zone="Europe/Paris"))
    assert spec is not None
    (calendar,) = spec.calendars
    assert {name: [one.start for one in getattr(calendar, name)] for name in fields} == fields


def test_nothing_where_nobody_takes_turns_and_every_hour_of_a_calendar() -> None:
    assert handoff_spec(a_schedule()) is None
    spec = handoff_spec(a_schedule(calendar="rota"))
    assert spec is not None and [one.start for one in spec.calendars[0].hour] == list(range(24))


def test_equal_calendars_are_one_and_their_number_has_an_end() -> None:
    rotations = [turns("daily", f"2026-01-05T09:{minute:02}:00Z") for minute in (0, 0, *range(18))]
    spec = handoff_spec(a_schedule(*rotations))
    assert spec is not None and len(spec.calendars) == 18 <= MOST_CALENDARS


def test_of_more_times_than_can_be_named_one_is_soon_after() -> None:
    layers = [
        {"name": str(hour), "rotations": [turns("daily", f"2026-01-05T{hour}:{minute:02}:00Z") for minute in range(20)]}
        for hour in (10, 11)
    ]
    layers[1]["rotations"] = [turns("weekly", f"2026-01-0{day}T11:{day}0:00Z") for day in range(1, 6)]
    schedule = Schedule.model_validate({"name": "rota", "time_zone": "UTC", "layers": layers})
    spec = handoff_spec(schedule)
    assert spec is not None and len(spec.calendars) <= MOST_CALENDARS
    begin = datetime(2026, 2, 2, 10, tzinfo=UTC)
    for minutes in range(0, 24 * 60, 10):
        at = begin + timedelta(minutes=minutes)
        assert next(looks_after(spec, at)) - at < timedelta(minutes=5)
