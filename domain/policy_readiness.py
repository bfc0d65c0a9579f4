"""Whom an escalation policy reaches now, for every team whose incidents climb by it."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from domain.catalogue import Catalogue, Policy
from domain.climb import Climb, PlannedStep, Situation
from domain.condition import Facts
from domain.escalation import plan
from domain.organisation import directory_of, policy_for
from domain.readiness import person_faults
from domain.severity import Severity
from domain.texts import shown


class Recipient(NamedTuple):
    """One who would be told, and what is wrong with the ways to them."""

    recipient: str
    channel: str
    reason: str
    faults: tuple[str, ...] = ()


class StepReadiness(NamedTuple):
    """One step of the first round."""

    step: str
    at: datetime
    recipients: tuple[Recipient, ...]
    skipped: str | None
    """Why it tells nobody."""


class TeamReadiness(NamedTuple):
    """The policy as it is for incidents of one team."""

    team: str
    severity: Severity
    reachable: bool
    """Whether any step tells a person."""
    steps: tuple[StepReadiness, ...]


def policy_readiness(catalogue: Catalogue, policy: Policy, at: datetime, default: str) -> tuple[TeamReadiness, ...]:
    """Whom a policy would reach.

    Args:
        catalogue: all of it.
        policy: of the catalogue.
        at: when an incident would begin, UTC.
        default: name of the policy for teams without one.
    """
    return tuple(_team(catalogue, policy, at, *use) for use in _uses(catalogue, policy.name, default))


def faults_of(teams: tuple[TeamReadiness, ...]) -> tuple[str, ...]:
    """What is wrong, as sentences; each once."""
    return tuple(dict.fromkeys(_faults(teams)))


def _faults(teams: tuple[TeamReadiness, ...]) -> Iterator[str]:
    if not teams:
        yield "no service's incidents climb by it"
    for team in teams:
        if not team.reachable:
            yield f"{team.team}: it reaches no person"
        for step in team.steps:
            if step.skipped:
                yield f"{team.team}, {step.step}: {step.skipped}"
            yield from (f"{one.recipient} {fault}" for one in step.recipients for fault in one.faults)


def _uses(catalogue: Catalogue, name: str, default: str) -> list[tuple[str, Severity, str]]:
    """Team, severity and one service of each team that the policy answers for."""
    found: dict[str, tuple[str, Severity, str]] = {}
    for service in catalogue.services:
        if not service.is_active:
            continue
        for severity in Severity:
            rules = policy_for(catalogue, service, severity, default)
            if rules.name == name and rules.climbs(severity):
                found.setdefault(service.team, (service.team, severity, service.name))
    return list(found.values())


def _team(
    catalogue: Catalogue, policy: Policy, at: datetime, team: str, severity: Severity, service: str
) -> TeamReadiness:
    directory = directory_of(catalogue, team, policy.rules, at)
    facts = Facts(severity=severity, service=service, alerts=((at, 1),))
    planned = plan(Situation(policy.rules, facts, directory, Climb(started_at=at)))
    steps = tuple(_step(catalogue, step) for step in planned if step.step.startswith("p1.r1."))
    people = [one for step in steps for one in step.recipients if one.recipient in catalogue.user_named]
    return TeamReadiness(team, severity, bool(people), steps)


def _step(catalogue: Catalogue, step: PlannedStep) -> StepReadiness:
    recipients = []
    for one in step.deliveries:
        user = catalogue.user_named.get(one.recipient)
        faults = person_faults(user, step.at) if user else ()
        recipients.append(Recipient(shown(one.recipient), one.channel, one.reason, faults))
    return StepReadiness(step.step, step.at, tuple(recipients), step.skipped)
