"""A schedule as a calendar strip: weeks of seven days, a lane for each level, a bar for each shift.

Where a bar lies is told in percent of the week's width: SVG takes them as attributes, and the pages need no inline
style. Each day takes a seventh of it, also one of 23 or 25 hours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from domain.schedule.shifts import Shift
from web.views.clock import abbreviation
from web.views.naming import Naming, first_name, joined

DAYS = 7
COLOURS = 12
"""As many as the style sheet has."""


@dataclass(frozen=True)
class Bar:
    """A piece of a lane; percent of its width."""

    left: float
    width: float
    label: str
    title: str
    look: str
    """Classes of the style sheet."""


@dataclass(frozen=True)
class Lane:
    """One level in one week."""

    level: int
    bars: Sequence[Bar]
    told: str
    """What a screen reader says of it."""


@dataclass(frozen=True)
class Day:
    """The head of a column."""

    label: str
    number: int
    is_today: bool


@dataclass(frozen=True)
class Week:
    """Seven days."""

    title: str
    days: Sequence[Day]
    lanes: Sequence[Lane]
    now: float | None
    """Where the present instant lies; None in other weeks."""


@dataclass(frozen=True)
class Strip:
    """What is drawn."""

    shifts: Sequence[Shift]
    levels: Sequence[int]
    zone: str
    now: datetime
    colours: dict[str, int]
    """Of each person, by address."""
    name: Naming


def midnight(day: date, zone: str) -> datetime:
    """The instant at which a day begins by a zone's clock."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def monday(at: datetime, zone: str) -> date:
    """The Monday of an instant's week."""
    day = at.astimezone(ZoneInfo(zone)).date()
    return day - timedelta(days=day.weekday())


def colours_of(people: Sequence[str]) -> dict[str, int]:
    """A colour for each person, in the order in which the schedule names them."""
    return {email: number % COLOURS for number, email in enumerate(dict.fromkeys(people))}


def weeks_of(strip: Strip, first: date, weeks: int) -> list[Week]:
    """The weeks from a day on."""
    return [_week(strip, first + timedelta(days=DAYS * number)) for number in range(weeks)]


def _week(strip: Strip, first: date) -> Week:
    days = [first + timedelta(days=number) for number in range(DAYS)]
    edges = [midnight(day, strip.zone) for day in (*days, first + timedelta(days=DAYS))]
    today = strip.now.astimezone(ZoneInfo(strip.zone)).date()
    last = days[-1]
    inside = edges[0] <= strip.now < edges[-1]
    return Week(
        title=f"{first.day} {first:%b} to {last.day} {last:%b %Y}, {abbreviation(edges[0], strip.zone)}",
        days=[Day(f"{day:%a}", day.day, day == today) for day in days],
        lanes=[_lane(strip, level, edges) for level in strip.levels],
        now=_percent(strip.now, edges) if inside else None,
    )


def _lane(strip: Strip, level: int, edges: Sequence[datetime]) -> Lane:
    start, end = edges[0], edges[-1]
    bars: list[Bar] = []
    told: list[str] = []
    covered = start
    for shift in (one for one in strip.shifts if one.level == level and one.start < end and one.end > start):
        begin, finish = max(shift.start, start), min(shift.end, end)
        if begin > covered:
            bars.append(_gap(covered, begin, edges, strip, level))
        bars.append(_bar(shift, begin, finish, edges, strip))
        told.append(bars[-1].title)
        covered = finish
    if covered < end:
        bars.append(_gap(covered, end, edges, strip, level))
    return Lane(level, bars, "; ".join(told) or "nobody")


def _bar(shift: Shift, begin: datetime, finish: datetime, edges: Sequence[datetime], strip: Strip) -> Bar:
    names = [strip.name(email) for email in shift.users]
    look = f"p{strip.colours.get(shift.users[0], 0)}" + (" override" if shift.override else "")
    title = f"{joined(names)}: {_span(shift.start, shift.end, strip.zone)}" + (" (override)" if shift.override else "")
    left = _percent(begin, edges)
    label = ", ".join(first_name(name) for name in names)
    return Bar(left, round(_percent(finish, edges) - left, 3), label, title, look)


def _gap(begin: datetime, finish: datetime, edges: Sequence[datetime], strip: Strip, level: int) -> Bar:
    left = _percent(begin, edges)
    title = f"nobody: {_span(begin, finish, strip.zone)}"
    return Bar(left, round(_percent(finish, edges) - left, 3), "", title, "gap" if level == 1 else "gap soft")


def _span(begin: datetime, finish: datetime, zone: str) -> str:
    wall, until = begin.astimezone(ZoneInfo(zone)), finish.astimezone(ZoneInfo(zone))
    ends = f"{until:%a} {until.day} {until:%b %H:%M} {abbreviation(finish, zone)}"
    return f"{wall:%a} {wall.day} {wall:%b %H:%M} to {ends}"


def _percent(at: datetime, edges: Sequence[datetime]) -> float:
    for number, (begin, end) in enumerate(pairwise(edges)):
        if at < end:
            return round(100 / DAYS * (number + (at - begin) / (end - begin)), 3)
    return 100.0
