"""Does what a step of the plan says: tells people, opens the war room, gives a role, resolves."""

from collections.abc import Callable, Sequence
from typing import Any

from temporalio import workflow

from workflows.orchestration import Orchestration
from workflows.pager import Pager
from workflows.recorder import Recorder
from workflows.state import IncidentState

with workflow.unsafe.imports_passed_through():
    from domain import texts
    from domain.climb import PlannedStep, created_step, owner_step
    from domain.commands import Command, GiveRole, Resolve
    from domain.events import Event, EventType
    from domain.incident import Status
    from domain.lifecycle import BY_POLICY, Outcome
    from domain.recipients import Delivery
    from domain.response import is_held
    from domain.texts import Message

Give = Callable[[Command], object]


class Firing:
    """Fires one step after another."""

    def __init__(self, state: IncidentState, recorder: Recorder, pager: Pager, orchestration: Orchestration) -> None:
        self._state = state
        self._recorder = recorder
        self._pager = pager
        self._orchestration = orchestration
        self.give: Give = lambda command: None
        """How a rung that resolves gives its command: the workflow's one handler."""

    def fire(self, step: PlannedStep, *, by_hand: bool = False) -> None:
        """Say on the timeline what happens, do it, and begin the deliveries."""
        generation = self._state.climb.generation if self._state.climb else 1
        if step.step == created_step(generation):
            self.send(step.step, step.deliveries)
            if not self._orchestration.links_settled:
                self._orchestration.missed_links = step.deliveries
            return
        self._say(step, owner=step.step == owner_step(generation), by_hand=by_hand)
        self._act(step)
        self.send(step.step, step.deliveries, by_hand=by_hand)

    def pass_over(self, step: PlannedStep) -> None:
        """What came before a step that is fired by hand; the room that it would have opened is opened."""
        if step.action == "open_war_room":
            self._act(step)

    def send(self, step: str, deliveries: Sequence[Delivery], *, by_hand: bool = False) -> None:
        """Begin the deliveries of a step."""
        needs = None if by_hand and self._is_unconditional() else _needs(step)
        for delivery in deliveries:
            self._pager.send(step, [delivery], self._message(step, delivery), needs)

    def _is_unconditional(self) -> bool:
        """Whether a page by hand leaves whatever becomes of the incident: it was in hand already."""
        return is_held(self._state.incident) or not workflow.patched("calls-off-pages-by-hand")

    def note(self, text: str, key: str | None = None, **data: str) -> None:
        """An entry about the escalation."""
        event = Event(type=EventType.ESCALATED, message=text, at=workflow.now(), data=dict(data), key=key)
        self._recorder.record(Outcome(events=(event,)))

    def _say(self, step: PlannedStep, *, owner: bool, by_hand: bool) -> None:
        key = f"step.{step.step}"
        if step.action == "wait":
            self.note(f"Step {step.step} waits {step.detail}", key, step=step.step)
        elif step.action == "open_war_room":
            self.note(f"Step {step.step} opens the war room", key, step=step.step)
        elif not step.deliveries and not step.action and by_hand:
            self.note(f"Escalated to step {step.step}: {step.skipped}", key, step=step.step)
        elif not step.deliveries and not step.action:
            self.note(f"Step {step.step} was skipped: {step.skipped}", key, step=step.step)
        elif owner:
            text = f"No step of the policy {self._state.policy.name} reaches anybody: its owner is told"
            self.note(text, key, step=step.step)
        elif step.deliveries and _persists(step.step) and step.follows is None:
            self.note(f"Not mitigated in time after the acknowledgement: step {step.step}", key, step=step.step)
        elif is_rung(step.step) and not step.step.endswith(".r1.s1") and step.follows is None:
            self.note(f"Escalated to step {step.step}", key, step=step.step)

    def _act(self, step: PlannedStep) -> None:
        match step.action:
            case "open_war_room":
                if not self._state.incident.needs_war_room:
                    self._apply(Outcome(changes={"wants_war_room": True}))
                    self._orchestration.want()
            case "assign_role":
                person = step.deliveries[0].recipient
                self.give(GiveRole(**self._of_policy(step), role=(step.detail or "responder")[:100], person=person))
            case "resolve":
                self.give(Resolve(**self._of_policy(step), resolution_note=step.detail or None))

    def _of_policy(self, step: PlannedStep) -> dict[str, Any]:
        actor = f"policy {self._state.policy.name}"[:320]
        return {"id": f"{step.step}.{workflow.info().run_id}", "actor": actor, "via": BY_POLICY}

    def _apply(self, outcome: Outcome) -> None:
        self._state.incident = self._state.incident.model_copy(update=outcome.changes)
        self._recorder.record(outcome)

    def _message(self, step: str, delivery: Delivery) -> Message:
        incident, climb = self._state.incident, self._state.climb
        if ".scope." in step or (step.endswith(".created") and not (climb and climb.first_to)):
            return texts.opened(incident)
        if step.startswith("page"):
            return texts.asked(incident, delivery.reason)
        if _persists(step):
            return texts.persists(incident, delivery.reason)
        role = next((role for role in incident.roles if delivery.reason == f"is {role} now"), None)  # just given
        if role is not None:
            return texts.role_given(incident, role)
        return texts.escalation(incident, step, delivery.reason)


def is_rung(step: str) -> bool:
    """Whether it is a rung of the ladder, or a later part of one; a scope may have any name."""
    return ".r" in step and ".scope." not in step


def _needs(step: str) -> Status | None:
    """The state in which the pages of a step may be begun; None: whatever becomes of the incident."""
    if step.startswith("page") or ".scope." in step:
        return None
    return Status.ACKNOWLEDGED if _persists(step) else Status.TRIGGERED


def _persists(step: str) -> bool:
    """Whether it tells that an acknowledged incident goes on; a scope may have any name."""
    return ".persist" in step and ".scope." not in step
