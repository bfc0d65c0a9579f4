"""Reads an iCalendar as pieces of duty: who is on call from when to when."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import icalendar
from pydantic import BaseModel, ConfigDict

from domain.instants import FIRST_YEAR, LAST_YEAR
from domain.schedule.schedule import Span
from domain.wall_clock import zone_of
from gateway.calendars.errors import UnreadableCalendar, UnusableEvent
from gateway.calendars.localizing import bounds, localize, moment
from gateway.calendars.naming import Named, People, named
from gateway.calendars.parsing import parse, zone_named
from gateway.calendars.recurring import Budget, check_rules, occurrences, series

MOST_IGNORED = 100
"""Sentences about what was ignored."""
_MOST_USERS = 200
_LONGEST_SUMMARY = 500
_BEGINNING = datetime(FIRST_YEAR, 1, 2, tzinfo=UTC)
_END = datetime(LAST_YEAR, 12, 30, tzinfo=UTC)


class Reading(BaseModel):
    """What a calendar says. Spans are in UTC, whole, in order of time; they may overlap."""

    model_config = ConfigDict(frozen=True)

    spans: tuple[Span, ...] = ()
    """Of events without a level."""
    levels: Mapping[int, tuple[Span, ...]] = {}
    """Of events whose title begins with `[L1]`, by that number. Where Grafana OnCall reads such calendars, a higher
    number covers a lower one, and no number counts as 0: see `gateway.calendars.precedence`."""
    ignored: tuple[str, ...] = ()
    """A sentence for each event, or part of one, that was left out."""


def read_calendar(ics: bytes, start: datetime, end: datetime, zone: str, people: Mapping[str, str]) -> Reading:
    """Who a calendar says is on call.

    Occurrences keep their wall-clock times over clock changes. What hangs within the libraries is not stopped here:
    `gateway.calendars.apart` does the same in a process that can be ended.

    Args:
        ics: the calendar, at most 2 MiB.
        start: aware; what ends by then is left out.
        end: aware; what begins then or later is left out.
        zone: IANA name, for whole days and floating times when the calendar does not say where it is.
        people: e-mail address by name.

    Raises:
        UnreadableCalendar: it is no calendar, or has too much in it.
        ValueError: `zone` is no zone.
    """
    reader = _Reader(max(start, _BEGINNING), min(end, _END), People(people), zone_of(zone))
    try:
        for calendar in parse(ics):
            reader.read(calendar)
    except RecursionError as error:
        raise UnreadableCalendar("the calendar cannot be read: its parts are nested too deeply") from error
    return reader.reading()


class _Reader:
    """Collects the spans of one file."""

    def __init__(self, start: datetime, end: datetime, people: People, zone: ZoneInfo) -> None:
        self._start, self._end = start, end
        self._people = people
        self._zone = zone
        self._budget = Budget()
        self._spans: dict[int | None, list[Span]] = defaultdict(list)
        self._ignored: dict[tuple[str, str], str] = {}
        """The sentence for a series and a reason: the same of every occurrence would be too much."""

    def read(self, calendar: icalendar.Calendar) -> None:
        """Add what one calendar says."""
        zone = self._zone_of(calendar)
        for events in series(self._usable(calendar, zone)):
            try:
                for occurrence in occurrences(events, self._start, self._end, self._budget):
                    self._add(occurrence, zone)
            except UnusableEvent as error:
                self._ignore(events[0], str(error))

    def reading(self) -> Reading:
        """All of it, in order."""
        ordered = {
            level: tuple(sorted(spans, key=lambda span: (span.start, span.end, span.users)))
            for level, spans in self._spans.items()
        }
        ignored = list(self._ignored.values())
        if len(ignored) > MOST_IGNORED:
            ignored[MOST_IGNORED:] = [f"{len(ignored) - MOST_IGNORED} more were left out, too."]
        return Reading(
            spans=ordered.pop(None, ()),
            levels={level: ordered[level] for level in sorted(level for level in ordered if level is not None)},
            ignored=tuple(ignored),
        )

    def _zone_of(self, calendar: icalendar.Calendar) -> ZoneInfo:
        try:
            return zone_named(calendar) or self._zone
        except ValueError:
            said = _quoted(str(calendar.get("X-WR-TIMEZONE")))
            sentence = f"X-WR-TIMEZONE {said} is no known time zone: {self._zone.key} is used for whole days."
            self._ignored["", sentence] = sentence
            return self._zone

    def _usable(self, calendar: icalendar.Calendar, zone: ZoneInfo) -> Iterator[icalendar.Component]:
        for event in calendar.walk("VEVENT"):
            try:
                localize(event, zone)
                check_rules(event)
            except UnusableEvent as error:
                self._ignore(event, str(error))
            else:
                yield event

    def _add(self, occurrence: icalendar.Component, zone: ZoneInfo) -> None:
        if str(occurrence.get("STATUS", "")).upper() == "CANCELLED":
            return
        start, end = bounds(occurrence, zone)
        start, end = max(start, _BEGINNING), min(end, _END)
        if start >= end or end <= self._start or start >= self._end:
            return
        found = named(occurrence, self._people)
        if not found.users:
            self._ignore(occurrence, _nobody(found))
            return
        if found.unknown:
            names = ", ".join(map(_quoted, found.unknown))
            self._ignore(occurrence, f"{names} in it is no user and left out", of_all=False)
        users, summary = found.users[:_MOST_USERS], str(occurrence.get("SUMMARY", ""))[:_LONGEST_SUMMARY]
        self._spans[found.level].append(Span(start=start, end=end, users=users, summary=summary))

    def _ignore(self, event: icalendar.Component, why: str, *, of_all: bool = True) -> None:
        """Args: of_all: the whole event is left out."""
        title = _quoted(str(event.get("SUMMARY", "")).strip() or "(no title)")
        start = moment(event, "DTSTART")
        day = f" of {start:%Y-%m-%d}" if start is not None else ""
        sentence = f"{title}{day} is left out: {why}." if of_all else f"{title}{day}: {why}."
        self._ignored.setdefault((str(event.get("UID", id(event))), why), sentence)


def _nobody(found: Named) -> str:
    if found.declined:
        return f"{', '.join(map(_quoted, found.declined))} declined, and it names nobody else"
    names = ", ".join(map(_quoted, found.unknown[:10]))
    return (
        f"{names} is no user here; " if names else "it names nobody; "
    ) + "its title must be names or e-mail addresses of users, with commas between, or they must be its attendees"


def _quoted(text: str) -> str:
    text = " ".join(text.split())
    return f"“{text if len(text) <= 80 else text[:80] + '…'}”"
