"""What is wrong with the schedules that somebody asks: nobody on call, people who are away or gone, unfair loads."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from domain.away import away_on_call, fixed_person_away
from domain.catalogue import Catalogue, Team
from domain.foresight.finding import Code, Finding, Period, at_weekends, finding, joined, spelled
from domain.schedule.coverage import Unfair, hidden_layers
from domain.schedule.schedule import Schedule
from domain.schedule.shifts import Shift, levels, shifts

FAR_ABOVE = 0.5
"""A load that is so much above the mean of the schedule is told."""


class Asked(NamedTuple):
    """How a schedule's level is asked for: whether nobody else is told when nobody is on call by it."""

    schedule: str
    level: int
    alone: bool


def schedule_findings(
    catalogue: Catalogue, schedule: Schedule, asked: Collection[Asked], since: datetime, until: datetime
) -> Iterator[Finding]:
    """What is wrong with one schedule in a span of time.

    Args:
        catalogue: all of it.
        schedule: one of its schedules.
        asked: its levels that policies and routes ask for.
        since: UTC.
        until: UTC.
    """
    own = shifts(schedule, since, until)
    yield from _inactive(catalogue, schedule)
    for level, alone in _levels(asked):
        yield from _nobody(schedule, own, level, alone, since, until)
    yield from _away(catalogue, schedule, own, [level for level, _ in _levels(asked)])
    yield from _overloaded(schedule, own)
    for level in levels(schedule):
        for layer in hidden_layers(schedule, since, until, level) if len(schedule.layers) > 1 else ():
            text = f"the layer {layer.name} of {schedule.name} is never seen: later layers always have somebody"
            yield _of(schedule, "hidden_layer", "layers", text)
    for number, layer in enumerate(schedule.layers):
        if layer.calendar and not layer.spans:
            text = f"the calendar {layer.calendar} of {schedule.name} has nobody on duty: import it, or leave it out"
            yield _of(schedule, "calendar", f"layers.{number}.calendar", text)


def unread(errors: Mapping[str, str]) -> Iterator[Finding]:
    """Imported calendars that could not be read the last time, by the names of their schedules."""
    for name, error in errors.items():
        text = f"an imported calendar of {name} could not be read, and what was read before goes on to hold: {error}"
        yield Finding(severity="warning", code="calendar", kind="schedules", name=name, field="layers", message=text)


def _levels(asked: Iterable[Asked]) -> list[tuple[int, bool]]:
    found: dict[int, bool] = {}
    for one in asked:
        found[one.level] = found.get(one.level, False) or one.alone
    return sorted(found.items())


def _nobody(
    schedule: Schedule, own: list[Shift], level: int, alone: bool, since: datetime, until: datetime
) -> Iterator[Finding]:
    """The times at which a level that is asked for has nobody."""
    free: list[tuple[datetime, datetime]] = []
    covered = since
    for shift in own:
        if shift.level == level and shift.users:
            if covered < shift.start:
                free.append((covered, shift.start))
            covered = max(covered, shift.end)
    if covered < until:
        free.append((covered, until))
    if not free:
        return
    periods = joined(free)
    weekend = at_weekends(periods, schedule.time_zone)
    at_level = "" if level == 1 else f" at level {level}"
    yield Finding(
        severity="fault" if alone and level == 1 else "warning",
        code="uncovered_weekend" if weekend else "gap",
        kind="schedules",
        name=schedule.name,
        field="layers",
        message=f"nobody is on call by {schedule.name}{at_level} {spelled(periods, schedule.time_zone)}: add a "
        "rotation or an override for then, or let the step that asks for it say when it applies",
        periods=periods,
    )


def _inactive(catalogue: Catalogue, schedule: Schedule) -> Iterator[Finding]:
    for number, layer in enumerate(schedule.layers):
        for place, rotation in enumerate(layer.rotations):
            for email in dict.fromkeys(email for group in rotation.participants for email in group):
                user = catalogue.user_named.get(email)
                if user is not None and not user.is_active:
                    text = f"{email} takes turns in {schedule.name} and is not active: take them out of the rotation"
                    field = f"layers.{number}.rotations.{place}.participants"
                    yield _of(schedule, "inactive_person", field, text, fault=True)


def _away(catalogue: Catalogue, schedule: Schedule, own: list[Shift], asked: Collection[int]) -> Iterator[Finding]:
    """Who is on call while they are away: a fault when they are alone, and a step asks for their level."""
    found: dict[tuple[str, bool], list[tuple[datetime, datetime]]] = {}
    for away in away_on_call(catalogue, own):
        others = [other for other in away.shift.users if other != away.user and _is_there(catalogue, other, away.start)]
        missed = not others and away.shift.level in asked
        found.setdefault((away.user, missed), []).append((away.start, away.end))
    for (email, missed), times in found.items():
        periods = joined(times)
        text = f"{email} is on call by {schedule.name} while away {spelled(periods, schedule.time_zone)}: "
        text += "let somebody else take it by an override"
        yield _absent("schedules", schedule.name, "overrides", text, periods, fault=missed)


def fixed_away(catalogue: Catalogue, team: Team, since: datetime, until: datetime, *, asked: bool) -> Iterator[Finding]:
    """A team with a fixed person and no schedule, while that person is away.

    Args:
        catalogue: all of it.
        team: one of its teams.
        since: UTC.
        until: UTC.
        asked: whether a step asks for whoever is on call for the team.
    """
    times = fixed_person_away(catalogue, team, since, until)
    if times:
        periods = joined(times)
        text = f"{team.on_call} is on call for {team.name} while away {spelled(periods, team.time_zone)}, and nobody "
        text += "takes their place: name somebody else for then, or give the team a schedule"
        yield _absent("teams", team.name, "on_call", text, periods, fault=asked)


def _absent(kind: str, name: str, field: str, message: str, periods: tuple[Period, ...], *, fault: bool) -> Finding:
    return Finding(
        severity="fault" if fault else "warning",
        code="absent",
        kind=kind,
        name=name,
        field=field,
        message=message,
        periods=periods,
    )


def _is_there(catalogue: Catalogue, email: str, at: datetime) -> bool:
    user = catalogue.user_named.get(email)
    return user is not None and user.is_active and user.away_until(at) is None


def _overloaded(schedule: Schedule, own: list[Shift]) -> Iterator[Finding]:
    """Who has far more than the others; the turn that is over the mean because turns are whole does not count."""
    hours: dict[str, float] = {}
    longest: dict[str, float] = {}
    for shift in own:
        length = (shift.end - shift.start).total_seconds() / 3600
        for email in shift.users:
            hours[email] = hours.get(email, 0) + length
            longest[email] = max(longest.get(email, 0), length)
    mean = sum(hours.values()) / max(1, len(hours))
    for email, of_them in hours.items():
        if of_them > mean * (1 + FAR_ABOVE) and of_them - mean > longest[email]:
            one = Unfair(user=email, measure="hours", hours=of_them, mean=mean)
            yield _of(schedule, "load", "layers", f"{schedule.name}: {one.sentence}")


def _of(schedule: Schedule, code: Code, field: str, message: str, *, fault: bool = False) -> Finding:
    return finding("schedules", schedule.name, code, field, message, fault=fault)
