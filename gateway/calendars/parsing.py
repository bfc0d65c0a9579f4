"""From the text of a calendar to its events."""

import threading
import warnings
from zoneinfo import ZoneInfo

import icalendar
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from domain.wall_clock import zone_of
from gateway.calendars.errors import UnreadableCalendar

MAX_BYTES = 2 * 1024 * 1024
MAX_EVENTS = 20_000

_LIBRARY = threading.Lock()


def parse(ics: bytes) -> list[icalendar.Calendar]:
    """The calendars of a file; several may follow one another.

    Raises:
        UnreadableCalendar: there is none, or it is too large.
    """
    if len(ics) > MAX_BYTES:
        raise UnreadableCalendar(f"the calendar has {len(ics):,} bytes; at most {MAX_BYTES:,} are read")
    if ics.upper().count(b"BEGIN:VEVENT") > MAX_EVENTS:
        raise UnreadableCalendar(f"the calendar has more than {MAX_EVENTS:,} events: export a shorter time")
    calendars = [found for found in _parsed(ics) if isinstance(found, icalendar.Calendar)]
    if not calendars:
        raise UnreadableCalendar("there is no calendar in it: it must begin with BEGIN:VCALENDAR")
    return calendars


def zone_named(calendar: icalendar.Calendar) -> ZoneInfo | None:
    """The zone that a calendar says it is in (X-WR-TIMEZONE), by its IANA or Windows name; None when it says none.

    Raises:
        ValueError: nobody knows the zone.
    """
    said = calendar.get("X-WR-TIMEZONE")
    if said is None:
        return None
    name = str(said).strip()
    return zone_of(WINDOWS_TO_OLSON.get(name, name))


def _parsed(ics: bytes) -> list[icalendar.Component]:
    # The library remembers by name the zones that calendars define themselves, for the whole process: "Customized
    # Time Zone" of one calendar would be that of all. Choosing its source of zones anew makes it forget them.
    with _LIBRARY, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as that /vendor/Europe/Berlin is taken for Europe/Berlin
        icalendar.use_zoneinfo()  # type: ignore[no-untyped-call]
        try:
            return list(icalendar.Calendar.from_ical(ics, multiple=True))
        except Exception as error:  # whatever stops the parser, it is the text that is wrong
            raise UnreadableCalendar(f"the calendar cannot be read: {_short(error)}") from error


def _short(error: Exception) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= 200 else f"{said[:200]}…"
