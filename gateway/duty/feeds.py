"""The calendar of a schedule, and that of a person over all schedules."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.catalogue import Catalogue
from domain.schedule.schedule import Schedule
from domain.schedule.shifts import Shift, shifts
from gateway.calendars.feed import Entry, feed

BACK, AHEAD = timedelta(days=90), timedelta(days=400)
_BEFORE = timedelta(days=62)
"""Shifts are worked out from so much earlier on, so that those in the calendar begin where they begin, not clipped."""
MOST_EVENTS = 6000
"""Of one calendar: programs choke on more. What is over is left out first, then what is farthest away."""


def window(now: datetime) -> tuple[datetime, datetime]:
    """For when a calendar tells shifts. It begins with a month, so that what is clipped there keeps its beginning."""
    first = (now - BACK).astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first, now + AHEAD


def of_schedule(catalogue: Catalogue, id: UUID, schedule: Schedule, base_url: str, now: datetime) -> bytes:
    """Everybody's shifts of one schedule."""
    entries = _entries(catalogue, id, schedule, base_url, now)
    return feed(schedule.name, _nearest(entries, now), now)


def of_person(
    catalogue: Catalogue, email: str, schedules: Mapping[UUID, Schedule], base_url: str, now: datetime
) -> bytes:
    """One person's shifts over all schedules."""
    own = email.casefold()
    entries = [
        entry
        for id, schedule in schedules.items()
        if own in {person.casefold() for person in schedule.people}
        for entry in _entries(catalogue, id, schedule, base_url, now)
        if own in {user.casefold() for user in entry.shift.users}
    ]
    entries.sort(key=lambda entry: (entry.shift.start, entry.schedule))
    user = catalogue.user_named.get(email)
    return feed(f"On call: {user.name if user else email}", _nearest(entries, now), now)


def _nearest(entries: list[Entry], now: datetime) -> list[Entry]:
    """As many as a calendar may hold, in their order."""

    def far(place: int) -> tuple[bool, timedelta]:
        shift = entries[place].shift
        is_over = shift.end <= now
        return is_over, now - shift.end if is_over else shift.start - now

    places = sorted(range(len(entries)), key=far)[:MOST_EVENTS]
    return [entries[place] for place in sorted(places)]


def _entries(catalogue: Catalogue, id: UUID, schedule: Schedule, base_url: str, now: datetime) -> list[Entry]:
    start, end = window(now)
    return [
        Entry(
            schedule_id=id,
            schedule=schedule.name,
            shift=shift,
            names=tuple(_name(catalogue, email) for email in shift.users),
            url=f"{base_url}/schedules/{id}",
        )
        # Hand-off by hand-off: merged, the only person of a schedule would have one event of a year and a half.
        for shift in _from(start, shifts(schedule, start - _BEFORE, end, merge=False))
    ]


def _from(start: datetime, found: list[Shift]) -> list[Shift]:
    return [shift for shift in found if shift.end > start]


def _name(catalogue: Catalogue, email: str) -> str:
    user = catalogue.user_named.get(email)
    return user.name if user else email
