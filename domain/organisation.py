"""From the catalogue to the directory of one incident: who answers for a service, and by which policy."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.catalogue import Catalogue, Service, Team
from domain.catalogue import Policy as CataloguePolicy
from domain.directory import Directory, Duty, TeamFacts
from domain.policy import Policy
from domain.routing import DEFAULT_ROUTES
from domain.schedule.shifts import shifts
from domain.severity import Severity
from domain.target import NextOnCall, OnCall, Target, Title

LONGEST = timedelta(days=200)
"""So far a directory looks beyond its last instant at most; a workflow reads it again before each step."""
MOST_DUTIES = 2000
"""So many a directory holds at most, about 250 kB; who is on call after the last of them is asked again by then."""
LATER_PARTS = timedelta(days=2)
"""People's own rules put off what a step says by a day at most."""
LONGEST_CLOSED = timedelta(days=8)
"""Hours that open on one weekday only open within a week; a clock change may make it a little longer."""
UNTIL_THE_NEXT = timedelta(days=190)
"""A policy that tells whoever goes on call next needs the shift after the present one."""


class PagedBefore(NamedTuple):
    """What the ledger of other incidents says of those whose turn it may be."""

    last_paged: dict[str, datetime]
    turns: dict[str, str]


NOBODY_BEFORE = PagedBefore({}, {})

LADDER = "ladder"
"""The policy that comes with the product: the default while none is marked as such."""


def default_policy(catalogue: Catalogue, preferred: str = "") -> CataloguePolicy | None:
    """The policy of teams that name none: this is the one place that says which it is.

    Args:
        catalogue: all of it.
        preferred: what the settings make the default, when there is such a policy; empty when they say nothing.

    Returns:
        That one, else the one with `is_default`, else `ladder`, else the first by name; None when there is none.
    """
    if preferred in catalogue.policy_named:
        return catalogue.policy_named[preferred]
    order = sorted(catalogue.policies, key=lambda policy: (not policy.is_default, policy.name != LADDER, policy.name))
    return next(iter(order), None)


def policy_for(catalogue: Catalogue, service: Service, severity: Severity, default: str) -> Policy:
    """The policy of an incident: the service's, else its team's, else the default; one for the severity goes first.

    `default` is what the settings make the default, as for `default_policy`.

    Raises:
        LookupError: the catalogue has no policy at all.
    """
    of_service = (service.policies.get(severity), service.policy)
    return _policy_named(catalogue, of_service, catalogue.team_named[service.team], severity, default)


def policy_of_team(catalogue: Catalogue, team: Team, severity: Severity, default: str) -> Policy:
    """The policy of an incident that was reassigned to a team, whatever its service says.

    Raises:
        LookupError: the catalogue has no policy at all.
    """
    return _policy_named(catalogue, (), team, severity, default)


def _policy_named(
    catalogue: Catalogue, first: Iterable[str | None], team: Team, severity: Severity, default: str
) -> Policy:
    for name in (*first, team.policies.get(severity), team.policy):
        if name and name in catalogue.policy_named:
            return catalogue.policy_named[name].rules
    found = default_policy(catalogue, default)
    if found is None:
        raise LookupError("the catalogue has no escalation policy")
    return found.rules


def directory_of(
    catalogue: Catalogue,
    team_name: str,
    policy: Policy,
    since: datetime,
    until: datetime | None = None,
    before: PagedBefore = NOBODY_BEFORE,
    also: Collection[str] = (),
) -> Directory:
    """Who answers for a team's incident under a policy.

    Args:
        catalogue: all of it.
        team_name: the team that owns the incident.
        policy: by which it climbs.
        since: the first instant that is asked about, UTC.
        until: the last instant at which a plan may begin, such as the end of a snooze: from there on the duties are
            known for the policy's whole length; `since` when None.
        before: what other incidents have paged.
        also: people whom the incident itself names: its lead, those who were asked to join, who has a role.
    """
    team = catalogue.team_named[team_name]
    routes = tuple(route for route in catalogue.routes if route.is_active) or DEFAULT_ROUTES
    targets = [*policy.targets(), *(target for route in routes for target in route.targets)]
    others = {name: catalogue.team_named[name] for name in _teams(targets) if name in catalogue.team_named}
    names = policy.schedules() | {t.schedule for t in targets if isinstance(t, OnCall | NextOnCall) and t.schedule}
    end = max(since, until or since) + min(_length(policy, targets), LONGEST)
    names |= {team.schedule} if team.schedule else set()
    duties = _not_too_many({name: _duties(catalogue, name, since, end) for name in sorted(names)})
    own = _facts(team, catalogue)
    people = sorted(email for email in catalogue.user_named if _is_active(email, catalogue))
    wanted = {target.title for target in targets if isinstance(target, Title)}
    by_name = _named(targets) | set(also)
    titles = {title: emails for title, emails in _titles(catalogue, people).items() if title in wanted}
    directory = Directory(
        team=own.name,
        team_channel=own.channel,
        on_call=own.on_call,
        manager=own.manager,
        members=own.members,
        schedule=own.schedule,
        time_zone=own.time_zone,
        titles=titles,
        people=tuple(email for email in people if email in by_name),
        scope_emails={scope.name: scope.notify_emails for scope in catalogue.scopes if scope.is_active},
        duties=duties,
        others={name: _facts(other, catalogue) for name, other in others.items()},
        routes=routes,
        owner=_owner(policy, own, catalogue),
        last_paged=before.last_paged,
        turns=before.turns,
    )
    reach = {email: known for email in sorted(_concerned(directory)) if (known := catalogue.user_named[email].reach)}
    return directory.model_copy(update={"reach": reach})


