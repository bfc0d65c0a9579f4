"""Gives every time of an event the zone that it is meant in, and refuses events whose times cannot be known."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from domain.wall_clock import first_instant
from gateway.calendars.errors import UnusableEvent

_ALL = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
"""The properties that say when an event is; one that cannot be read makes all of it uncertain."""
_LAST_SECOND = time(23, 59, 59)


def localize(event: icalendar.Component, zone: ZoneInfo) -> None:
    """Set floating times of an event, in place, to the zone of its calendar; dates of whole days stay dates.

    Raises:
        UnusableEvent: a time is missing, cannot be read, or is in a zone that nobody knows.
    """
    broken = {name for name, _ in event.errors if name in _ALL}
    if broken:
        raise UnusableEvent(f"its {', '.join(sorted(broken))} cannot be read")
    for name in _ALL:
        for value in _values(event, name):
            _localize_value(name, value, zone)
    start = moment(event, "DTSTART")
    if start is None:
        raise UnusableEvent("it must have one DTSTART, a date or a time on a date")
    for rule in _values(event, "RRULE"):
        _localize_until(rule, start, zone)


def moment(event: icalendar.Component, name: str) -> date | None:
    """The date or time that a property says; None when it says none, or several."""
    value = event.get(name)
    found = value.dt if isinstance(value, icalendar.vDDDTypes) else None
    return found if isinstance(found, date) else None


def bounds(occurrence: icalendar.Component, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Start and end of an occurrence in UTC."""
    start, end = moment(occurrence, "DTSTART"), moment(occurrence, "DTEND")
    if start is None or end is None:
        raise UnusableEvent("its DTSTART and DTEND must be dates or times on a date")
    try:
        return _instant(start, zone), _instant(end, zone)
    except OverflowError as error:  # in the year 1 or 9999, where other zones have no time
        raise UnusableEvent("it is beyond the years that there are") from error


def _instant(said: date, zone: ZoneInfo) -> datetime:
    """Dates begin at local midnight; skipped times are as RFC 5545 has them."""
    if not isinstance(said, datetime):
        return first_instant(datetime.combine(said, time()), zone)
    return (said if said.tzinfo is not None else said.replace(tzinfo=zone)).astimezone(UTC)


def _values(event: icalendar.Component, name: str) -> Iterator[Any]:
    found = event.get(name, [])
    yield from found if isinstance(found, list) else [found]


def _localize_value(name: str, value: Any, zone: ZoneInfo) -> None:
    if name in {"RRULE", "DURATION"}:
        return
    tzid = getattr(value, "params", {}).get("TZID")
    for one in value.dts if name in {"RDATE", "EXDATE"} else [value]:
        if isinstance(one.dt, tuple):  # a period: a start, and an end or a length
            one.dt = tuple(_localized(name, part, tzid, zone) for part in one.dt)
        else:
            one.dt = _localized(name, one.dt, tzid, zone)


def _localized(name: str, said: Any, tzid: str | None, zone: ZoneInfo) -> Any:
    if isinstance(said, timedelta):
        return said
    if not isinstance(said, date):
        raise UnusableEvent(f"its {name} must be a date or a time on a date")
    if not isinstance(said, datetime) or said.tzinfo is not None:
        return said
    if tzid is not None:
        raise UnusableEvent(f"its {name} is in the time zone “{tzid}”, which is neither a known one nor defined there")
    return said.replace(tzinfo=zone)


def _localize_until(rule: Any, start: date, zone: ZoneInfo) -> None:
    """Make a rule's UNTIL comparable with the start, as RFC 5545 wants it and many calendars do not write it."""
    if "UNTIL" not in rule:
        return
    said = rule["UNTIL"]
    until = said[0] if isinstance(said, list) else said
    if not isinstance(until, date):
        raise UnusableEvent("the UNTIL of its RRULE must be a date or a time on a date")
    if not isinstance(start, datetime):
        rule["UNTIL"] = [_local_date(until, zone)]
        return
    if not isinstance(until, datetime):
        until = datetime.combine(until, _LAST_SECOND)  # a day is meant with all that begins on it
    if until.tzinfo is None:
        local: tzinfo = start.tzinfo or zone
        until = until.replace(tzinfo=local)
    rule["UNTIL"] = [until.astimezone(UTC)]


def _local_date(said: date, zone: ZoneInfo) -> date:
    if not isinstance(said, datetime):
        return said
    return (said.astimezone(zone) if said.tzinfo is not None else said).date()
