"""The plan of an incident: which step fires when, and who is told by which channel.

The workflow climbs by this plan, the API previews with it: *the preview of an escalation is the same code as
the escalation*.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import assert_never

from domain.channels import LOUD, ChannelName
from domain.climb import Climb, PlannedStep, Situation, created_step, owner_step
from domain.policy import AssignRole, OpenWarRoom, Policy, ResolveIt, Rung, Step, WaitUntilCovered
from domain.recipients import Delivery, Meant, Moment, Told, meant_by, without_repeats
from domain.routing import Route
from domain.severity import Severity
from domain.target import Person


def broadcast(situation: Situation) -> list[Delivery]:
    """Who hears of a new incident at once: what every route says that applies, and each impacted scope's own."""
    return _at_once(_routed(situation), situation)


def _at_once(meant: Meant, situation: Situation) -> list[Delivery]:
    at_once = [one.delivery for one in meant.told if not one.after_seconds]
    return [delivery for delivery in at_once if not situation.facts.has_acknowledged(delivery.recipient)]


def _routed(situation: Situation) -> Meant:
    """Whom routes and scopes mean, nobody twice; nobody is woken by what waits for working hours."""
    facts, directory, at = situation.facts, situation.directory, situation.climb.started_at
    told: list[Told] = []
    moment = Moment(facts, directory, at)
    for number, route in _applying(situation):
        for place, target in enumerate(route.targets):
            told += meant_by(target, moment, f"{route.name}/{number}/{place}", route.when).told
    told += [Told(0, delivery) for delivery in of_scopes(facts.scopes, situation)]
    if _opening(situation) is not None:
        told = [one for one in told if one.delivery.channel not in LOUD]
    return Meant(without_repeats(told))


def of_scopes(scopes: Collection[str], situation: Situation) -> list[Delivery]:
    """The addresses that impact scopes must be told at (REQUIREMENTS R-D-05), whatever the routes say.

    SEV4 tells nobody (R-B-14), unless a route wants it told.
    """
    directory = situation.directory
    if situation.facts.severity is Severity.SEV4_LOW and not any(True for _ in _applying(situation)):
        return []
    return [
        Delivery(recipient=address, channel=ChannelName.EMAIL, reason=f"must be told of {scope}")
        for scope in sorted(scopes)
        for address in directory.scope_emails.get(scope, ())
    ]


def plan(situation: Situation) -> list[PlannedStep]:
    """Every step in the order in which it fires: the broadcast, then each round of the ladder.

    Severities that do not climb by themselves have the broadcast alone.
    """
    climb = situation.climb
    name = created_step(climb.generation)
    first = to_person(climb.first_to, "the new assignee", name, climb.started_at, situation) if climb.first_to else []
    if not any(step.deliveries for step in first):
        routed = _routed(situation)
        first = [
            PlannedStep(step=name, at=climb.started_at, deliveries=tuple(_at_once(routed, situation))),
            *_later_parts(name, climb.started_at, [routed], situation),
        ]
    if not situation.policy.climbs(situation.facts.severity):
        return first
    return _until_resolved(sorted([*first, *ladder(situation)], key=lambda step: step.at))


def ladder(situation: Situation) -> list[PlannedStep]:
    """The rungs with their times, and what follows each by people's own rules, in the order of their times.

    An empty rung is skipped at once: what follows moves up by its wait (REQUIREMENTS R-F-09).
    """
    steps = _until_resolved(sorted(_climbed(situation), key=lambda step: step.at))
    if steps and steps[-1].action != "resolve" and not _reach_somebody(steps, situation):
        steps += _to_the_owner(situation, steps[-1].at)
    return sorted(steps, key=lambda step: step.at)


def _reach_somebody(steps: Sequence[PlannedStep], situation: Situation) -> bool:
    """Whether any rung does, or did when it fired; or somebody is named to take it, or has acknowledged."""
    climb = situation.climb
    if situation.facts.acknowledged or _is_taken(situation):
        return True
    return any(step.deliveries or (_has_told(step.step, climb) and not step.action) for step in steps)


def persistence(situation: Situation, acknowledged_at: datetime) -> list[PlannedStep]:
    """Whom to tell when an acknowledged incident is neither mitigated nor resolved in time."""
    climb, steps = situation.climb, []
    for number, persist in enumerate(situation.policy.persist, start=1):
        if situation.facts.severity not in persist.severities:
            continue
        at = acknowledged_at + timedelta(seconds=persist.after_seconds / climb.time_scale)
        name = f"p{climb.generation}.persist{number}"
        moment = Moment(situation.facts, situation.directory, _when(name, at, situation))
        key = f"{situation.policy.name}/persist{number}"
        meant = [meant_by(target, moment, f"{key}/{place}") for place, target in enumerate(persist.targets)]
        steps += [_planned(name, at, meant, situation), *_later_parts(name, moment.at, meant, situation)]
    return sorted(steps, key=lambda step: step.at)


