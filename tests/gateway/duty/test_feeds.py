"""Of more shifts than calendar programs bear, those nearest to now are told."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import icalendar
import pytest

from domain.catalogue import Catalogue
from domain.schedule.schedule import Schedule
from gateway.duty import feeds

ANA = "ana@example.com"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAYS_AHEAD = 401
"""The shift that is under way, and one for each day to come."""
DAILY = Schedule.model_validate(
    {
        "name": "rota",
        "time_zone": "UTC",
        "layers": [
            {
                "name": "a",
                "rotations": [{"kind": "daily", "start": "2026-01-05T09:00:00Z", "participants": [[ANA]]}],
            }
        ],
    }
)


def starts(calendar: bytes) -> list[datetime]:
    return [event.decoded("DTSTART") for event in icalendar.Calendar.from_ical(calendar).walk("VEVENT")]


@pytest.mark.parametrize(
    ("most", "first", "last"),
    [
        (1, 0, 0),
        (30, 0, 29),
        (DAYS_AHEAD, 0, 400),
        (DAYS_AHEAD + 20, -20, 400),
    ],
)
@pytest.mark.parametrize("of_person", [False, True])
def test_present_and_future_go_before_the_past(
    monkeypatch: pytest.MonkeyPatch, most: int, first: int, last: int, of_person: bool
) -> None:
    monkeypatch.setattr(feeds, "MOST_EVENTS", most)
    if of_person:
        told = feeds.of_person(Catalogue(), ANA, {uuid4(): DAILY}, "http://x", NOW)
    else:
        told = feeds.of_schedule(Catalogue(), uuid4(), DAILY, "http://x", NOW)
    today = NOW.replace(hour=9)
    assert starts(told) == [today + timedelta(days=day) for day in range(first, last + 1)]
