"""What a responder's command sets in motion besides its entry on the timeline."""

from collections.abc import Sequence

from temporalio import workflow

from workflows.ladder import Ladder
from workflows.lookup import LookUp
from workflows.orchestration import Orchestration
from workflows.pager import Pager
from workflows.recorder import Recorder
from workflows.state import IncidentState

with workflow.unsafe.imports_passed_through():
    from domain import response
    from domain.calls import Call, page_step, scope_step
    from domain.climb import created_step
    from domain.commands import Amend, Command, PagePeople, Reassign, UsePolicy
    from domain.incident import Incident, Response, Status
    from domain.lifecycle import Outcome
    from domain.person import urgency_of
    from domain.policy import Policy

MOST_CALLS = 1000
"""So many times people can be asked, and scopes added, in an incident's life."""


class Responding:
    """Begins plan generations, calls off what is not wanted any more, tells who was named."""

    def __init__(
        self,
        state: IncidentState,
        recorder: Recorder,
        pager: Pager,
        orchestration: Orchestration,
        ladder: Ladder,
        look_up: LookUp,
    ) -> None:
        self._state = state
        self._recorder = recorder
        self._pager = pager
        self._orchestration = orchestration
        self._ladder = ladder
        self._look_up = look_up

    def follow(self, command: Command, before: Incident, outcome: Outcome) -> None:
        """Do what follows from a command.

        Args:
            command: what somebody wanted.
            before: the incident as it was.
            outcome: what was decided; the state has it already.
        """
        if before.named != self._state.incident.named:
            self._look_up.must_ask()
        if isinstance(command, UsePolicy):
            self._use(command, before)
        elif not outcome.changes:
            return
        elif isinstance(command, Reassign):
            self._reassigned(command)
        elif isinstance(command, Amend):
            self._amended(command, before)
        elif isinstance(command, PagePeople):
            self._call_people(command, before)
        elif self._is_begun_again(before):
            self._pager.call_off()
            self._ladder.begin_again()
        else:
            self._held(command, before)

    def _is_begun_again(self, before: Incident) -> bool:
        """It was un-acknowledged, or its snooze was ended by that."""
        now = self._state.incident
        if now.status is not Status.TRIGGERED:
            return False
        return before.status is not Status.TRIGGERED or (before.snoozed_until is not None and not now.snoozed_until)

    def _held(self, command: Command, before: Incident) -> None:
        """Taken in hand, put off, or by one more person of several."""
        now = self._state.incident
        if now.status is not before.status or now.snoozed_until != before.snoozed_until:
            self._pager.call_off()
        elif now.acknowledgements != before.acknowledgements:
            self._pager.call_off(to=command.actor)
        self._ladder.changed()

    def severity_changed(self, before: Incident, policy: Policy | None) -> None:
        """Begin what the new severity wants: of what climbs, and of what is held when the one before paged nobody.

        Args:
            before: the incident as it was; the state has the new severity already.
            policy: by which it escalates now; None: by the same.
        """
        incident, old = self._state.incident, self._state.policy
        rose = incident.severity.rank < before.severity.rank
        if policy is not None:
            self._take_up(policy)
        if rose:
            self._orchestration.want()
        climbs = self._state.policy.climbs(incident.severity)
        if response.is_held(incident):
            self._changed_while_held(before, old, rose=rose and climbs)
        elif rose:
            self._forget_unless_same_steps(old)
            self._ladder.severity_rose()
        elif not climbs:
            self._pager.call_off()
            self._note_policy(policy)
        elif policy is not None:
            self._go_on_by_policy(old)

    def _changed_while_held(self, before: Incident, old: Policy, *, rose: bool) -> None:
        """Somebody has it in hand or has put it off: `rose` is to a severity that climbs."""
        incident, policy = self._state.incident, self._state.policy
        if rose and (not old.climbs(before.severity) or self._was_put_off_as_less(before)):
            self._apply(response.must_be_paged(incident, before.severity, workflow.now()))
            self._pager.call_off()
            self._ladder.begin_again()
            return
        if rose:
            self._apply(response.stays_held(incident, workflow.now()))
        if policy.persist != old.persist:
            self._ladder.severity_rose()  # its deadlines are others: those that were told are none of them
        else:
            self._note_policy(None if policy is old else policy)

    def _was_put_off_as_less(self, before: Incident) -> bool:
        """Whoever snoozed it did so when it was not urgent, and now it is."""
        now = self._state.incident
        is_urgent = urgency_of(before.severity) != urgency_of(now.severity)
        return now.snoozed_until is not None and is_urgent and workflow.patched("urgency-ends-a-snooze")

    def _note_policy(self, policy: Policy | None) -> None:
        if policy is not None:
            self._ladder.policy_changed()

    def _take_up(self, policy: Policy) -> None:
        self._state.policy = policy
        self._look_up.must_ask(other_turns=True)

    def _apply(self, outcome: Outcome) -> None:
        self._state.incident = self._state.incident.model_copy(update=outcome.changes)
        self._recorder.record(outcome)

    def _use(self, command: UsePolicy, before: Incident) -> None:
        old = self._state.policy
        self._take_up(command.policy)
        if self._state.incident.status is not before.status:  # so many as it wants have acknowledged before
            self._pager.call_off()
        self._go_on_by_policy(old)

    def _go_on_by_policy(self, old: Policy) -> None:
        """Other steps begin anew, for nobody can say which of them are over; with the same steps it goes on."""
        if response.is_held(self._state.incident) or self._state.policy.has_the_steps_of(old):
            self._ladder.policy_changed()
        else:
            self._forget_unless_same_steps(old)
            self._pager.call_off()
            self._ladder.begin_again()

    def _forget_unless_same_steps(self, old: Policy) -> None:
        """Nobody is left out of steps that are new to everybody."""
        if not self._state.policy.has_the_steps_of(old) and self._state.incident.acknowledgements:
            self._apply(response.forget_acknowledgements(self._state.incident, workflow.now()))

    def _reassigned(self, command: Reassign) -> None:
        is_team = command.team_id is not None
        self._look_up.must_ask(other_turns=is_team)
        if command.policy is not None:
            self._state.policy = command.policy
        self._pager.call_off()
        self._ladder.begin_again(first_to=None if is_team else command.to)

    def _amended(self, command: Amend, before: Incident) -> None:
        now = self._state.incident
        if now.severity is not before.severity:
            self.severity_changed(before, command.policy)
        self._tell_scopes([scope for scope in now.impacted_scopes if scope not in before.impacted_scopes])
        self._ladder.changed()

    def _tell_scopes(self, added: Sequence[str]) -> None:
        """Each once; the first broadcast tells of those that are there before it leaves."""
        climb = self._state.climb
        generation = climb.generation if climb else 1
        if self._is_to_be_broadcast(generation):
            return
        for scope in added:
            step = scope_step(generation, scope)
            if scope not in self._state.scopes_told and self._state.calls_made < MOST_CALLS:
                self._state.calls_made += 1
                self._state.scopes_told = [*self._state.scopes_told, scope]
                self._look_up.must_ask()
                self._ladder.call(Call(step=step, at=workflow.now(), scope=scope))

    def _is_to_be_broadcast(self, generation: int) -> bool:
        return any(step.step == created_step(generation) for step in self._ladder.upcoming())

    def _call_people(self, command: PagePeople, before: Incident) -> None:
        asked = [who for who in dict.fromkeys(command.people) if before.responders.get(who) is not Response.ACCEPTED]
        self._look_up.must_ask()
        self._state.calls_made += 1
        self._state.pages_made += 1
        step = page_step(self._state.pages_made)
        self._ladder.call(Call(step=step, at=workflow.now(), people=tuple(asked), by=command.actor))
