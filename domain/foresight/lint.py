"""`tocsin lint`: is everybody covered? Proven for every incident that pages somebody, by the escalation's own plan."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.catalogue import Catalogue
from domain.condition import ALWAYS
from domain.foresight import answers, duties, house, ladders, reaching, targets
from domain.foresight.duties import Asked
from domain.foresight.finding import Finding
from domain.foresight.reaching import Case
from domain.foresight.situations import Situations
from domain.foresight.targets import Meant
from domain.policy import Policy, Step, WaitUntilCovered
from domain.severity import Severity
from domain.target import NextOnCall, OnCall

DAYS, WITHIN_MINUTES = 90, 15
MOST_DAYS, MOST_MINUTES = 366, 24 * 60


class _Group(NamedTuple):
    """The incidents of one team by one policy."""

    team: str
    policy: Policy
    severities: tuple[Severity, ...]
    services: tuple[str, ...]
    cases: tuple[Case, ...]
    situations: Situations


def lint(
    catalogue: Catalogue,
    since: datetime,
    days: int = DAYS,
    within_minutes: int = WITHIN_MINUTES,
    preferred: str = "",
    unread_calendars: Mapping[str, str] | None = None,
) -> list[Finding]:
    """Everything that is wrong with who would be told over the coming days.

    Args:
        catalogue: all of it, with overrides and what was read of imported calendars.
        since: from when on, UTC.
        days: how far ahead.
        within_minutes: how soon a person must be told of an incident that pages.
        preferred: the policy that the settings make the default of teams that name none, if any.
        unread_calendars: why calendars of schedules could not be read the last time, by the schedules' names.

    Returns:
        Faults first, each finding once.
    """
    broken = house.references(catalogue)
    if broken:
        return broken
    until = since + timedelta(days=days)
    found = [
        *ladders.circles(catalogue),
        *house.unfinished(catalogue, preferred),
        *duties.unread(unread_calendars or {}),
    ]
    if not catalogue.policies:
        return _in_order([*house.no_policy(catalogue), *found])
    groups = [_group(catalogue, cases, since, until) for cases in _by_climb(catalogue, preferred)]
    looked = [(group, _look(group)) for group in groups]
    found += _gaps(catalogue, groups, timedelta(minutes=within_minutes))
    for group, meant in looked:
        found += targets.empty(meant, group.team, group.services)
        found += targets.unverified(catalogue, meant)
        found += _outrun(catalogue, group, meant)
        found += _waits(group, since, until)
        found += _answerable(group, meant)
        found += targets.softened(catalogue, meant)
        found += answers.too_few(
            group.policy, group.situations, [one.place for one in meant], group.severities, group.services
        )
    found += _of_policies(catalogue, groups)
    found += house.without_method(
        catalogue, sorted({email for _, some in looked for one in some for email in one.people})
    )
    found += _of_schedules(catalogue, groups, since, until)
    found += _of_fixed_people(catalogue, groups, since, until)
    return _in_order(found)


def _by_climb(catalogue: Catalogue, preferred: str) -> list[list[Case]]:
    """The kinds of incidents by team and policy."""
    found: dict[tuple[str, str], list[Case]] = {}
    for case in reaching.cases(catalogue, preferred):
        found.setdefault((case.team, case.policy.name), []).append(case)
    return list(found.values())


def _group(catalogue: Catalogue, cases: list[Case], since: datetime, until: datetime) -> _Group:
    first = cases[0]
    severities = dict.fromkeys(case.severity for case in cases)
    services = dict.fromkeys(name for case in cases for name in case.services)
    situations = Situations(catalogue, first.team, first.policy, since, until)
    return _Group(first.team, first.policy, tuple(severities), tuple(services), tuple(cases), situations)


def _look(group: _Group) -> list[Meant]:
    return targets.look(targets.places(group.policy, group.situations, group.severities), group.situations)


def _gaps(catalogue: Catalogue, groups: list[_Group], within: timedelta) -> list[Finding]:
    gaps = [reaching.gap_of(catalogue, case, group.situations, within) for group in groups for case in group.cases]
    return reaching.told_of(catalogue, [gap for gap in gaps if gap], within)


def _outrun(catalogue: Catalogue, group: _Group, meant: list[Meant]) -> Iterator[Finding]:
    """Steps that leave the channel to people whose own rules are slower than the ladder."""
    for one in meant:
        kind, _, field, target, _ = one.place
        if kind == "policies" and field.startswith("steps.") and getattr(target, "channel", "") is None:
            known = [user for email in one.people if (user := catalogue.user_named.get(email))]
            for user in known:
                yield from ladders.outrun(group.policy, int(field.split(".")[1]), user, group.severities)


def _waits(group: _Group, since: datetime, until: datetime) -> Iterator[Finding]:
    """Rungs that wait until somebody is on call, and give up before."""
    for number, rung in enumerate(group.policy.steps):
        if not isinstance(rung, WaitUntilCovered):
            continue
        limit, longest = timedelta(seconds=rung.at_most_seconds), timedelta(0)
        for at, directory in group.situations.distinct():
            covered = directory.covered_from(rung.schedule, rung.level, at)
            longest = max(longest, (covered or until) - at)
        if longest > limit:
            hours = longest.total_seconds() / 3600
            yield Finding(
                severity="fault",
                code="cut_off",
                kind="policies",
                name=group.policy.name,
                field=f"steps.{number}.at_most_seconds",
                message=f"step {number + 1} of the policy {group.policy.name} waits until somebody is on call for "
                f"{rung.schedule or group.team}, {rung.at_most_seconds} s at most, but that may take {hours:.0f} h: "
                "let it wait longer, or cover the time",
                services=group.services,
            )


def _answerable(group: _Group, meant: list[Meant]) -> Iterator[Finding]:
    """A policy that nobody answers for, or that never leaves one person."""
    if group.situations.directory.owner is None:
        text = f"nobody answers for the policy {group.policy.name} when it reaches nobody of {group.team}: "
        text += "give it an owner, or the team a manager"
        yield _warn("no_owner", group, "owner", text)
    steps = [one for one in meant if one.place.kind == "policies" and one.place.field.startswith("steps.")]
    people = dict.fromkeys(email for one in steps for email in one.people)
    if len(people) == 1:
        text = (
            f"the policy {group.policy.name} never leaves one person for {group.team}: it tells {next(iter(people))} "
        )
        yield _warn("one_person", group, "steps", text + "and nobody else. Give it a step to somebody else")


def _of_policies(catalogue: Catalogue, groups: list[_Group]) -> list[Finding]:
    services: dict[str, dict[str, None]] = {}
    policies: dict[str, Policy] = {policy.name: policy for policy in catalogue.policies}
    for group in groups:
        services.setdefault(group.policy.name, {}).update(dict.fromkeys(group.services))
    found = [one for n, policy in policies.items() for one in ladders.ladder_faults(policy, tuple(services.get(n, ())))]
    return found + list(house.gone(catalogue, list(policies.values())))


def _of_schedules(catalogue: Catalogue, groups: list[_Group], since: datetime, until: datetime) -> list[Finding]:
    asked: dict[str, dict[Asked, None]] = {name: {} for name in catalogue.schedule_named}
    for group in groups:
        for one in _asked(group):
            asked.get(one.schedule, {})[one] = None
    found: list[Finding] = []
    for schedule in catalogue.schedules:
        found += duties.schedule_findings(catalogue, schedule, asked[schedule.name], since, until)
    return found


def _of_fixed_people(catalogue: Catalogue, groups: list[_Group], since: datetime, until: datetime) -> list[Finding]:
    """Of the teams that own services that page."""
    asked: dict[str, bool] = {}
    for group in groups:
        steps = [target for rung in group.policy.steps if isinstance(rung, Step) for target in rung.targets]
        own = any(isinstance(target, OnCall) and target.schedule is None and target.level == 1 for target in steps)
        asked[group.team] = asked.get(group.team, False) or own
    return [
        finding
        for name, own in asked.items()
        for finding in duties.fixed_away(catalogue, catalogue.team_named[name], since, until, asked=own)
    ]


def _asked(group: _Group) -> Iterator[Asked]:
    """The schedules that the policy's steps ask for; a step without conditions counts on somebody being there."""
    directory = group.situations.directory
    for rung in group.policy.steps:
        for target in rung.targets if isinstance(rung, Step) else ():
            if isinstance(target, OnCall | NextOnCall):
                schedule = target.schedule or directory.schedule
                if schedule and not directory.fixed_for(target.schedule, target.level):
                    yield Asked(schedule, target.level, alone=isinstance(target, OnCall) and rung.when == ALWAYS)


def _warn(code: str, group: _Group, field: str, message: str) -> Finding:
    return Finding.model_validate(
        {
            "severity": "warning",
            "code": code,
            "kind": "policies",
            "name": group.policy.name,
            "field": field,
            "message": message,
            "services": group.services,
        }
    )


def _in_order(found: list[Finding]) -> list[Finding]:
    """Faults first; the same thing of several teams once, with the services of all."""
    first: dict[tuple[str, str, str, str], Finding] = {}
    for finding in found:
        key = (finding.severity, finding.where, finding.code, finding.message)
        known = first.get(key)
        services = tuple(dict.fromkeys((*(known.services if known else ()), *finding.services)))
        first[key] = (known or finding).model_copy(update={"services": services})
    return sorted(first.values(), key=lambda one: (one.severity != "fault", one.kind, one.name))
