"""Whom people have told beside the plan: those who are asked to join, and the addresses of a scope that was added.

Nobody's acknowledgement calls this off: somebody wanted just these to know.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from domain.climb import PlannedStep, Situation
from domain.escalation import of_scopes, to_person
from domain.incident import Incident, Response

STEP_LENGTH = 100
"""A step's name has no more characters: so the ledger keeps it."""


class Call(BaseModel):
    """Somebody is to be told."""

    model_config = ConfigDict(frozen=True)

    step: str
    """`page1`, `page2` …, or `p1.scope.Security`."""
    at: datetime
    people: tuple[str, ...] = ()
    """E-mail addresses; each is told by their own rules."""
    scope: str | None = None
    """Instead of people: the addresses of this impact scope."""
    by: str = ""
    """Who asked."""


def page_step(number: int) -> str:
    """The step of the first, second … time that people were asked to join."""
    return f"page{number}"


def scope_step(generation: int, scope: str) -> str:
    """The step of a scope that was added to an incident."""
    return f"p{generation}.scope.{scope}"[:STEP_LENGTH]


def called(call: Call, incident: Incident, situation: Situation) -> list[PlannedStep]:
    """The step of a call, and its later parts for those who have not answered yet."""
    if call.scope is not None:
        told = of_scopes((call.scope,), situation)
        none = None if told else f"nobody must be told of {call.scope}"
        return [PlannedStep(step=call.step, at=call.at, deliveries=tuple(told), skipped=none)]
    reason = f"asked to join by {call.by}" if call.by else "asked to join"
    waiting = [who for who in call.people if incident.responders.get(who) is Response.ASKED]
    parts: dict[str, PlannedStep] = {}
    for person in waiting:
        for step in to_person(person, reason, call.step, call.at, situation):
            known = parts.get(step.step)
            both = (*known.deliveries, *step.deliveries) if known else step.deliveries
            why = "; ".join(w for w in (known.skipped if known else None, step.skipped) if w)
            parts[step.step] = step.model_copy(update={"deliveries": both, "skipped": None if both else why})
    return sorted(parts.values(), key=lambda step: step.at)
