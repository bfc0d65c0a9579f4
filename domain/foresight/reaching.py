"""Does every incident reach somebody in time? The gaps of each service, found by the escalation's own plan."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.catalogue import Catalogue, Service
from domain.channels import LOUD
from domain.climb import Climb, PlannedStep, Situation, created_step, owner_step
from domain.condition import ALWAYS, Condition, Facts
from domain.escalation import plan
from domain.foresight.finding import Finding, Period, at_weekends, joined, spelled
from domain.foresight.situations import Moment, Signature, Situations
from domain.hours import spelled as hours_spelled
from domain.organisation import policy_for
from domain.policy import Policy, Step
from domain.severity import Severity
from domain.texts import shown

LONG = 3 * 60
"""So many minutes are told in hours."""


class Case(NamedTuple):
    """Incidents that climb alike: of one team, by one policy, of one severity."""

    team: str
    policy: Policy
    severity: Severity
    services: tuple[str, ...]

    @property
    def may_wait(self) -> bool:
        """Whether they are meant to wait for working hours: SEV1 and SEV2 page by nature, whatever the policy says."""
        return self.policy.waits(self.severity) and not self.severity.climbs

    @property
    def is_held_back(self) -> bool:
        """Whether they wait for working hours though they should not."""
        return self.policy.waits(self.severity) and self.severity.climbs


class Unreached(NamedTuple):
    """Why nobody is told in time."""

    why: str
    later: str | None
    """Who is told first all the same, and when."""


def cases(catalogue: Catalogue, preferred: str) -> list[Case]:
    """Every kind of incident that pages somebody by itself, for the active services."""
    by_service = _asks_for_services(catalogue)
    rules: dict[str, Policy] = {}
    found: dict[tuple[str, str, Severity, str], list[str]] = {}
    for service in catalogue.services:
        if not service.is_active:
            continue
        for severity, policy in _climbing(catalogue, service, preferred):
            rules.setdefault(policy.name, policy)
            key = (service.team, policy.name, severity, service.name if by_service else "")
            found.setdefault(key, []).append(service.name)
    return [
        Case(team, rules[policy], severity, tuple(services)) for (team, policy, severity, _), services in found.items()
    ]


class Gap(NamedTuple):
    """When incidents of a kind reach nobody in time, and why they do not at first."""

    case: Case
    periods: tuple[Period, ...]
    first: Unreached


def gap_of(catalogue: Catalogue, case: Case, situations: Situations, within: timedelta) -> Gap | None:
    """When incidents of a kind reach nobody in time; None when they always do."""
    judged: dict[tuple[Signature, timedelta] | None, Unreached | None] = {}
    uncovered: list[tuple[datetime, datetime]] = []
    first: Unreached | None = None
    for moment in situations.moments(within):
        if _at_once(case, moment, situations, within, catalogue.user_named):
            continue
        wait = moment.wait if case.is_held_back else timedelta(0)
        key = (moment.signature, wait) if wait <= within else None  # who waits for too long is told by nobody in time
        if key not in judged:
            judged[key] = _judge(case, moment, within, catalogue.user_named)
        unreached = judged[key]
        if unreached is not None:
            uncovered.append((moment.start, moment.end))
            first = first or unreached
    return Gap(case, joined(uncovered), first) if first else None


def told_of(catalogue: Catalogue, gaps: Sequence[Gap], within: timedelta) -> list[Finding]:
    """The gaps as findings; the same gap of SEV1 and SEV2 is one."""
    alike: dict[tuple[str, str, tuple[str, ...], tuple[Period, ...]], list[Gap]] = {}
    for gap in gaps:
        case = gap.case
        alike.setdefault((case.team, case.policy.name, case.services, gap.periods), []).append(gap)
    return [_finding(catalogue, some, within) for some in alike.values()]


def _finding(catalogue: Catalogue, gaps: Sequence[Gap], within: timedelta) -> Finding:
    case, periods, first = gaps[0]
    zone = _zone(catalogue, case.team)
    severities = " and ".join(gap.case.severity.short for gap in gaps)
    whom = case.services[0] if len(case.services) == 1 else f"{len(case.services)} services of {case.team}"
    when = "" if case.may_wait else f" within {_minutes(within)}"
    after = f"; {first.later}" if first.later else ""
    return Finding(
        severity="fault",
        code="uncovered_weekend" if at_weekends(periods, zone) else "gap",
        kind="services",
        name=case.services[0],
        field="team",
        message=f"{severities} incidents of {whom} reach nobody{when} {spelled(periods, zone)}: {first.why}{after}. "
        f"{_remedy(case)}",
        services=case.services,
        periods=periods,
    )


def _remedy(case: Case) -> str:
    if case.is_held_back:
        return f"Take {case.severity.short} out of the working hours of {case.policy.name}, or make them longer"
    return f"Put somebody on call then, or give the policy {case.policy.name} a step that reaches somebody"


def _zone(catalogue: Catalogue, name: str) -> str:
    """The time zone of a team; that of its schedule while it has none of its own."""
    team = catalogue.team_named[name]
    schedule = catalogue.schedule_named.get(team.schedule or "")
    return schedule.time_zone if schedule and team.time_zone == "UTC" else team.time_zone


def _new_incident(case: Case, at: datetime) -> Facts:
    """What is known of an incident of a kind that begins at an instant."""
    return Facts(severity=case.severity, service=case.services[0], alerts=((at, 1),))


def _at_once(case: Case, moment: Moment, situations: Situations, within: timedelta, people: Collection[str]) -> bool:
    """Whether the first rung alone reaches somebody: then the whole plan does, which need not be made.

    For rungs without a condition only, whose answer is the same for all urgent incidents.
    """
    rung, policy = case.policy.steps[0], case.policy
    if not isinstance(rung, Step) or rung.when != ALWAYS or not case.severity.climbs:
        return False
    if moment.wait and case.is_held_back:
        return False
    if moment.first not in situations.reached_at_once:
        alone = policy.model_copy(update={"steps": (rung,), "max_rounds": 1})
        directory = moment.directory.model_copy(update={"routes": ()})
        at = moment.start
        steps = plan(Situation(alone, _new_incident(case, at), directory, Climb(started_at=at)))
        told = _telling(steps, people)
        situations.reached_at_once[moment.first] = any(step.at - at <= within for step in told)
    return situations.reached_at_once[moment.first]


def _judge(case: Case, moment: Moment, within: timedelta, people: Collection[str]) -> Unreached | None:
    at = moment.start
    steps = plan(Situation(case.policy, _new_incident(case, at), moment.directory, Climb(started_at=at)))
    told = _telling(steps, people)
    if any(case.may_wait or step.at - at <= within for step in told):
        return None
    later = min(told, key=lambda step: step.at, default=None)
    why = "; ".join(dict.fromkeys(step.skipped for step in steps if step.skipped)) or "no step tells a person by then"
    hours = case.policy.working_hours
    if later and hours and case.is_held_back:
        why = f"the policy {case.policy.name} lets them wait for its working hours, {hours_spelled(hours)}"
    return Unreached(why, _later(later, at) if later else None)


def _telling(steps: Sequence[PlannedStep], people: Collection[str]) -> list[PlannedStep]:
    """The steps that tell a person.

    A channel or a webhook is nobody; the last resort says that nobody was reached; the first message counts when it
    wakes somebody, for mail that nobody was called about may be read in the morning.
    """
    return [step for step in steps if not step.step.startswith(owner_step(1)) and _tells(step, people)]


def _tells(step: PlannedStep, people: Collection[str]) -> bool:
    any_channel = not step.step.startswith(created_step(1))
    return any(one.recipient in people and (any_channel or one.channel in LOUD) for one in step.deliveries)


def _later(step: PlannedStep, at: datetime) -> str:
    minutes = _minutes(step.at - at)
    return f"the first who is told is {shown(step.deliveries[0].recipient)}, after {minutes}"


def _minutes(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    if minutes >= LONG:
        return f"{minutes / 60:.0f} hours"
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def _climbing(catalogue: Catalogue, service: Service, default: str) -> Iterator[tuple[Severity, Policy]]:
    for severity in Severity:
        policy = policy_for(catalogue, service, severity, default)
        if policy.climbs(severity):
            yield severity, policy


def _asks_for_services(catalogue: Catalogue) -> bool:
    """Whether any condition names services: then each is a case of its own."""
    conditions: list[Condition] = [rung.when for policy in catalogue.policies for rung in policy.steps]
    return any(when.services for when in [*conditions, *(route.when for route in catalogue.routes)])