def to_person(email: str, reason: str, name: str, at: datetime, situation: Situation) -> list[PlannedStep]:
    """One person is told by their own rules: what is due at once, and its later parts; nobody who is not active."""
    moment = Moment(situation.facts, situation.directory, _when(name, at, situation))
    meant = meant_by(Person(email=email), moment)
    told = tuple(one._replace(delivery=one.delivery.model_copy(update={"reason": reason})) for one in meant.told)
    meant = meant._replace(told=told)
    return [_planned(name, at, [meant], situation), *_later_parts(name, moment.at, [meant], situation)]


def remaining(steps: Sequence[PlannedStep], fired: Collection[str]) -> list[PlannedStep]:
    """What is still to come."""
    return [step for step in steps if step.step not in fired]


def passed(steps: Sequence[PlannedStep], on_ledger: Collection[str]) -> tuple[str, ...]:
    """The steps of a plan up to the last one on the ledger: skipped rungs leave no trace there, yet are over."""
    last = max((number for number, step in enumerate(steps, start=1) if step.step in on_ledger), default=0)
    return tuple(step.step for step in steps[:last])


def brought_forward(climb: Climb, upcoming: PlannedStep, now: datetime) -> Climb:
    """The climb after a manual escalation: the next step is due now, and the rest keeps its distances."""
    seconds = max(0.0, (upcoming.at - now).total_seconds()) * climb.time_scale
    return climb.model_copy(update={"advance_seconds": climb.advance_seconds + seconds})


def _climbed(situation: Situation) -> Iterator[PlannedStep]:
    """Each rung of each round at its time, followed by its later parts."""
    climb = situation.climb
    held = _opening(situation) or timedelta(0)
    elapsed, wait_is_over = 0.0, False
    taken = _is_taken(situation)
    reaching: int | None = None
    for round_number in range(1, situation.policy.max_rounds + 1):
        for number, rung, wait in _rungs(situation.policy, round_number, reaching):
            name = f"p{climb.generation}.r{round_number}.s{number}"
            elapsed += 0 if wait_is_over and not isinstance(rung, ResolveIt) else wait  # the end does not move up
            moved = timedelta(seconds=(elapsed - climb.advance_seconds) / climb.time_scale)
            at = climb.started_at + max(timedelta(0), held + moved)
            step, *later = _fires(rung, name, number, at, round_number, situation)
            reaches = bool(step.deliveries or later)
            if taken and elapsed == 0 and not held:
                step, later = PlannedStep(step=name, at=at, skipped=taken, keeps_time=True), []
            yield step
            yield from later
            if isinstance(rung, WaitUntilCovered) and step.action:
                held += _hold(rung, at, situation)
            if reaches or (not step.action and _has_told(name, climb)):
                reaching = number
            wait_is_over = _moves_up(step, climb)


def _rungs(policy: Policy, round_number: int, reaching: int | None) -> Iterator[tuple[int, Rung, float]]:
    """Number in the ladder, rung, and seconds to wait after the rung before, of one round."""
    if round_number == 1 or policy.repeat == "all":
        before = 0.0 if round_number == 1 else -float(policy.repeat_seconds)
        for number, rung in enumerate(policy.steps, start=1):
            yield number, rung, rung.after_seconds - before
            before = rung.after_seconds
    elif reaching is not None:
        yield reaching, policy.steps[reaching - 1], policy.repeat_seconds


def _fires(
    rung: Rung, name: str, number: int, at: datetime, round_number: int, situation: Situation
) -> list[PlannedStep]:
    """One rung at its time, and its later parts."""
    when = _when(name, at, situation)
    moment = Moment(situation.facts, situation.directory, when, round_number)
    covered = situation.directory.is_covered(when)
    why_not = rung.when.why_not(situation.facts, situation.directory.time_zone, when, covered=covered)
    if why_not:
        return [PlannedStep(step=name, at=at, skipped=why_not, keeps_time=True)]
    key = f"{situation.policy.name}/{number}"
    match rung:
        case Step():
            meant = [meant_by(t, moment, f"{key}/{place}", rung.when) for place, t in enumerate(rung.targets)]
            return [_planned(name, at, meant, situation), *_later_parts(name, when, meant, situation)]
        case AssignRole():
            return [_assigns(rung, name, at, meant_by(rung.to, moment, f"{key}/0", rung.when))]
        case OpenWarRoom():
            return [PlannedStep(step=name, at=at, action="open_war_room")]
        case ResolveIt():
            return [PlannedStep(step=name, at=at, action="resolve", detail=rung.note)]
        case WaitUntilCovered():
            whom = rung.schedule or situation.directory.schedule or situation.directory.team
            return [PlannedStep(step=name, at=at, action="wait", detail=f"until somebody is on call for {whom}")]
        case _:
            assert_never(rung)


def _when(name: str, at: datetime, situation: Situation) -> datetime:
    """The instant at which it is asked who answers: that of the firing, or now when it is overdue."""
    fired_at = situation.climb.fired_at.get(name)
    if fired_at is not None or situation.now is None or name in situation.climb.fired:
        return fired_at or at
    return max(at, situation.now)


