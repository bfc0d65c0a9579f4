"""The plan of an incident: which step fires when, and who is told by which channel.

The workflow climbs by this plan, the API previews with it: *the preview of an escalation is the same code as
the escalation*.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict

from domain.channels import ChannelName
from domain.directory import Directory
from domain.policy import Manager, OnCall, Person, Policy, Step, Target, TeamChannel, Title
from domain.severity import Severity


class Delivery(BaseModel):
    """One message to one recipient by one channel, and why."""

    model_config = ConfigDict(frozen=True)

    recipient: str
    channel: ChannelName
    reason: str


class PlannedStep(BaseModel):
    """A step of the plan; without deliveries it is skipped, and `skipped` says why."""

    model_config = ConfigDict(frozen=True)

    step: str
    at: datetime
    deliveries: tuple[Delivery, ...] = ()
    skipped: str | None = None


class Climb(BaseModel):
    """How far one incident has climbed; the same for workflow, row and preview."""

    model_config = ConfigDict(frozen=True)

    started_at: datetime
    """When the first message of this plan generation left, or will leave; UTC."""
    generation: int = 1
    advance_seconds: float = 0
    """By how much manual escalations have brought the rest of the plan forward."""
    time_scale: float = 1
    """A drill divides every delay by this."""
    fired: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    """Of those that are over, the ones that reached nobody when they were due: what follows did not wait for them."""

    def after(self, *steps: PlannedStep) -> "Climb":
        """The climb once these steps have been fired, or skipped when they reach nobody."""
        over = tuple(step.step for step in steps)
        empty = tuple(step.step for step in steps if not step.deliveries)
        return self.model_copy(update={"fired": (*self.fired, *over), "skipped": (*self.skipped, *empty)})


BROADCAST: dict[Severity, tuple[Target, ...]] = {
    Severity.SEV1_CRITICAL: (
        OnCall(channel=ChannelName.SMS),
        OnCall(channel=ChannelName.EMAIL),
        TeamChannel(channel=ChannelName.SLACK),
    ),
    Severity.SEV2_HIGH: (TeamChannel(channel=ChannelName.SLACK), OnCall(channel=ChannelName.EMAIL)),
    Severity.SEV3_MEDIUM: (TeamChannel(channel=ChannelName.SLACK),),
    Severity.SEV4_LOW: (),
}
"""Who hears of a new incident, by severity (REQUIREMENTS R-B-14, R-E-02, X-11, X-20)."""

RESOLVED_STEP = "resolved"


def delivery_id(incident_id: UUID, step: str, recipient: str, channel: str) -> UUID:
    """The same id for the same page, however often it is tried: the vendor's idempotency key."""
    return uuid5(incident_id, f"{step}|{recipient}|{channel}")


def created_step(generation: int) -> str:
    """The step of the first broadcast of a plan generation."""
    return f"p{generation}.created"


def resolve_target(target: Target, directory: Directory) -> tuple[list[Delivery], str | None]:
    """Who a target means now; with nobody, the second value says what is missing."""
    match target:
        case OnCall():
            recipients, reason = directory.on_call, f"on call for {directory.team}"
            missing = f"nobody is on call for {directory.team}"
        case TeamChannel():
            recipients = (directory.team_channel,) if directory.team_channel else ()
            reason, missing = f"channel of {directory.team}", f"{directory.team} has no channel"
        case Manager():
            recipients = (directory.manager,) if directory.manager else ()
            reason, missing = f"manager of {directory.team}", f"{directory.team} has no manager"
        case Title():
            recipients = directory.titles.get(target.title, ())
            reason, missing = target.title, f"nobody is {target.title}"
        case Person():
            recipients = (target.email,) if target.email in directory.people else ()
            reason, missing = "named by the policy", f"{target.email} is not active"
        case _:
            assert_never(target)
    found = [Delivery(recipient=recipient, channel=target.channel, reason=reason) for recipient in recipients]
    return found, None if found else missing


