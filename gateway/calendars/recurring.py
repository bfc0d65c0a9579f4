"""The occurrences of events, in bounds: a rule of one line can mean more of them than there is time for."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from math import prod
from typing import Any

import icalendar
from recurring_ical_events import CalendarQuery  # type: ignore[import-untyped]

from gateway.calendars.errors import UnreadableCalendar, UnusableEvent

MAX_OCCURRENCES = 20_000
MAX_SECONDS = 5.0
"""Of processor time for one calendar. Checked between events: `gateway.calendars.apart` ends what hangs within one."""
MOST_A_DAY = 48
"""Occurrences of one event."""
MOST_INTERVAL = 10_000
_MARGIN = timedelta(days=2)
"""Dates of whole days have no zone until they are found."""


class Budget:
    """How many occurrences, and how long, there may still be."""

    def __init__(self, occurrences: int = MAX_OCCURRENCES, seconds: float = MAX_SECONDS) -> None:
        self._limit = self._left = occurrences
        self._until = time.thread_time() + seconds

    def take(self, occurrences: int) -> None:
        """Use some of it up.

        Raises:
            UnreadableCalendar: there is nothing left.
        """
        self._left -= occurrences
        if self._left < 0:
            raise UnreadableCalendar(
                f"the calendar has more than {self._limit:,} occurrences in the time that is looked at"
            )
        if time.thread_time() > self._until:
            raise UnreadableCalendar("the calendar takes too long to work out: its repeating events are too many")


def check_rules(event: icalendar.Component) -> None:
    """See that an event's rules can be worked out in bounds.

    Raises:
        UnusableEvent: it repeats more often than anybody can be on call.
    """
    found = event.get("RRULE", [])
    for rule in found if isinstance(found, list) else [found]:
        frequency = str(_first(rule, "FREQ")).upper()
        if frequency not in {"HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"}:
            raise UnusableEvent(f"its RRULE has FREQ={frequency}: HOURLY, DAILY, WEEKLY, MONTHLY and YEARLY are read")
        interval = _first(rule, "INTERVAL")
        if interval is not None and not 1 <= interval <= MOST_INTERVAL:  # with 0, the library never comes to an end
            raise UnusableEvent(f"its RRULE has INTERVAL={interval}: it must be 1 to {MOST_INTERVAL:,}")
        times = prod(len(_list(rule, part)) or 1 for part in ("BYHOUR", "BYMINUTE", "BYSECOND"))
        times *= 24 if frequency == "HOURLY" and not _list(rule, "BYHOUR") else 1
        if times > MOST_A_DAY:
            raise UnusableEvent(f"its RRULE names {times:,} times of a day; at most {MOST_A_DAY} are read")


def series(events: Iterable[icalendar.Component]) -> list[list[icalendar.Component]]:
    """Events that belong together: a series with the instances of it that were edited."""
    found: dict[object, list[icalendar.Component]] = defaultdict(list)
    for event in events:
        found[str(event["UID"]) if "UID" in event else id(event)].append(event)
    return list(found.values())


def occurrences(
    events: list[icalendar.Component], start: datetime, end: datetime, budget: Budget
) -> Iterator[icalendar.Component]:
    """The occurrences of one series that touch `[start, end)`, give or take two days.

    Raises:
        UnusableEvent: the library cannot work it out.
        UnreadableCalendar: the budget is used up.
    """
    calendar = icalendar.Calendar()
    for event in events:
        calendar.add_component(event)
    try:
        # Not `recurring_ical_events.of`: by X-WR-TIMEZONE that would also move times which say that they are in UTC.
        found = CalendarQuery(calendar, components=("VEVENT",)).between(start - _MARGIN, end + _MARGIN)
    except Exception as error:  # such as a DTSTART in the year 1 or a COUNT of -1: every library in turn has its own
        raise UnusableEvent(f"when it repeats cannot be worked out ({type(error).__name__})") from error
    budget.take(len(found))
    yield from found


def _first(rule: Any, part: str) -> Any:
    return next(iter(_list(rule, part)), None)


def _list(rule: Any, part: str) -> list[Any]:
    found = rule.get(part, [])
    return found if isinstance(found, list) else [found]