def _length(policy: Policy, targets: list[Target]) -> timedelta:
    """How long after an instant somebody may still be told: by the ladder, also after an acknowledgement has timed out
    and once working hours have opened, or by a reminder.
    """
    held = LONGEST_CLOSED if policy.working_hours else timedelta(0)
    ladder = held + timedelta(seconds=policy.seconds + (policy.acknowledgement_timeout_seconds or 0))
    reminders = timedelta(seconds=max((persist.after_seconds for persist in policy.persist), default=0))
    length = max(ladder, reminders) + LATER_PARTS
    return max(length, UNTIL_THE_NEXT) if any(isinstance(target, NextOnCall) for target in targets) else length


def _not_too_many(duties: dict[str, tuple[Duty, ...]]) -> dict[str, tuple[Duty, ...]]:
    """The duties of the nearest future: a directory goes into a workflow's history, which has its limits."""
    starts = sorted(duty.start for of_schedule in duties.values() for duty in of_schedule)
    if len(starts) <= MOST_DUTIES:
        return duties
    last = starts[MOST_DUTIES]
    return {name: tuple(duty for duty in found if duty.start < last) for name, found in duties.items()}


def _duties(catalogue: Catalogue, name: str, since: datetime, until: datetime) -> tuple[Duty, ...]:
    schedule = catalogue.schedule_named.get(name)
    if schedule is None:
        return ()
    found = []
    for shift in shifts(schedule, since, until):
        users = tuple(email for email in shift.users if _is_active(email, catalogue))
        if users:
            found.append(Duty(start=shift.start, end=shift.end, level=shift.level, users=users))
    return tuple(found)


def _facts(team: Team, catalogue: Catalogue) -> TeamFacts:
    def active(emails: Iterable[str | None]) -> tuple[str, ...]:
        return tuple(email for email in emails if email and _is_active(email, catalogue))

    return TeamFacts(
        name=team.name,
        channel=team.channel,
        manager=next(iter(active([team.manager])), None),
        members=active(team.members),
        on_call=active([team.on_call]),
        schedule=team.schedule,
        time_zone=team.time_zone,
    )


def _owner(policy: Policy, team: TeamFacts, catalogue: Catalogue) -> str | None:
    """The policy's owner, else the team's manager."""
    return policy.owner if policy.owner and _is_active(policy.owner, catalogue) else team.manager


def _is_active(email: str, catalogue: Catalogue) -> bool:
    user = catalogue.user_named.get(email)
    return user is not None and user.is_active


def _teams(targets: list[Target]) -> set[str]:
    return {team for target in targets if (team := getattr(target, "team", None))}


def _titles(catalogue: Catalogue, active: list[str]) -> dict[str, tuple[str, ...]]:
    titles: dict[str, list[str]] = {}
    for email in active:
        title = catalogue.user_named[email].title
        if title:
            titles.setdefault(title, []).append(email)
    return {title: tuple(emails) for title, emails in titles.items()}


def _named(targets: list[Target]) -> set[str]:
    """People whom targets name by their addresses."""
    addressed = {email for target in targets for email in getattr(target, "emails", ())}
    return addressed | {email for target in targets if (email := getattr(target, "email", None))}


def _concerned(directory: Directory) -> set[str]:
    """Everybody who may be told by it."""
    teams = [facts for facts in (directory.team_named(None), *directory.others.values()) if facts]
    concerned = {email for duties in directory.duties.values() for duty in duties for email in duty.users}
    concerned |= {email for team in teams for email in (*team.members, *team.on_call)}
    concerned |= {email for emails in directory.titles.values() for email in emails}
    one_each = (directory.owner, *(team.manager for team in teams))
    return concerned.union(directory.people, (email for email in one_each if email))