def broadcast(severity: Severity, scopes: Collection[str], directory: Directory) -> list[Delivery]:
    """Who hears of a new incident: the severity's own, and the addresses of each impacted scope; none twice."""
    targets = BROADCAST[severity]
    told = [found for target in targets for found in resolve_target(target, directory)[0]]
    if targets:
        told += [
            Delivery(recipient=address, channel=ChannelName.EMAIL, reason=f"must be told of {scope}")
            for scope in sorted(scopes)
            for address in directory.scope_emails.get(scope, ())
        ]
    return _without_repeats(told)


def plan(
    policy: Policy, severity: Severity, scopes: Collection[str], directory: Directory, climb: Climb
) -> list[PlannedStep]:
    """Every step in the order in which it fires: the broadcast, then each round of the ladder.

    Severities that do not climb by themselves have the broadcast alone.
    """
    first = broadcast(severity, scopes, directory)
    steps = [PlannedStep(step=created_step(climb.generation), at=climb.started_at, deliveries=tuple(first))]
    if severity.climbs:
        steps += ladder(policy, directory, climb)
    return steps


def ladder(policy: Policy, directory: Directory, climb: Climb) -> list[PlannedStep]:
    """The rungs with their times. An empty rung is skipped at once: what follows moves up by its wait (R-F-09)."""
    steps: list[PlannedStep] = []
    elapsed = 0.0
    wait_is_over = False
    for round_number, number, rung, wait in _rungs(policy, directory):
        name = f"p{climb.generation}.r{round_number}.s{number}"
        elapsed += 0 if wait_is_over else wait
        deliveries, missing = _resolve_step(rung, directory)
        wait_is_over = name in climb.skipped or (not deliveries and name not in climb.fired)
        offset = max(0.0, elapsed - climb.advance_seconds) / climb.time_scale
        steps.append(
            PlannedStep(
                step=name,
                at=climb.started_at + timedelta(seconds=offset),
                deliveries=tuple(deliveries),
                skipped=None if deliveries else "; ".join(missing),
            )
        )
    return steps


def remaining(steps: list[PlannedStep], fired: Collection[str]) -> list[PlannedStep]:
    """What is still to come."""
    return [step for step in steps if step.step not in fired]


def passed(steps: list[PlannedStep], on_ledger: Collection[str]) -> tuple[str, ...]:
    """The steps of a plan up to the last one on the ledger: skipped rungs leave no trace there, yet are over."""
    last = max((number for number, step in enumerate(steps, start=1) if step.step in on_ledger), default=0)
    return tuple(step.step for step in steps[:last])


def brought_forward(climb: Climb, upcoming: PlannedStep, now: datetime) -> Climb:
    """The climb after a manual escalation: the next step is due now, and the rest keeps its distances."""
    seconds = max(0.0, (upcoming.at - now).total_seconds()) * climb.time_scale
    return climb.model_copy(update={"advance_seconds": climb.advance_seconds + seconds})


def _rungs(policy: Policy, directory: Directory) -> Iterator[tuple[int, int, Step, float]]:
    """Round, number in the ladder, rung, and seconds to wait after the rung before."""
    before = 0
    for number, rung in enumerate(policy.steps, start=1):
        yield 1, number, rung, rung.after_seconds - before
        before = rung.after_seconds
    reaching = [n for n, rung in enumerate(policy.steps, start=1) if _resolve_step(rung, directory)[0]]
    if reaching:
        for round_number in range(2, policy.max_rounds + 1):
            yield round_number, reaching[-1], policy.steps[reaching[-1] - 1], policy.repeat_seconds


def _resolve_step(rung: Step, directory: Directory) -> tuple[list[Delivery], list[str]]:
    found: list[Delivery] = []
    missing: list[str] = []
    for target in rung.targets:
        deliveries, why_not = resolve_target(target, directory)
        found += deliveries
        if why_not:
            missing.append(why_not)
    return _without_repeats(found), missing


def _without_repeats(deliveries: list[Delivery]) -> list[Delivery]:
    first: dict[tuple[str, str], Delivery] = {}
    for delivery in deliveries:
        first.setdefault((delivery.recipient, delivery.channel), delivery)
    return list(first.values())
