"""Who is on call for each team (REQUIREMENTS R-D-08, R-D-14): its schedule's people, else its fixed person."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from domain.catalogue import Catalogue, Team
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
    """Nobody of the schedule is on call: it is the team's fixed person."""
    inactive: tuple[str, ...] = ()
    """Who would be on call, and is not active: nobody pages them."""


def on_call_now(catalogue: Catalogue, team: Team, at: datetime) -> OnCallNow:
    """Who answers for a team at an instant, UTC. People who are not active are left out, as a page leaves them out."""
    schedule = catalogue.schedule_named.get(team.schedule or "")
    shifts = on_call(schedule, at) if schedule else ()
    primary, backup = _first(catalogue, shifts, 1, 1), _first(catalogue, shifts, 2, MOST_LEVELS)
    in_their_place = (team.on_call,) if primary is None and team.on_call else ()
    fixed = _people(catalogue, in_their_place, at)
    return OnCallNow(
        team=team.name,
        schedule=team.schedule,
        users=_people(catalogue, primary.users, at) if primary else fixed,
        until=_known_end(primary, at),
        backup=_people(catalogue, backup.users, at) if backup else (),
        backup_until=_known_end(backup, at),
        is_fixed=bool(fixed),
        inactive=inactive(catalogue, [*(user for shift in shifts for user in shift.users), *in_their_place]),
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
