"""Who is on call for each team (REQUIREMENTS R-D-08, R-D-14): its schedule's people, else its fixed person."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from domain.catalogue import Catalogue, Team
from domain.directory import answering
from domain.inactive import inactive
from domain.schedule.schedule import MOST_LEVELS
from domain.schedule.shifts import REACHES, Shift, on_call


class Somebody(BaseModel):
    """A person on call."""

    model_config = ConfigDict(frozen=True)

    email: str
    name: str
    away_until: datetime | None = None
    """They are on call, and away all the same: nobody pages them."""


class OnCallNow(BaseModel):
    """Who answers for a team."""

    model_config = ConfigDict(frozen=True)

    team: str
    schedule: str | None
    users: tuple[Somebody, ...] = ()
    """Whoever is told first."""
    until: datetime | None = None
    """When they hand over; None: not within two months, or it is the team's fixed person."""
    backup: tuple[Somebody, ...] = ()
    backup_until: datetime | None = None
    is_fixed: bool = False
    """Nobody of the schedule is on call, or all of them are away: it is the team's fixed person."""
    inactive: tuple[str, ...] = ()
    """Who would be on call, and is not active: nobody pages them."""


def on_call_now(catalogue: Catalogue, team: Team, at: datetime) -> OnCallNow:
    """Who answers for a team at an instant, UTC. People who are not active are left out, as a page leaves them out."""
    schedule = catalogue.schedule_named.get(team.schedule or "")
    shifts = on_call(schedule, at) if schedule else ()
    primary, backup = _first(catalogue, shifts, 1, 1), _first(catalogue, shifts, 2, MOST_LEVELS)
    named = (team.on_call,) if team.on_call else ()
    on_duty, fixed = _people(catalogue, primary.users if primary else (), at), _people(catalogue, named, at)
    there = answering(on_duty, fixed, lambda one: one.away_until is None)
    by_schedule = any(one in on_duty for one in there)
    users = on_duty if by_schedule else there or on_duty or fixed
    return OnCallNow(
        team=team.name,
        schedule=team.schedule,
        users=users,
        until=_known_end(primary, at) if users == on_duty else None,
        backup=_people(catalogue, backup.users, at) if backup else (),
        backup_until=_known_end(backup, at),
        is_fixed=users != on_duty,
        inactive=inactive(
            catalogue, [*(user for shift in shifts for user in shift.users), *(() if by_schedule else named)]
        ),
    )


def _first(catalogue: Catalogue, shifts: Iterable[Shift], lowest: int, highest: int) -> Shift | None:
    """The first of some levels at which somebody active is on call."""
    levels = (shift for shift in shifts if lowest <= shift.level <= highest)
    return next((shift for shift in levels if _people(catalogue, shift.users, shift.start)), None)


def _people(catalogue: Catalogue, emails: Iterable[str], at: datetime) -> tuple[Somebody, ...]:
    found = (catalogue.user_named.get(email) for email in emails)
    return tuple(
        Somebody(email=user.email, name=user.name, away_until=user.away_until(at))
        for user in found
        if user is not None and user.is_active
    )


def _known_end(shift: Shift | None, at: datetime) -> datetime | None:
    """None where the search for the end gave up."""
    return shift.end if shift is not None and shift.end < at + REACHES[-1] else None
