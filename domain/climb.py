"""How far an incident has climbed by its plan, and what a step of the plan is: the words of escalation."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict

from domain.condition import Facts
from domain.directory import Directory
from domain.policy import Policy
from domain.recipients import Delivery

Action = Literal["wait", "open_war_room", "assign_role", "resolve"]


class PlannedStep(BaseModel):
    """A step of the plan; one that tells nobody and does nothing is skipped, and `skipped` says why."""

    model_config = ConfigDict(frozen=True)

    step: str
    at: datetime
    deliveries: tuple[Delivery, ...] = ()
    skipped: str | None = None
    action: Action | None = None
    """What it does besides telling somebody."""
    detail: str | None = None
    """The role that is assigned, or the note of the resolution."""
    follows: str | None = None
    """The step of which this is a later part, by people's own rules."""
    keeps_time: bool = False
    """What follows keeps its time although this one is skipped: its condition did not hold."""


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
    silent: tuple[str, ...] = ()
    """Of those that are over, the ones that told nobody and kept their time all the same."""
    fired_at: Mapping[str, datetime] = {}
    """When steps fired: who was told is who answered then."""
    first_to: str | None = None
    """To whom the incident was reassigned when this generation began: they are told first, instead of the others."""

    def after(self, *steps: PlannedStep, at: datetime | None = None) -> "Climb":
        """The climb once these steps have been fired, or skipped when they reach nobody.

        Args:
            steps: what is over now.
            at: when, UTC; None: at the time that the plan has for each.
        """
        over = tuple(step.step for step in steps)
        silent = [step for step in steps if not (step.deliveries or step.action)]
        empty = tuple(step.step for step in silent if not step.keeps_time)
        when = {step.step: at for step in steps if at is not None}
        return self.model_copy(
            update={
                "fired": (*self.fired, *over),
                "skipped": (*self.skipped, *empty),
                "silent": (*self.silent, *(step.step for step in silent if step.keeps_time)),
                "fired_at": {**self.fired_at, **when},
            }
        )


class Situation(NamedTuple):
    """What a plan is made for: one incident, the organisation, and how far it has climbed."""

    policy: Policy
    facts: Facts
    directory: Directory
    climb: Climb
    now: datetime | None = None
    """Steps that are overdue tell whoever answers now; None in a preview."""


RESOLVED_STEP = "resolved"


def delivery_id(incident_id: UUID, step: str, recipient: str, channel: str) -> UUID:
    """The same id for the same page, however often it is tried: the vendor's idempotency key."""
    return uuid5(incident_id, f"{step}|{recipient}|{channel}")


def created_step(generation: int) -> str:
    """The step of the first broadcast of a plan generation."""
    return f"p{generation}.created"


def owner_step(generation: int) -> str:
    """The step that tells the owner of a policy that reaches nobody."""
    return f"p{generation}.owner"
