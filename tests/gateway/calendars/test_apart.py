"""A calendar that would keep a process busy for ever, in a process of its own."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.calendars import apart
from gateway.calendars.apart import read_apart
from gateway.calendars.errors import UnreadableCalendar
from gateway.calendars.reading import read_calendar

GOOGLE = Path(__file__).parents[2] / "fixtures" / "calendars" / "google.ics"
WINDOW = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))
PEOPLE = {"Ana Ruiz": "ana@example.com", "Bo Bang": "bo@example.com"}

# There is no 30th of February, but the library looks for one in every hour until the year 9999.
BOMB = b"""BEGIN:VCALENDAR\r
BEGIN:VEVENT\r
UID:1\r
DTSTART:20260305T090000Z\r
DURATION:PT1H\r
RRULE:FREQ=HOURLY;BYMONTHDAY=30;BYMONTH=2\r
SUMMARY:Ana Ruiz\r
END:VEVENT\r
END:VCALENDAR\r
"""


async def test_the_same_is_read_as_in_this_process() -> None:
    ics = GOOGLE.read_bytes()
    expected = read_calendar(ics, *WINDOW, "Europe/Paris", PEOPLE)
    assert expected.spans and await read_apart(ics, *WINDOW, "Europe/Paris", PEOPLE) == expected


async def test_what_is_refused_there_is_refused_here() -> None:
    with pytest.raises(UnreadableCalendar, match="no calendar in it"):
        await read_apart(b"", *WINDOW, "Europe/Paris", PEOPLE)


async def test_a_bomb_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "CPU_SECONDS", 2)
    with pytest.raises(UnreadableCalendar, match="takes too long or too much memory"):
        await read_apart(BOMB, *WINDOW, "Europe/Paris", PEOPLE)


async def test_a_process_that_does_not_come_to_an_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "WALL_SECONDS", 0.2)
    with pytest.raises(UnreadableCalendar, match="takes too long"):
        await read_apart(BOMB, *WINDOW, "Europe/Paris", PEOPLE)


async def test_the_process_gets_nothing_from_this_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\nenv | grep -c SECRET > {tmp_path}/found\nexec {sys.executable} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("TOCSIN_SECRET_KEY", "x")
    monkeypatch.setattr(sys, "executable", str(program))
    await read_apart(GOOGLE.read_bytes(), *WINDOW, "Europe/Paris", PEOPLE)
    assert (tmp_path / "found").read_text().strip() == "0"
