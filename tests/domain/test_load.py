"""What being on call has cost: hours, and pages while on call, at night by the person's own clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.load import Page, carried, is_night
from domain.schedule.schedule import Schedule
from domain.schedule.shifts import shifts

ANA, BO, CY = "ana@example.com", "bo@example.com", "cy@example.com"
MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
WEEK, HOUR = timedelta(weeks=1), timedelta(hours=1)


def a_schedule(*participants: list[str], **fields: Any) -> Schedule:
    rotation = {"kind": "weekly", "start": MONDAY, "participants": participants}
    layers = [{"name": "a", "rotations": [rotation]}]
    return Schedule.model_validate({"name": "rota", "time_zone": "UTC", "layers": layers, **fields})


@pytest.mark.parametrize(
    ("at", "zone", "night"),
    [
        ("2026-01-05T21:59:59Z", "UTC", False),
        ("2026-01-05T22:00:00Z", "UTC", True),
        ("2026-01-05T05:59:59Z", "UTC", True),
        ("2026-01-05T06:00:00Z", "UTC", False),
        ("2026-01-05T12:00:00Z", "Pacific/Auckland", True),
        ("2026-03-29T04:30:00Z", "Europe/Paris", False),
        ("2026-03-28T04:30:00Z", "Europe/Paris", True),
    ],
)
def test_night_is_from_22_to_6_by_the_clock(at: str, zone: str, night: bool) -> None:
    assert is_night(datetime.fromisoformat(at), zone) is night


def test_pages_count_while_on_call_alone() -> None:
    schedule = a_schedule([ANA], [BO, CY])
    found = shifts(schedule, MONDAY, MONDAY + 2 * WEEK)
    pages = [
        Page(recipient=ANA, at=MONDAY),
        Page(recipient=ANA, at=MONDAY + 14 * HOUR),
        Page(recipient=ANA, at=MONDAY + WEEK),  # Bo and Cy are on call
        Page(recipient=CY, at=MONDAY + WEEK),
        Page(recipient="stranger@example.com", at=MONDAY),
    ]
    said = {one.user: (one.hours, one.pages, one.night_pages) for one in carried(schedule, found, pages, {})}
    assert said == {ANA: (168, 2, 1), BO: (168, 0, 0), CY: (168, 1, 0)}


def test_who_had_nothing_is_named_and_who_only_came_by_an_override_too() -> None:
    override = {"id": "00000000-0000-0000-0000-000000000001", "start": MONDAY, "end": MONDAY + HOUR, "users": [CY]}
    schedule = a_schedule([ANA], [BO], overrides=[override])
    said = {one.user: one for one in carried(schedule, shifts(schedule, MONDAY, MONDAY + WEEK), [], {})}
    assert (said[ANA].hours, said[BO].hours, said[CY].hours) == (167, 0, 1)
    assert said[BO].shifts == 0 and any("less than the mean" in sentence for sentence in said[BO].unfair)


@given(st.lists(st.integers(0, 14 * 24), max_size=30))
def test_every_page_to_whoever_is_on_call_counts_once(hours: list[int]) -> None:
    schedule = a_schedule([ANA], [BO])
    pages = [Page(recipient=user, at=MONDAY + hour * HOUR) for hour in hours for user in (ANA, BO)]
    found = shifts(schedule, MONDAY, MONDAY + 2 * WEEK)
    said = carried(schedule, found, pages, {})
    assert sum(one.pages for one in said) == sum(hour < 14 * 24 for hour in hours)
    assert all(one.night_pages <= one.pages for one in said)
