"""What the rules need to know of the organisation, as plain values."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from domain.person import Reach
from domain.routing import DEFAULT_ROUTES, Route

Who = TypeVar("Who")


def answering(on_duty: Iterable[Who], fixed: Iterable[Who], is_there: Callable[[Who], bool]) -> tuple[Who, ...]:
    """Those on call who are there; the team's fixed person in their place while none of them is (REQUIREMENTS R-D-08).

    Args:
        on_duty: by the schedule.
        fixed: the fixed person, or nobody.
        is_there: whether somebody is not away.
    """
    return tuple(filter(is_there, on_duty)) or tuple(filter(is_there, fixed))


class Duty(BaseModel):
    """Somebody is on call, from one instant to another, UTC."""

    model_config = ConfigDict(frozen=True)

    start: datetime
    end: datetime
    level: int
    users: tuple[str, ...]


class TeamFacts(BaseModel):
    """One team: its channel, its people, its schedule."""

    model_config = ConfigDict(frozen=True)

    name: str
    channel: str | None = None
    manager: str | None = None
    members: tuple[str, ...] = ()
    on_call: tuple[str, ...] = ()
    """The fixed person: whoever answers while nobody of the schedule does."""
    schedule: str | None = None
    time_zone: str = "UTC"


class Directory(BaseModel):
    """Who answers for one service, at any instant of a span of time.

    People are named by their e-mail addresses, a team's channel by `#name`. It holds what one incident may need:
    the schedules as duties in UTC, so that a workflow that reads it again reads the same.
    """

    model_config = ConfigDict(frozen=True)

    team: str
    team_channel: str | None = None
    on_call: tuple[str, ...] = ()
    """The team's fixed person: whoever answers while nobody of the schedule does (REQUIREMENTS R-D-08)."""
    manager: str | None = None
    members: tuple[str, ...] = ()
    schedule: str | None = None
    """Name of the team's schedule."""
    time_zone: str = "UTC"
    """The team's."""
    titles: dict[str, tuple[str, ...]] = {}
    """People by job title, for steps such as "the CTO"."""
    people: tuple[str, ...] = ()
    """Those named by the policy who are active."""
    scope_emails: dict[str, tuple[str, ...]] = {}
    """Addresses that each impact scope must be told at."""
    duties: dict[str, tuple[Duty, ...]] = {}
    """By the name of the schedule, in the order of their starts."""
    others: dict[str, TeamFacts] = {}
    """Other teams that the policy names."""
    reach: dict[str, Reach] = {}
    """How people can be told; whoever is missing has registered nothing."""
    routes: tuple[Route, ...] = DEFAULT_ROUTES
    owner: str | None = None
    """Told when the policy reaches nobody."""
    last_paged: dict[str, datetime] = {}
    """When each person of a target was paged last, by other incidents."""
    turns: dict[str, str] = {}
    """Whose turn it was last, by the key of the target."""

    def team_named(self, name: str | None) -> TeamFacts | None:
        """A team; without a name the one that owns the service."""
        if name is None or name == self.team:
            return TeamFacts(
                name=self.team,
                channel=self.team_channel,
                manager=self.manager,
                members=self.members,
                on_call=self.on_call,
                schedule=self.schedule,
                time_zone=self.time_zone,
            )
        return self.others.get(name)

    def reach_of(self, email: str) -> Reach:
        """How a person can be told."""
        return self.reach.get(email) or _NOTHING_REGISTERED

    def is_there(self, email: str, at: datetime) -> bool:
        """Whether somebody is not away."""
        return self.reach_of(email).away_until(at) is None

    def there(self, emails: Iterable[str], at: datetime) -> tuple[str, ...]:
        """Those of them who are not away."""
        return tuple(email for email in emails if self.is_there(email, at))

    def on_duty(self, schedule: str, level: int, at: datetime) -> tuple[str, ...]:
        """Who is on call by a schedule at an instant."""
        found = (d.users for d in self.duties.get(schedule, ()) if d.level == level and d.start <= at < d.end)
        return tuple(dict.fromkeys(email for users in found for email in users))

    def next_on_duty(self, schedule: str, level: int, at: datetime) -> tuple[str, ...]:
        """Who goes on call next: the first others after those who are on call at an instant."""
        now = self.on_duty(schedule, level, at)
        later = (d.users for d in self.duties.get(schedule, ()) if d.level == level and d.start > at)
        return next((users for users in later if set(users) - set(now)), ())

    def fixed_for(self, schedule: str | None, level: int) -> tuple[str, ...]:
        """Who stands in for those on call: at the first level of the team's own schedule, its fixed person."""
        return self.on_call if schedule is None and level == 1 else ()

    def answering(self, schedule: str | None, level: int, at: datetime) -> tuple[str, ...]:
        """Who is there to answer; without a schedule for the team.

        Args:
            schedule: its name; None: the team's own.
            level: 1 is told first.
            at: the instant, UTC.
        """
        name = schedule or self.schedule
        on_duty = self.on_duty(name, level, at) if name else ()
        return answering(on_duty, self.fixed_for(schedule, level), lambda email: self.is_there(email, at))

    def covered_from(self, schedule: str | None, level: int, at: datetime) -> datetime | None:
        """The first instant, no earlier than `at`, at which somebody is there to answer; None when unknown.

        That is when somebody's duty begins, or they come back.
        """
        duties = [duty for duty in self.duties.get(schedule or self.schedule or "", ()) if duty.level == level]
        people = [*self.fixed_for(schedule, level), *(email for duty in duties for email in duty.users)]
        returns = [away.end for email in dict.fromkeys(people) for away in self.reach_of(email).days_away]
        instants = [at, *sorted(later for later in [*(duty.start for duty in duties), *returns] if later > at)]
        return next((instant for instant in instants if self.answering(schedule, level, instant)), None)

    def is_covered(self, at: datetime) -> bool:
        """Whether anybody answers for the team at an instant."""
        return bool(self.answering(None, 1, at))


_NOTHING_REGISTERED = Reach()
