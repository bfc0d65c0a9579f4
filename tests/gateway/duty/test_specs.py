"""When Temporal looks for hand-offs: soon after every one that there is, clock changes or not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.client import ScheduleCalendarSpec, ScheduleRange

from domain.duty import hand_off_near
from domain.schedule.schedule import Schedule
from domain.schedule.shifts import shifts
from gateway.duty.specs import MOST_CALENDARS, handoff_spec

ANA, BO, CY = "ana@example.com", "bo@example.com", "cy@example.com"
ZONES = ("Europe/Paris", "America/Chicago", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo", "UTC")
CHANGES = tuple(
    datetime(2026, *day, tzinfo=UTC) for day in ((3, 8), (3, 29), (4, 4), (4, 23), (10, 3), (10, 25), (11, 1))
)
"""The days before clocks change in one of these zones, or on which they do."""


def a_schedule(*rotations: dict[str, Any], zone: str = "UTC", **layer: Any) -> Schedule:
    layers = [{"name": "a", "rotations": list(rotations)} | layer]
    return Schedule.model_validate({"name": "rota", "time_zone": zone, "layers": layers})


def turns(kind: str, start: str, interval: int = 1) -> dict[str, Any]:
    return {"kind": kind, "interval": interval, "start": start, "participants": [[ANA], [BO]]}


def looks(calendar: ScheduleCalendarSpec, at: datetime, zone: str) -> bool:
    """Whether Temporal looks at an instant."""
    local = at.astimezone(ZoneInfo(zone))
    wanted: list[tuple[Sequence[ScheduleRange], int]] = [
        (calendar.second, local.second),
        (calendar.minute, local.minute),
        (calendar.hour, local.hour),
        (calendar.day_of_week, local.isoweekday() % 7),
        (calendar.day_of_month, local.day),
    ]
    return all(any(one.start <= value <= max(one.start, one.end) for one in ranges) for ranges, value in wanted)


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
    (calendar,) = spec.calendars
    begin = change_of_clocks - timedelta(days=2)
    length = timedelta(days={"hourly": 4, "daily": 20, "weekly": 60, "monthly": 400}[kind])
    for shift in shifts(schedule, begin, begin + length)[1:]:
        at = next(at for n in range(61) if looks(calendar, at := shift.start + timedelta(minutes=n), zone))
        change = hand_off_near(schedule, at)
        assert change is not None and change.at >= shift.start


@pytest.mark.parametrize(
    ("rotation", "fields"),
    [
        (turns("weekly", "2026-01-05T09:30:00+01:00"), {"minute": [30], "hour": [9], "day_of_week": [1]}),
        (turns("weekly", "2026-01-04T22:00:00+01:00"), {"minute": [0], "hour": [22], "day_of_week": [0]}),
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
