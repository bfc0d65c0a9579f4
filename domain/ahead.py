"""What is still to come of an incident by itself: the same for its workflow, its page and `GET …/plan/`."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.calls import Call, called
from domain.condition import Facts
from domain.directory import Directory
from domain.escalation import Climb, PlannedStep, Situation, persistence, plan, remaining
from domain.incident import Incident, Status
from domain.policy import Policy

LONG_OVER = timedelta(days=9)
"""A rung may hold the ladder for a week, and people's own rules put off what a step says by a day."""


def facts_of(incident: Incident, alerts: Sequence[tuple[datetime, int]] = ()) -> Facts:
    """What the rules must know of an incident.

    Args:
        incident: as it is.
        alerts: when alerts came, and how many of them by then.
    """
    return Facts(
        severity=incident.severity,
        scopes=incident.impacted_scopes,
        labels=incident.labels,
        service=incident.service,
        lead=incident.lead,
        alerts=tuple(alerts),
        # Once somebody has it in hand, they are told like everybody else: when it goes on for too long, or by hand.
        acknowledged=incident.acknowledgements if incident.status is Status.TRIGGERED else (),
    )


def asked_since(started_at: datetime, now: datetime) -> datetime:
    """From when on it must be known who is on call: older steps are over, and so are their later parts."""
    return min(now, max(started_at, now - LONG_OVER))


def still_to_come(
    incident: Incident,
    policy: Policy,
    directory: Directory,
    climb: Climb,
    alerts: Sequence[tuple[datetime, int]] = (),
    now: datetime | None = None,
    calls: Sequence[Call] = (),
) -> list[PlannedStep]:
    """The steps that will fire if nobody does anything, in their order.

    Args:
        incident: as it is.
        policy: by which it climbs.
        directory: who answers for it.
        climb: how far it is; with the steps that are over.
        alerts: when alerts came, and how many by then.
        now: UTC; whoever answers now is told by steps that are overdue. None in a preview.
        calls: whom people have asked beside the plan.
    """
    situation = Situation(policy, facts_of(incident, alerts), directory, climb, now)
    if not incident.is_open:
        return []
    asked = [step for call in calls for step in called(call, incident, situation)]
    return sorted([*remaining(asked, climb.fired), *_by_policy(incident, situation)], key=lambda step: step.at)


def _by_policy(incident: Incident, situation: Situation) -> list[PlannedStep]:
    if incident.snoozed_until is not None:
        return plan(_begun_again(situation, incident.snoozed_until))
    if incident.status is Status.TRIGGERED:
        return remaining(plan(situation), situation.climb.fired)
    if incident.status is Status.ACKNOWLEDGED and incident.acknowledged_at is not None:
        return _while_acknowledged(situation, incident.acknowledged_at)
    return []


def _while_acknowledged(situation: Situation, acknowledged_at: datetime) -> list[PlannedStep]:
    """Whom to tell because it goes on; and all over again when the acknowledgement times out."""
    steps = remaining(persistence(situation, acknowledged_at), situation.climb.fired)
    timeout = situation.policy.acknowledgement_timeout_seconds
    if timeout is None:
        return steps
    again = acknowledged_at + timedelta(seconds=timeout / situation.climb.time_scale)
    return [step for step in steps if step.at < again] + plan(_begun_again(situation, again))


def _begun_again(situation: Situation, at: datetime) -> Situation:
    """The next plan generation, from an instant on."""
    climb = situation.climb
    next_one = Climb(started_at=at, generation=climb.generation + 1, time_scale=climb.time_scale)
    return situation._replace(climb=next_one, facts=situation.facts.model_copy(update={"acknowledged": ()}))
