"""Escalation policies: who is told after how long, as data."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.channels import ChannelName


class _Target(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: ChannelName


class OnCall(_Target):
    """The people on call for the team that owns the service."""

    kind: Literal["on_call"] = "on_call"


class TeamChannel(_Target):
    """The channel of the team that owns the service."""

    kind: Literal["team_channel"] = "team_channel"


class Manager(_Target):
    """The manager of the team that owns the service."""

    kind: Literal["manager"] = "manager"


class Title(_Target):
    """Everybody with a job title, such as the CTO."""

    kind: Literal["title"] = "title"
    title: str


class Person(_Target):
    """One person, by e-mail address."""

    kind: Literal["person"] = "person"
    email: str


Target = Annotated[OnCall | TeamChannel | Manager | Title | Person, Field(discriminator="kind")]


class Step(BaseModel):
    """One rung of the ladder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after_seconds: int = Field(ge=0, le=7 * 86_400)
    """Seconds from the start of the ladder."""
    targets: tuple[Target, ...] = Field(min_length=1, max_length=20)


class Policy(BaseModel):
    """A ladder and how often its last rung is repeated.

    A round after the first repeats the last step that reaches anybody, `repeat_seconds` after the one before
    (REQUIREMENTS R-F-10), until `max_rounds` is reached.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    steps: tuple[Step, ...] = Field(min_length=1, max_length=20)
    repeat_seconds: int = Field(1800, ge=1, le=7 * 86_400)
    max_rounds: int = Field(3, ge=1, le=20)

    @model_validator(mode="after")
    def _steps_ascend(self) -> Self:
        for number, (earlier, later) in enumerate(pairwise(self.steps), start=2):
            if later.after_seconds < earlier.after_seconds:
                raise ValueError(f"step {number} comes before step {number - 1}: after_seconds must not fall")
        return self


def fast(policy: Policy, timeout_seconds: float) -> Policy:
    """The `fast` profile with another time-out for each level, in seconds (REQUIREMENTS X-02)."""
    step = max(1, round(timeout_seconds))
    steps = tuple(rung.model_copy(update={"after_seconds": step * n}) for n, rung in enumerate(policy.steps))
    return policy.model_copy(update={"steps": steps, "repeat_seconds": step})
