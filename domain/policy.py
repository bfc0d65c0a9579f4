"""Escalation policies: who is told after how long, as data."""

from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from domain.condition import ALWAYS, Condition
from domain.hours import Hours
from domain.severity import Severity
from domain.target import EMail, Manager, Name, OnCall, Person, Target, TeamChannel, Title
from domain.wall_clock import ZoneName

__all__ = ["Manager", "OnCall", "Person", "Policy", "Rung", "Step", "Target", "TeamChannel", "Title", "fast"]


class _Rung(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    after_seconds: int = Field(ge=0, le=7 * 86_400)
    """Seconds from the start of the ladder."""
    when: Condition = ALWAYS
    """When it does not hold, the rung is left out, and the others keep their times."""


class Step(_Rung):
    """Tells people."""

    kind: Literal["notify"] = "notify"
    targets: tuple[Target, ...] = Field(min_length=1, max_length=20)


class WaitUntilCovered(_Rung):
    """Holds the ladder until somebody is on call, and no longer than the limit."""

    kind: Literal["wait_until_covered"] = "wait_until_covered"
    schedule: Name | None = None
    level: int = Field(1, ge=1, le=20)
    at_most_seconds: int = Field(ge=1, le=7 * 86_400)


class OpenWarRoom(_Rung):
    """Opens the war room of an incident whose severity does not by itself."""

    kind: Literal["open_war_room"] = "open_war_room"


class AssignRole(_Rung):
    """Gives a role, such as incident commander, to the first person whom a target means, and tells them."""

    kind: Literal["assign_role"] = "assign_role"
    role: Name
    to: Target


class ResolveIt(_Rung):
    """Resolves the incident: the last rung of a policy for what passes by itself."""

    kind: Literal["resolve"] = "resolve"
    note: str = Field("", max_length=1000)


def _kind(value: Any) -> str:
    kind = value.get("kind", "notify") if isinstance(value, dict) else getattr(value, "kind", "notify")
    return str(kind)


Rung = Annotated[
    Annotated[Step, Tag("notify")]
    | Annotated[WaitUntilCovered, Tag("wait_until_covered")]
    | Annotated[OpenWarRoom, Tag("open_war_room")]
    | Annotated[AssignRole, Tag("assign_role")]
    | Annotated[ResolveIt, Tag("resolve")],
    Discriminator(
        _kind,
        custom_error_type="unknown_kind",
        custom_error_message="kind must be notify, wait_until_covered, open_war_room, assign_role or resolve",
    ),
]


class Persist(BaseModel):
    """Whom to tell when an acknowledged incident goes on for too long (REQUIREMENTS X-32)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after_seconds: int = Field(ge=1, le=30 * 86_400)
    """Seconds from the acknowledgement."""
    severities: tuple[Severity, ...] = (Severity.SEV1_CRITICAL, Severity.SEV2_HIGH)
    targets: tuple[Target, ...] = Field(min_length=1, max_length=20)


class WorkingHours(Hours):
    """Until when an incident waits that is not urgent."""

    severities: tuple[Severity, ...] = (Severity.SEV3_MEDIUM,)
    """What climbs in these hours only."""
    zone: ZoneName | None = None
    """The team's, when none is named."""


class Policy(BaseModel):
    """A ladder and how often it is repeated.

    A round after the first repeats the last step that reaches anybody, `repeat_seconds` after the one before
    (REQUIREMENTS R-F-10), or the whole ladder, until `max_rounds` is reached.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=255)
    description: str = Field("", max_length=2000)
    owner: EMail | None = None
    """Told when the policy reaches nobody."""
    steps: tuple[Rung, ...] = Field(min_length=1, max_length=20)
    repeat: Literal["last", "all"] = "last"
    repeat_seconds: int = Field(1800, ge=1, le=7 * 86_400)
    max_rounds: int = Field(3, ge=1, le=20)
    acknowledgements: int = Field(1, ge=1, le=20)
    """How many people must acknowledge before it stops."""
    acknowledgement_timeout_seconds: int | None = Field(None, ge=1, le=7 * 86_400)
    """So long after an acknowledgement the incident is TRIGGERED again, unless it is mitigated or resolved."""
    persist: tuple[Persist, ...] = Field((), max_length=10)
    working_hours: WorkingHours | None = None

    @model_validator(mode="after")
    def _steps_ascend(self) -> Self:
        for number, (earlier, later) in enumerate(pairwise(self.steps), start=2):
            if later.after_seconds < earlier.after_seconds:
                raise ValueError(f"step {number} comes before step {number - 1}: after_seconds must not fall")
        return self

    def has_the_steps_of(self, other: "Policy") -> bool:
        """Whether whoever climbs by the other one may go on by this one, where they are."""
        return (self.steps, self.working_hours) == (other.steps, other.working_hours)

    def climbs(self, severity: Severity) -> bool:
        """Whether an incident of a severity climbs this ladder by itself."""
        return severity.climbs or self.waits(severity)

    def waits(self, severity: Severity) -> bool:
        """Whether an incident of a severity waits for the working hours."""
        return self.working_hours is not None and severity in self.working_hours.severities

    def targets(self) -> list[Target]:
        """Everybody whom it names, in order."""
        found: list[Target] = []
        for rung in self.steps:
            if isinstance(rung, Step):
                found += rung.targets
            elif isinstance(rung, AssignRole):
                found.append(rung.to)
        return found + [target for persist in self.persist for target in persist.targets]

    def schedules(self) -> set[str]:
        """The schedules that it names."""
        named = {getattr(target, "schedule", None) for target in self.targets()}
        named |= {rung.schedule for rung in self.steps if isinstance(rung, WaitUntilCovered)}
        return {name for name in named if name}

    @property
    def seconds(self) -> int:
        """From the first rung to the last repetition, in seconds."""
        ladder = self.steps[-1].after_seconds + sum(
            rung.at_most_seconds for rung in self.steps if isinstance(rung, WaitUntilCovered)
        )
        again = self.repeat_seconds + (ladder if self.repeat == "all" else 0)
        return ladder + again * (self.max_rounds - 1)


def fast(policy: Policy, timeout_seconds: float) -> Policy:
    """The `fast` profile with another time-out for each level, in seconds (REQUIREMENTS X-02)."""
    step = max(1, round(timeout_seconds))
    steps = tuple(rung.model_copy(update={"after_seconds": step * n}) for n, rung in enumerate(policy.steps))
    return policy.model_copy(update={"steps": steps, "repeat_seconds": step})