def _is_taken(situation: Situation) -> str | None:
    """Why the rungs of the first instant are left out: somebody was named to take the incident, and is told."""
    climb = situation.climb
    if climb.first_to is None:
        return None
    first = to_person(climb.first_to, "", created_step(climb.generation), climb.started_at, situation)
    return f"{climb.first_to} is told first" if any(step.deliveries for step in first) else None


def _planned(name: str, at: datetime, meant: Sequence[Meant], situation: Situation) -> PlannedStep:
    """What is due at once; later parts make no step empty."""
    told = without_repeats([told for one in meant for told in one.told])
    wanted = [one for one in told if not situation.facts.has_acknowledged(one.delivery.recipient)]
    missing = "; ".join(why for one in meant for why in one.missing)
    if told and not wanted:
        return PlannedStep(step=name, at=at, skipped="all of them have acknowledged", keeps_time=True)
    first = tuple(one.delivery for one in wanted if one.after_seconds == 0)
    if wanted and not first:
        return PlannedStep(step=name, at=at, skipped="everybody's own rules tell them later", keeps_time=True)
    return PlannedStep(step=name, at=at, deliveries=first, skipped=None if first else missing)


def _later_parts(name: str, at: datetime, meant: Sequence[Meant], situation: Situation) -> list[PlannedStep]:
    """What people's own rules put off: `p1.r1.s1.120s` is two minutes after `p1.r1.s1`."""
    told = without_repeats([told for one in meant for told in one.told])
    by_delay: dict[int, list[Delivery]] = {}
    for one in told:
        if one.after_seconds and not situation.facts.has_acknowledged(one.delivery.recipient):
            by_delay.setdefault(one.after_seconds, []).append(one.delivery)
    return [
        PlannedStep(
            step=f"{name}.{seconds}s",
            at=at + timedelta(seconds=seconds / situation.climb.time_scale),
            deliveries=tuple(deliveries),
            follows=name,
        )
        for seconds, deliveries in sorted(by_delay.items())
    ]


def _assigns(rung: AssignRole, name: str, at: datetime, meant: Meant) -> PlannedStep:
    if not meant.told:
        return PlannedStep(step=name, at=at, skipped="; ".join(meant.missing))
    told = meant.told[0].delivery.model_copy(update={"reason": f"is {rung.role} now"})
    return PlannedStep(step=name, at=at, deliveries=(told,), action="assign_role", detail=rung.role)


def _hold(rung: WaitUntilCovered, at: datetime, situation: Situation) -> timedelta:
    """How long it holds: real time, for duties are so in a drill too; the limit is a delay, which a drill divides."""
    limit = timedelta(seconds=rung.at_most_seconds / situation.climb.time_scale)
    covered = situation.directory.covered_from(rung.schedule, rung.level, at)
    return min(limit, covered - at) if covered else limit


def _until_resolved(steps: list[PlannedStep]) -> list[PlannedStep]:
    """Nothing follows a rung that resolves."""
    ends = (number for number, step in enumerate(steps, start=1) if step.action == "resolve")
    return steps[: next(ends, len(steps))]


def _has_told(name: str, climb: Climb) -> bool:
    """Whether a rung that is over reached somebody when it was due."""
    return name in climb.fired and name not in climb.skipped and name not in climb.silent


def _moves_up(step: PlannedStep, climb: Climb) -> bool:
    """Whether what follows does not wait for this one's time-out: it reaches nobody, or did not when it was due."""
    if step.step in climb.skipped:
        return True
    return not (step.deliveries or step.action or step.keeps_time or step.step in climb.fired)


def _opening(situation: Situation) -> timedelta | None:
    """How long an incident waits that is for working hours; None when it does not wait."""
    policy, start = situation.policy, situation.climb.started_at
    hours = policy.working_hours
    if hours is None or not policy.waits(situation.facts.severity):
        return None
    wait = hours.next_opening(start, hours.zone or situation.directory.time_zone) - start
    return wait / situation.climb.time_scale if wait else None


def _applying(situation: Situation) -> Iterator[tuple[int, Route]]:
    """The routes that are about such an incident, with their places."""
    facts, directory, at = situation.facts, situation.directory, situation.climb.started_at
    covered = directory.is_covered(at)
    for number, route in enumerate(directory.routes):
        of_team = not route.teams or directory.team in route.teams
        if of_team and route.when.why_not(facts, directory.time_zone, at, covered=covered) is None:
            yield number, route


def _to_the_owner(situation: Situation, at: datetime) -> list[PlannedStep]:
    """Nobody is reached by any rung: the policy's owner is told, as the last resort."""
    owner = situation.directory.owner
    if owner is None:
        return []
    reason = f"owns the policy {situation.policy.name}, which reaches nobody"
    directory = situation.directory.model_copy(update={"people": (*situation.directory.people, owner)})
    situation = situation._replace(directory=directory)
    return to_person(owner, reason, owner_step(situation.climb.generation), at, situation)
