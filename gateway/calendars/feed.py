"""A schedule as an iCalendar, for the calendars of those who are on call."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import icalendar
from pydantic import BaseModel, ConfigDict

from domain.schedule.shifts import Shift

REFRESH = timedelta(hours=1)
"""How often calendars are asked to look again."""


class Entry(BaseModel):
    """One shift of a schedule, and what is to be said of it."""

    model_config = ConfigDict(frozen=True)

    schedule_id: UUID
    schedule: str
    """Its name."""
    shift: Shift
    names: tuple[str, ...]
    """Of those who are on call, in the order of `shift.users`."""
    url: str | None = None
    """The page of the schedule."""


def feed(name: str, entries: Iterable[Entry], made_at: datetime) -> bytes:
    """The calendar of some shifts, in UTC.

    Args:
        name: as the calendar shows itself.
        entries: of one schedule, or of one person in several; shifts without anybody are left out.
        made_at: when it was asked for; aware.
    """
    calendar = icalendar.Calendar()
    calendar.add("PRODID", "-//Tocsin//On-call schedule//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", "PUBLISH")
    for property_name in ("NAME", "X-WR-CALNAME"):
        calendar.add(property_name, _text(name))
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", icalendar.vDuration(REFRESH))
    for entry in entries:
        if entry.shift.users:
            calendar.add_component(_event(entry, made_at))
    return bytes(calendar.to_ical())


def _event(entry: Entry, made_at: datetime) -> icalendar.Event:
    shift = entry.shift
    event = icalendar.Event()
    event.add("UID", _uid(entry))
    event.add("DTSTAMP", made_at.astimezone(UTC))
    event.add("DTSTART", shift.start.astimezone(UTC))
    event.add("DTEND", shift.end.astimezone(UTC))
    where = [shift.layer, f"level {shift.level}", "override" if shift.override else ""]
    event.add("SUMMARY", _text(f"On call: {', '.join(entry.names)} ({', '.join(filter(None, where))})"))
    event.add("DESCRIPTION", _text(f"{entry.schedule}: {', '.join(shift.users)}"))
    for address, name in zip(shift.users, entry.names, strict=True):
        event.add("ATTENDEE", f"mailto:{_line(address)}", parameters={"CN": _line(name), "PARTSTAT": "ACCEPTED"})
    event.add("TRANSP", "TRANSPARENT")  # being on call does not make somebody busy
    if entry.url:
        event.add("URL", entry.url)
    return event


def _text(text: str) -> icalendar.vText:
    """A text that the library escapes: of properties it does not know, such as NAME, it writes strings as they are."""
    return icalendar.vText(_line(text))


def _line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _uid(entry: Entry) -> str:
    """The same for the same shift in every feed, however often it is asked for."""
    return f"{entry.schedule_id}-{entry.shift.level}-{entry.shift.start.astimezone(UTC):%Y%m%dT%H%M%SZ}@tocsin"
