"""Who is away while they are on call: by a schedule, or as the fixed person of a team."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from domain.catalogue import Catalogue, Team
from domain.schedule.shifts import Shift


class Away(NamedTuple):
    """Somebody is on call from one instant to another, UTC, and away."""

    user: str
    shift: Shift
    start: datetime
    end: datetime


def away_on_call(catalogue: Catalogue, found: Iterable[Shift]) -> Iterator[Away]:
    """Everybody who is away in a shift of theirs, and for which part of it."""
    for shift in found:
        for email in shift.users:
            for start, end in _days_away(catalogue, email, shift.start, shift.end):
                yield Away(email, shift, start, end)


def fixed_person_away(
    catalogue: Catalogue, team: Team, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """When in a span of time (UTC) the fixed person of a team without a schedule is away: nobody takes their place."""
    if team.on_call is None or team.schedule is not None:
        return []
    return list(_days_away(catalogue, team.on_call, since, until))


def _days_away(
    catalogue: Catalogue, email: str, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    user = catalogue.user_named.get(email)
    for absence in user.days_away if user else ():
        start, end = max(since, absence.start), min(until, absence.end)
        if start < end:
            yield start, end
