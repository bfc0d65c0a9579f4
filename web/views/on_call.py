"""Who is on call now, and what is wrong with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.catalogue import Catalogue, Team
from domain.directory import answering
from domain.schedule.schedule import Schedule
from domain.schedule.shifts import Shift, levels, shifts
from web.views.naming import naming
from web.views.reach import troubles

HORIZONS = (timedelta(days=9), timedelta(days=70))
"""How far to look for the next hand-off; further when it is not found."""


@dataclass(frozen=True)
class Duty:
    """Who is on call at one level."""

    level: int
    users: tuple[str, ...]
    until: datetime | None
    """None: further ahead than a page looks."""
    next_users: tuple[str, ...]
    next_from: datetime | None


@dataclass(frozen=True)
class Line:
    """A team, its schedule, and who answers now."""

    team: Team | None
    schedule: Schedule | None
    duties: Sequence[Duty]
    faults: Sequence[str]
    notes: Sequence[str]
    zone: str
    stands_in: str | None
    """The team's fixed person, where nobody of the schedule is on call, or all of them are away."""

    @property
    def primary(self) -> Duty | None:
        """The level that is told first."""
        return next((duty for duty in self.duties if duty.level == 1), None)


def lines(catalogue: Catalogue, now: datetime) -> list[Line]:
    """A line for each team, then one for each schedule that no team has."""
    used = {team.schedule for team in catalogue.teams}
    found = [_of_team(catalogue, team, now) for team in catalogue.teams]
    return found + [
        _line(catalogue, None, schedule, now) for schedule in catalogue.schedules if schedule.name not in used
    ]


def duties_of(schedule: Schedule, now: datetime) -> list[Duty]:
    """Who is on call at each level of a schedule, and who comes next."""
    found: list[Duty] = []
    for horizon in HORIZONS:
        coming = shifts(schedule, now, now + horizon)
        found = [_duty(level, coming, now, now + horizon) for level in levels(schedule)]
        if all(duty.until and duty.next_users for duty in found):
            break
    return found


def _of_team(catalogue: Catalogue, team: Team, now: datetime) -> Line:
    return _line(catalogue, team, catalogue.schedule_named.get(team.schedule or ""), now)


def _line(catalogue: Catalogue, team: Team | None, schedule: Schedule | None, now: datetime) -> Line:
    zone = schedule.time_zone if schedule else team.time_zone if team else "UTC"
    duties = duties_of(schedule, now) if schedule else []
    primary = next((duty.users for duty in duties if duty.level == 1), ())
    fixed = (team.on_call,) if team and team.on_call else ()
    there = answering(primary, fixed, lambda email: _is_there(catalogue, email, now))
    by_schedule = any(email in primary for email in there)
    stands_in = None if by_schedule else next(iter(there or (() if primary else fixed)), None)
    named = (*primary, *((stands_in,) if stands_in else ()))
    name = naming(catalogue)
    backups = [email for duty in duties if duty.level > 1 for email in duty.users]
    told = [*_faults(catalogue, named, now), *_faults(catalogue, backups, now)]
    faults = [text for text, is_fault in told if is_fault]
    if not named:
        faults.insert(0, "Nobody is on call." if schedule else "Nobody is on call: the team has no schedule.")
    elif stands_in and schedule:
        faults.insert(
            0, f"Nobody of the schedule {'answers' if primary else 'is on call'}: {name(stands_in)} stands in."
        )
    notes = [text for text, is_fault in told if not is_fault]
    return Line(team, schedule, duties, list(dict.fromkeys(faults)), list(dict.fromkeys(notes)), zone, stands_in)


def _is_there(catalogue: Catalogue, email: str, now: datetime) -> bool:
    user = catalogue.user_named.get(email)
    return user is not None and user.is_active and user.away_until(now) is None


def _duty(level: int, coming: Sequence[Shift], now: datetime, horizon: datetime) -> Duty:
    own = [shift for shift in coming if shift.level == level]
    current = next((shift for shift in own if shift.start <= now), None)
    later = [shift for shift in own if shift.start > now]
    after = next((shift for shift in later if current is None or set(shift.users) != set(current.users)), None)
    until = current.end if current and current.end < horizon else None
    return Duty(
        level=level,
        users=current.users if current else (),
        until=until,
        next_users=after.users if after else (),
        next_from=after.start if after else None,
    )


def _faults(catalogue: Catalogue, people: Sequence[str], now: datetime) -> Iterator[tuple[str, bool]]:
    """What is wrong with who is on call, and whether it keeps them from being paged."""
    for email in people:
        user = catalogue.user_named.get(email)
        if user is None:
            yield f"{email} is nobody of the catalogue.", True
        else:
            yield from ((f"{user.name} {text}", is_fault) for text, is_fault in troubles(user, now))
