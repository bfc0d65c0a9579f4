"""Whose clock a page shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from markupsafe import Markup

from web.filters import NOTHING


@dataclass(frozen=True)
class Choice:
    """A clock that a page offers."""

    key: str
    label: str
    zone: str
    href: str
    is_chosen: bool


def clocks(query: Mapping[str, str], own: tuple[str, str], viewer: str) -> list[Choice]:
    """The clocks of a page: its own, the reader's, UTC; each zone once.

    Args:
        query: the page's parameters; `zone` chooses, the others are kept in the links.
        own: the key and the zone that the page shows unless another is chosen; "" when each line has one of its own.
        viewer: the reader's time zone.
    """
    offered = {own[0]: own[1], "mine": viewer, "utc": "UTC"}
    names = {"mine": "my clock", "utc": "UTC"}
    wanted = query.get("zone", own[0])
    chosen = wanted if wanted in offered else own[0]
    kept = {name: value for name, value in query.items() if name != "zone"}
    found: list[Choice] = []
    for key, zone in offered.items():
        if zone in [choice.zone for choice in found] and key != chosen:
            continue
        if key == chosen:
            found = [choice for choice in found if choice.zone != zone]
        label = names.get(key, f"the {key}'s clock")
        shown = f"each {key}'s clock" if not zone else "UTC" if zone == "UTC" else f"{zone} ({label})"
        found.append(Choice(key, shown, zone, "?" + urlencode({**kept, "zone": key}), key == chosen))
    return found


def chosen_zone(choices: list[Choice]) -> str:
    """The zone of the clock that is chosen."""
    return next(choice.zone for choice in choices if choice.is_chosen)


def abbreviation(at: datetime, zone: str) -> str:
    """`CET`; where a zone's clock has no such name, `UTC+03`."""
    name = f"{at.astimezone(ZoneInfo(zone)):%Z}"
    return f"UTC{name}" if name[:1] in "+-" else name


def plain(at: datetime, zone: str, *, year: bool = False) -> str:
    """`Sat 21 Nov, 09:05 CET`."""
    wall = at.astimezone(ZoneInfo(zone))
    day = f"{wall:%a} {wall.day} {wall:%b}" + (f" {wall.year}" if year else "")
    return f"{day}, {wall:%H:%M} {abbreviation(at, zone)}"


def local(at: datetime | None, zone: str, *, year: bool = True) -> str:
    """The same as an element, with the instant for machines and in UTC for who points at it."""
    if at is None:
        return NOTHING
    utc = at.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        utc.isoformat(), f"{utc:%Y-%m-%d %H:%M:%S} UTC", plain(at, zone, year=year)
    )


def soon(at: datetime | None, zone: str) -> str:
    """The same without the year, for what lies close by."""
    return local(at, zone, year=False)


def typed(at: datetime, zone: str) -> str:
    """An instant as a date field holds it, by a zone's clock."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"
