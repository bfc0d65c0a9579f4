"""One schedule: its calendar, its shifts, what is odd about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from domain.catalogue import Catalogue
from domain.inactive import inactive
from domain.schedule.coverage import Overlap, gaps, overlaps, unfair
from domain.schedule.fairness import Load, loads
from domain.schedule.schedule import Override, Schedule
from domain.schedule.shifts import levels, shifts
from web.views.calendar import DAYS, Strip, colours_of, midnight, monday, weeks_of
from web.views.clock import chosen_zone, clocks
from web.views.naming import naming
from web.views.on_call import duties_of
from web.views.rotations import turns_of

WEEKS = (2, 4)
MOST_SHIFTS = 100
LOAD_DAYS = 28
MOST_UNFAIR = 4
FIRST, LAST = date(1971, 1, 1), date(2198, 1, 1)


@dataclass
class Span:
    """Which weeks a page shows."""

    first: date
    weeks: int
    errors: dict[str, str] = field(default_factory=dict)


def span_of(query: Mapping[str, str], now: datetime, zone: str) -> Span:
    """The weeks that an address asks for; this one and the next unless it says otherwise."""
    this = monday(now, zone)
    weeks = next((count for count in WEEKS if query.get("weeks") == str(count)), WEEKS[0])
    try:
        first = date.fromisoformat(query["from"]) if query.get("from") else this
        if not FIRST <= first <= LAST:
            raise ValueError
    except ValueError:
        return Span(this, weeks, {"from": "A day such as 2026-11-23."})
    return Span(first - timedelta(days=first.weekday()), weeks)


def schedule_values(
    catalogue: Catalogue, schedule: Schedule, query: Mapping[str, str], viewer: str, here: str
) -> dict[str, Any]:
    """What the page shows.

    Args:
        catalogue: all of it.
        schedule: with its overrides.
        query: the page's parameters: `zone`, `from`, `weeks`.
        viewer: e-mail address of who looks.
        here: the page's path.
    """
    now = datetime.now(UTC)
    choices = clocks(query, ("schedule", schedule.time_zone), catalogue.time_zone_of(viewer))
    zone = chosen_zone(choices)
    span = span_of(query, now, zone)
    kept = f"&zone={query['zone']}" if query.get("zone") in {choice.key for choice in choices} else ""
    step = timedelta(days=DAYS * span.weeks)
    return {
        **drawn(schedule, catalogue, zone, span, now),
        "schedule": schedule,
        "here": here,
        "clocks": choices,
        "span": span,
        "week_choices": [(count, f"{here}?from={span.first}&weeks={count}{kept}") for count in WEEKS],
        "earlier": f"{here}?from={span.first - step}&weeks={span.weeks}{kept}",
        "later": f"{here}?from={span.first + step}&weeks={span.weeks}{kept}",
        "today": f"{here}?weeks={span.weeks}{kept}",
        "duties": duties_of(schedule, now),
        "overrides": [one for one in reversed(schedule.overrides) if one.end > now],
        "teams": [team.name for team in catalogue.teams if team.schedule == schedule.name],
        "policies": [policy.name for policy in catalogue.policies if schedule.name in policy.schedules()],
        **odd(schedule, catalogue, now),
    }


def drawn(schedule: Schedule, catalogue: Catalogue, zone: str, span: Span, now: datetime) -> dict[str, Any]:
    """The calendar and the list of shifts of some weeks."""
    start = midnight(span.first, zone)
    end = midnight(span.first + timedelta(days=DAYS * span.weeks), zone)
    found, name = shifts(schedule, start, end), naming(catalogue)
    people = [email for email in schedule.people if any(email in shift.users for shift in found)]
    colours = colours_of(schedule.people)
    weeks = weeks_of(Strip(found, levels(schedule), zone, now, colours, name), span.first, span.weeks)
    bars = [bar for week in weeks for lane in week.lanes for bar in lane.bars]
    coming = [shift for shift in found if shift.end > now] or found
    return {
        "weeks": weeks,
        "legend": [(name(email), colours[email]) for email in people],
        "has_gaps": any(bar.look.startswith("gap") for bar in bars),
        "has_overrides": any(shift.override for shift in found),
        "shifts": coming[:MOST_SHIFTS],
        "shifts_total": len(coming),
        "turns": list(turns_of(schedule, name)),
        "zone": zone,
        "name": name,
    }


def odd(schedule: Schedule, catalogue: Catalogue, now: datetime) -> dict[str, Any]:
    """Times with nobody and with several, and who has how much, in the four weeks to come."""
    until = now + timedelta(days=LOAD_DAYS)
    coming = shifts(schedule, now, until)
    known: dict[str, Load] = loads(coming, schedule.time_zone, schedule.holidays)
    gone = inactive(catalogue, schedule.people)
    empty: list[tuple[datetime, datetime]] = gaps(schedule, now, until, absent=gone)
    twice: list[Overlap] = [one for one in overlaps(schedule, now, until) if one.hidden]
    return {
        "gaps": empty[:MOST_SHIFTS],
        "overlaps": twice[:10],
        "loads": sorted(known.items(), key=lambda one: -one[1].hours),
        "unfair": [one.sentence.replace(one.user, naming(catalogue)(one.user), 1) for one in unfair(known)][
            :MOST_UNFAIR
        ],
        "load_days": LOAD_DAYS,
    }


def override_words(override: Override, names: Sequence[str], replaced: str | None) -> str:
    """`Ana in place of everybody`, `Ana in place of Bo`, `Ana as well`, `not Ana`, `nobody`."""
    who = ", ".join(names)
    match override.kind:
        case "add":
            return f"{who} as well"
        case "remove":
            return f"not {who}" if names else "nobody"
        case _:
            return f"{who} in place of {replaced}" if replaced else f"{who} and nobody else"
