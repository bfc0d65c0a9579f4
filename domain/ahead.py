"""What is still to come of an incident by itself: the same for its workflow, its page and `GET …/plan/`."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from domain.calls import Call, called
from domain.climb import Climb, PlannedStep, Situation
from domain.condition import Facts
from domain.directory import Directory
from domain.escalation import ladder, passed, persistence, plan, remaining
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


def told_first(climb: Climb, lead: str | None) -> str | None:
    """Whom the generation that follows by itself tells first: whoever leads what was reassigned to a person."""
    return (lead or climb.first_to) if climb.first_to else None


def _by_policy(incident: Incident, situation: Situation) -> list[PlannedStep]:
    if incident.snoozed_until is not None:
        return plan(_begun_again(situation, incident.snoozed_until))
    if incident.status is Status.TRIGGERED:
        return remaining(plan(situation), situation.climb.fired)
    if incident.acknowledged_at is None:
        return []
    by_hand = _parts_of_rungs_fired_by_hand(situation, incident.acknowledged_at)
    if incident.status is Status.ACKNOWLEDGED:
        return by_hand + _while_acknowledged(situation, incident.acknowledged_at)
    return by_hand


def _parts_of_rungs_fired_by_hand(situation: Situation, acknowledged_at: datetime) -> list[PlannedStep]:
    """Later parts of the rungs that somebody wanted although the incident was in hand already."""
    fired_at = situation.climb.fired_at
    parts = [step for step in ladder(situation) if step.follows is not None]
    wanted = [step for step in parts if (at := fired_at.get(step.follows or "")) and at > acknowledged_at]
    return remaining(wanted, situation.climb.fired)


def fired_by_hand(steps: Sequence[PlannedStep], fired: Collection[str]) -> list[PlannedStep]:
    """The rungs that a manual escalation may fire, in their order: those that tell somebody, now or later.

    Args:
        steps: the ladder with its later parts.
        fired: what is over.
    """
    later = [step.follows for step in steps if step.deliveries]
    rungs = [step for step in remaining(steps, fired) if step.follows is None]
    return [rung for rung in rungs if rung.deliveries or rung.step in later]


def next_by_hand(situation: Situation, now: datetime) -> PlannedStep | None:
    """The rung that a manual escalation fires at an instant: the next one that tells somebody, now or later.

    Whoever answers at that instant is told, whenever it would have been due by itself; so is what it asks judged then.
    """
    climb = situation.climb
    for rung in remaining([step for step in ladder(situation) if step.follows is None], climb.fired):
        at_once = climb.model_copy(update={"fired_at": {**climb.fired_at, rung.step: now}})
        rungs = fired_by_hand(ladder(situation._replace(climb=at_once)), climb.fired)
        found = next((step for step in rungs if step.step == rung.step), None)
        if found is not None:
            return found
    return None


def passed_over(steps: Sequence[PlannedStep], step: PlannedStep, fired: Collection[str]) -> list[PlannedStep]:
    """The rungs before one that is fired by hand; later parts of those that have fired before are still to come."""
    before = takewhile(lambda one: one.step != step.step, steps)
    return remaining([one for one in before if one.follows is None], fired)


def over_by(steps: Sequence[PlannedStep], on_ledger: Collection[str]) -> list[PlannedStep]:
    """The steps of a plan that are over by what the ledger has: rungs up to the last one on it, and their later parts
    as far as they are on it, too, or the rung is not: it was passed over.
    """
    rungs = [step for step in steps if step.follows is None]
    of_parts = [step.follows for step in steps if step.follows and step.step in on_ledger]
    over = passed(rungs, [*on_ledger, *of_parts])
    never_fired = [name for name in over if name not in on_ledger and name not in of_parts]
    return [s for s in steps if s.step in (over if s.follows is None else on_ledger) or s.follows in never_fired]


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
    first_to = told_first(climb, situation.facts.lead)
    next_one = Climb(started_at=at, generation=climb.generation + 1, time_scale=climb.time_scale, first_to=first_to)
    return situation._replace(climb=next_one, facts=situation.facts.model_copy(update={"acknowledged": ()}))
