"""From wall-clock time to instants: what a zone's clocks show, skip and repeat."""

from datetime import UTC, datetime, time, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """The zone with an IANA name; ValueError when there is none. Kept: `ZoneInfo` itself remembers but a few."""
    try:
        if name.startswith("right/") or name in ("localtime", "posixrules"):
            raise ZoneInfoNotFoundError  # files beside the zones: with leap seconds, or another on every machine
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise ValueError(f"{name!r} is no IANA time zone") from error


def known_zone(name: str) -> str:
    """A time zone's name as it was given; ValueError, with what may have been meant, when there is none."""
    try:
        zone_of(name)
    except ValueError as error:
        near = get_close_matches(name, available_timezones(), n=3) or ["Europe/Paris", "America/Chicago", "UTC"]
        raise ValueError(f"{error}; write {' or '.join(near)}, say") from None
    return name


def clock_text(at: datetime, zone: str) -> str:
    """`Sat 2026-11-21 09:00`, as the clocks of a zone show an instant."""
    return at.astimezone(zone_of(zone)).strftime("%a %Y-%m-%d %H:%M")


def period_text(start: datetime, end: datetime, zone: str) -> str:
    """`from Sat 2026-11-21 09:00 to Mon 2026-11-23 09:00 (Europe/Paris)`."""
    return f"from {clock_text(start, zone)} to {clock_text(end, zone)} ({zone})"


ZoneName = Annotated[str, AfterValidator(known_zone)]
"""The IANA name of a time zone."""


def first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant, in UTC, at which a zone's clocks show a wall-clock time or have just skipped it."""
    return _instant(wall, zone, fold=0)


def last_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The last instant, in UTC, at which a zone's clocks show a wall-clock time or have just skipped it."""
    return _instant(wall, zone, fold=1)


def end_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """When a time that lasts until a wall-clock time is over, in UTC: clocks do not show an earlier one any more.

    Within a repeated hour that is the last pass; where the repeated hour begins, the first: 02:10 is not before 02:00.
    """
    first, last = first_instant(wall, zone), last_instant(wall, zone)
    just_before = wall - timedelta.resolution
    begins_repeated = first != last and first_instant(just_before, zone) == last_instant(just_before, zone)
    return first if begins_repeated else last


def _instant(wall: datetime, zone: ZoneInfo, fold: int) -> datetime:
    before, after = zone.utcoffset(wall.replace(fold=0)), zone.utcoffset(wall.replace(fold=1))
    assert before is not None and after is not None
    if before < after:  # Skipped. The change itself is where the times by both offsets meet.
        return _change(wall - after, wall - before, zone)
    # Repeated when they differ: then the first pass is by the offset before the change.
    return (wall - (after if fold else before)).replace(tzinfo=UTC)


def _change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The instant of the clock change between two naive UTC times, to the second."""
    offset = low.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.replace(tzinfo=UTC).astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return datetime.combine(high.date(), time(high.hour, high.minute, high.second), UTC)
