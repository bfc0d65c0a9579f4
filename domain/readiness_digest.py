"""The weekly readiness digest: what a team's on-call lacks, said before anybody is paged in vain."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.away import away_on_call, fixed_person_away
from domain.catalogue import Catalogue, Team
from domain.readiness import person_faults
from domain.schedule.coverage import gaps
from domain.schedule.schedule import Schedule
from domain.schedule.shifts import shifts
from domain.wall_clock import period_text

AHEAD = timedelta(days=14)
MOST_LINES = 40


def readiness_digest(catalogue: Catalogue, team: Team, at: datetime) -> str:
    """What a team's manager is told of the coming two weeks.

    Args:
        catalogue: all of it.
        team: whose people are looked at.
        at: when the two weeks begin, UTC.
    """
    found = list(_faults(catalogue, team, at))
    head = f"On-call of {team.name}, {at:%Y-%m-%d} to {at + AHEAD:%Y-%m-%d}"
    if not found:
        return f"{head}: nothing to mend. Somebody is always on call, and everybody can be reached."
    shown = [f"- {fault}" for fault in found[:MOST_LINES]]
    if len(found) > MOST_LINES:
        shown.append(f"- and {len(found) - MOST_LINES} more")
    return "\n".join([f"{head}: {len(found)} to mend", "", *shown])


def _faults(catalogue: Catalogue, team: Team, at: datetime) -> Iterator[str]:
    schedule = catalogue.schedule_named.get(team.schedule or "")
    if schedule is None and team.on_call is None:
        yield "nobody is on call: the team has neither a schedule nor a fixed person"
    if schedule is not None:
        if team.on_call is None:
            for start, end in gaps(schedule, at, at + AHEAD):
                yield f"nobody is on call {period_text(start, end, team.time_zone)}"
        yield from _away(catalogue, schedule, at, team.time_zone)
    for start, end in fixed_person_away(catalogue, team, at, at + AHEAD):
        yield (
            f"{team.on_call} is away while on call {period_text(start, end, team.time_zone)}, and nobody takes "
            "their place"
        )
    yield from _unreachable(catalogue, schedule, team, at)


def _away(catalogue: Catalogue, schedule: Schedule, at: datetime, zone: str) -> Iterator[str]:
    for away in away_on_call(catalogue, shifts(schedule, at, at + AHEAD)):
        level = f"level {away.shift.level}"
        yield f"{away.user} is away while on call ({level}) {period_text(away.start, away.end, zone)}"


def _unreachable(catalogue: Catalogue, schedule: Schedule | None, team: Team, at: datetime) -> Iterator[str]:
    on_duty = [email for shift in shifts(schedule, at, at + AHEAD) for email in shift.users] if schedule else []
    fixed = [email for email in (team.on_call, team.manager) if email]
    for email in dict.fromkeys([*on_duty, *fixed]):
        user = catalogue.user_named.get(email)
        if user is None:
            yield f"{email} is on call, and nobody of that address is known"
            continue
        for fault in person_faults(user.model_copy(update={"days_away": ()}), at):
            yield f"{email} {fault}"
