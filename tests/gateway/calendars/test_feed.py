"""The feed, read by a library that shares nothing with the one that writes it, and by Tocsin itself."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import icalendar
import ics  # type: ignore[import-untyped]
import pytest

from domain.schedule.schedule import Layer, Restriction, Rotation, Schedule
from domain.schedule.shifts import Shift, shifts
from gateway.calendars.feed import Entry, feed
from gateway.calendars.reading import read_calendar

NAMES = {"ana@example.com": "Ana Ruiz", "bo@example.com": "Bo; Bang, jr.", "cy@example.com": 'Cy "Sky" Ng: \\ Ω'}
ANA, BO, CY = NAMES
SCHEDULE_ID = UUID("6f0d6a1c-8f57-4a55-9d0e-0d6a9fd3b001")
MADE = datetime(2026, 3, 1, 12, tzinfo=UTC)
START, END = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
"""The clocks of Paris change in between."""

SCHEDULE = Schedule(
    name="Payments",
    time_zone="Europe/Paris",
    layers=(
        Layer(
            name="Primary",
            rotations=(
                Rotation(
                    kind="weekly",
                    start=datetime(2026, 1, 5, 8, tzinfo=UTC),
                    participants=((ANA,), (BO, CY), (CY,)),
                ),
            ),
        ),
        Layer(
            name="Nights",
            rotations=(
                Rotation(
                    kind="daily",
                    start=datetime(2026, 1, 5, 8, tzinfo=UTC),
                    participants=((BO,), (CY,)),
                    restrictions=(Restriction(weekdays=("fri", "sat"), from_="22:00", until="06:30"),),
                ),
            ),
        ),
        Layer(
            name="Backup",
            level=2,
            rotations=(
                Rotation(kind="monthly", start=datetime(2026, 1, 31, 8, tzinfo=UTC), participants=((CY,), (ANA,))),
            ),
        ),
    ),
)


def entries(found: list[Shift]) -> list[Entry]:
    return [
        Entry(
            schedule_id=SCHEDULE_ID,
            schedule="Payments",
            shift=shift,
            names=tuple(NAMES[user] for user in shift.users),
            url="https://tocsin.example/schedules/1",
        )
        for shift in found
    ]


def test_another_library_agrees_at_a_thousand_random_instants() -> None:
    expected = shifts(SCHEDULE, START, END)
    assert len(expected) > 20
    read = ics.Calendar(feed("Payments", entries(expected), MADE).decode())
    events = [
        (event.begin.datetime, event.end.datetime, tuple(who.email.removeprefix("mailto:") for who in event.attendees))
        for event in read.events
    ]
    assert len(events) == len(expected)
    chance = random.Random(5)
    seconds = int((END - START).total_seconds())
    instants = [START + timedelta(seconds=chance.randrange(seconds)) for _ in range(1000)]
    instants += [shift.start for shift in expected]  # the very instants of hand-offs
    for at in instants:
        here = sorted(sorted(shift.users) for shift in expected if shift.start <= at < shift.end)
        there = sorted(sorted(users) for start, end, users in events if start <= at < end)
        assert here == there, at


def test_tocsin_reads_its_own_feed_as_the_same_shifts() -> None:
    expected = shifts(SCHEDULE, START, END)
    reading = read_calendar(feed("Payments", entries(expected), MADE), START, END, "Asia/Tokyo", {})
    assert reading.spans == ()  # nobody is known
    people = {name: address for address, name in NAMES.items()}
    reading = read_calendar(feed("Payments", entries(expected), MADE), START, END, "Asia/Tokyo", people)
    assert sorted((span.start, span.end, span.users) for span in reading.spans) == sorted(
        (shift.start, shift.end, shift.users) for shift in expected
    )
    assert reading.ignored == ()


@pytest.fixture
def shift() -> Shift:
    start = datetime(2026, 3, 2, 8, tzinfo=UTC)
    return Shift(start=start, end=start + timedelta(hours=12), level=1, users=(ANA, BO), layer="Primary")


def test_what_a_calendar_program_shows(shift: Shift) -> None:
    calendar: Any = icalendar.Calendar.from_ical(feed("Payments, on call", entries([shift]), MADE))
    assert calendar["PRODID"] == "-//Tocsin//On-call schedule//EN"
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=1)
    (event,) = calendar.events
    assert event["UID"] == f"{SCHEDULE_ID}-1-20260302T080000Z@tocsin"
    assert event["SUMMARY"] == "On call: Ana Ruiz, Bo; Bang, jr. (Primary, level 1)"
    assert event["DESCRIPTION"] == "Payments: ana@example.com, bo@example.com"
    assert [str(who) for who in event["ATTENDEE"]] == ["mailto:ana@example.com", "mailto:bo@example.com"]
    assert event["DTSTAMP"].dt == MADE
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (shift.start, shift.end)
    text = feed("Payments, on call", entries([shift]), MADE).decode()
    assert "\r\nNAME:Payments\\, on call\r\n" in text and "\r\nX-WR-CALNAME:Payments\\, on call\r\n" in text
    assert "X-PUBLISHED-TTL:PT1H\r\n" in text and "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_an_override_says_so(shift: Shift) -> None:
    overridden = shift.model_copy(update={"override": True, "layer": "", "users": (ANA,)})
    (event,) = icalendar.Calendar.from_ical(feed("x", entries([overridden]), MADE)).events
    assert event["SUMMARY"] == "On call: Ana Ruiz (level 1, override)"


def test_names_cannot_add_lines(shift: Shift) -> None:
    evil = 'Eve\r\nEND:VEVENT\nBEGIN:VEVENT\r\nUID:evil;X="1":,\x00'
    entry = Entry(
        schedule_id=SCHEDULE_ID, schedule=evil, shift=shift.model_copy(update={"layer": evil}), names=(evil, evil)
    )
    calendar: Any = icalendar.Calendar.from_ical(feed(evil, [entry], MADE))
    assert [event["UID"] for event in calendar.events] == [f"{SCHEDULE_ID}-1-20260302T080000Z@tocsin"]
    assert all(str(who).startswith("mailto:") for event in calendar.events for who in event["ATTENDEE"])


def test_nobody_on_call_is_no_event(shift: Shift) -> None:
    empty = shift.model_copy(update={"users": ()})
    assert not icalendar.Calendar.from_ical(feed("x", entries([empty]), MADE)).events
