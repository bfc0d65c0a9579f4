"""Climbs the plan: waits for each step's instant, pages whoever answers then, stops when somebody acknowledges."""

from datetime import timedelta

from temporalio import workflow

from workflows.firing import Firing, is_rung
from workflows.lookup import LookUp
from workflows.orchestration import Orchestration
from workflows.pager import Pager
from workflows.policies import HOLD_LOOK, HOLD_LOOK_BEFORE, LEAST_GRACE
from workflows.recorder import Recorder
from workflows.state import IncidentState

with workflow.unsafe.imports_passed_through():
    from domain import ahead, escalation, response, texts
    from domain.ahead import facts_of, still_to_come
    from domain.calls import Call
    from domain.climb import Climb, PlannedStep, Situation, created_step, owner_step
    from domain.incident import Status
    from domain.lifecycle import Outcome
    from domain.policy import WaitUntilCovered


class Ladder:
    """One plan generation after another: each time that the incident becomes TRIGGERED again, or worse."""

    def __init__(
        self,
        state: IncidentState,
        recorder: Recorder,
        pager: Pager,
        orchestration: Orchestration,
        firing: Firing,
        look_up: LookUp,
    ) -> None:
        self._state = state
        self._recorder = recorder
        self._pager = pager
        self._orchestration = orchestration
        self._firing = firing
        self._look_up = look_up
        self._escalations = 0
        self._changes = 0
        self._begun = 0
        """The record that must be committed before a page leaves: the ledger asks the row whether it is wanted."""

    @property
    def idle(self) -> bool:
        """No manual escalation is waiting, and no answer of the directory."""
        return not self._escalations and self._look_up.idle

    def changed(self) -> None:
        """Something happened that may move or stop the next step."""
        self._changes += 1

    def escalate(self) -> None:
        """Somebody wants the next step now."""
        self._escalations += 1
        self.changed()

    def severity_rose(self) -> None:
        """Start over with the plan of the new severity: its broadcast is due at once."""
        self._next_generation(first_to=None)

    def begin_again(self, first_to: str | None = None) -> None:
        """Nobody has it in hand any more: the next plan generation begins.

        Args:
            first_to: who is told first, by their own rules, for they are named to take it.
        """
        self._begun = self._next_generation(first_to)

    def _next_generation(self, first_to: str | None) -> int:
        """The number of the record that says so; without a climb, what comes first is the first generation still."""
        self._state.first_to = first_to
        if self._state.climb is None:
            return self._recorder.record(Outcome())
        number = self._begin(self._state.climb.generation + 1)
        self._orchestration.broadcast_decided = False
        self.changed()
        return number

    def policy_changed(self) -> None:
        """The rest of the way is by another version of the policy."""
        self._recorder.record(Outcome(changes={"policy": self._state.policy.model_dump(mode="json")}))
        self.changed()

    def call(self, call: Call) -> None:
        """Somebody is to be told beside the plan, now."""
        self._state.calls = [*self._state.calls, call]
        self.changed()

    def send_failed_again(self) -> None:
        """Try the pages that were given up once more, unless somebody has the incident in hand."""
        failed, self._state.failed_pages = self._state.failed_pages, []
        for page in failed:
            self._firing.send(page.step, [page.delivery])

    def next_by_hand(self) -> PlannedStep | None:
        """The step that a manual escalation would page; rungs that reach nobody, now or later, are passed over."""
        return ahead.next_by_hand(self._situation(), workflow.now())

    def upcoming(self) -> list[PlannedStep]:
        """What is still to come by itself if nobody does anything."""
        state = self._state
        return still_to_come(
            state.incident, state.policy, state.directory, self._climb(), state.alerts, workflow.now(), state.calls
        )

    def _situation(self) -> Situation:
        state = self._state
        facts = facts_of(state.incident, state.alerts)
        return Situation(state.policy, facts, state.directory, self._climb(), workflow.now())

    async def run(self) -> None:
        """Climb while the incident is open."""
        if self._state.climb is None:
            await self._wait_for_links()
            self._begin(generation=1)
        while self._state.incident.is_open:
            upcoming = self.upcoming()
            first_is_due = any(step.step == self._created_step() for step in upcoming)
            self._orchestration.broadcast_decided = not first_is_due
            overdue = bool(upcoming) and upcoming[0].at <= workflow.now()
            if self._escalations and not overdue:
                if await self._escalate_by_hand():
                    self._escalations -= 1  # afterwards: until then we are not idle
                continue
            if not upcoming:
                self._note_limit()
            if await self._until_due(upcoming[0] if upcoming else None):
                await self._fire_next()
        self._orchestration.broadcast_decided = True

    async def _wait_for_links(self) -> None:
        """The first message waits for its links at most the grace, and not at all once somebody has it in hand.

        The grace began when the alert was accepted; after an outage a moment of it is left all the same.
        """
        grace = timedelta(seconds=self._state.link_grace_seconds)
        left = self._state.incident.created_at + grace - workflow.now()
        try:
            await workflow.wait_condition(
                lambda: self._orchestration.links_settled or not self._is_wanted(),
                timeout=min(grace, max(left, LEAST_GRACE)),
                timeout_summary="Link grace: the first message leaves without links after this",
            )
        except TimeoutError:
            workflow.logger.info("Link grace is over")

    def _is_wanted(self) -> bool:
        incident = self._state.incident
        return incident.status is Status.TRIGGERED and incident.snoozed_until is None

    async def _until_due(self, step: PlannedStep | None) -> bool:
        """Wait for a step's instant; False when something changed before it."""
        seen = self._changes
        wait = max(timedelta(0), step.at - workflow.now()) if step else None
        if wait == timedelta(0):
            return True
        rest = self._hold_look()
        nap = wait is not None and rest is not None and wait > rest
        try:
            await workflow.wait_condition(
                lambda: self._changes != seen,
                timeout=rest if nap else wait,
                timeout_summary=self._timer_summary(step) if step else None,
            )
        except TimeoutError:
            if not nap:
                return True
            await self._look_up.refresh()  # somebody may go on call sooner than it was known
        return False

    def _hold_look(self) -> timedelta | None:
        """How often to look whether somebody has come on call; None when no rung waits for that."""
        if not any(isinstance(rung, WaitUntilCovered) for rung in self._state.policy.steps):
            return None
        return HOLD_LOOK if workflow.patched("looks-often-while-it-holds") else HOLD_LOOK_BEFORE

    async def _is_ready(self) -> bool:
        """Look up who answers; False when a command came meanwhile that begins anew, or makes the answer stale."""
        begun, self._begun = self._begun, 0
        if begun:
            await self._recorder.committed(begun)
        await self._look_up.refresh()
        meanwhile = self._begun or self._state.directory_is_stale
        return not (meanwhile and workflow.patched("waits-for-what-came-during-the-look-up"))

    async def _fire_next(self) -> None:
        """Page the step that is due, by who answers now: the look-up may change who, or even which step."""
        if not await self._is_ready():
            return
        due = [step for step in self.upcoming()[:1] if step.at <= workflow.now()]
        if due and self._is_of_the_next_generation(due[0]):
            self._take_up_again()
        elif due:
            self._fire(due[0], by_hand=self._is_part_by_hand(due[0]))

    def _is_part_by_hand(self, step: PlannedStep) -> bool:
        """A later part of a rung that somebody wanted although the incident was in hand already."""
        of, owner = step.follows or "", owner_step(self._climb().generation)
        return not self._is_wanted() and (is_rung(of) or of == owner)

    def _is_of_the_next_generation(self, step: PlannedStep) -> bool:
        return step.step.startswith(f"p{self._climb().generation + 1}.") and ".scope." not in step.step

    def _take_up_again(self) -> None:
        """A snooze is over, or an acknowledgement has timed out."""
        outcome = response.is_over(self._state.incident, workflow.now())
        self._state.incident = self._state.incident.model_copy(update=outcome.changes)
        self._recorder.record(outcome)
        self._pager.call_off()
        self.begin_again(first_to=ahead.told_first(self._climb(), self._state.incident.lead))

    async def _escalate_by_hand(self) -> bool:
        """Page the next step now; False when a command came meanwhile, and what it begins goes first."""
        if not await self._is_ready():
            return False
        step = self.next_by_hand()
        if not self._state.incident.is_open:
            return True
        if step is None:
            self._firing.note(f"{self._state.incident.short_id} has no further step to escalate to")
            return True
        climb = escalation.brought_forward(self._climb(), step, workflow.now())
        passed_over = self._passed_over(step)
        self._state.climb = climb.after(*passed_over)
        for earlier in passed_over:
            self._firing.pass_over(earlier)
        self._fire(step, by_hand=True)
        return True

    def _passed_over(self, step: PlannedStep) -> list[PlannedStep]:
        """What came before a step that is fired by hand: it is not fired any more."""
        climb = self._climb()
        broadcast = PlannedStep(step=self._created_step(), at=climb.started_at)
        return ahead.passed_over([broadcast, *escalation.ladder(self._situation())], step, climb.fired)

    def _fire(self, step: PlannedStep, *, by_hand: bool) -> None:
        self._state.climb = self._climb().after(step, at=workflow.now())
        self._note_climb()
        self._firing.fire(step, by_hand=by_hand)
        self._forget_calls()

    def _forget_calls(self) -> None:
        """Calls of which nothing is left to be told, and their steps."""
        if not self._state.calls:
            return
        left = [step.step for step in self.upcoming()]
        calls = [call for call in self._state.calls if any(_is_part(step, call.step) for step in left)]
        over = [call.step for call in self._state.calls if call not in calls]
        climb = self._climb()
        fired = tuple(step for step in climb.fired if not any(_is_part(step, name) for name in over))
        self._state.calls, self._state.climb = calls, climb.model_copy(update={"fired": fired})

    def _note_limit(self) -> None:
        """The plan is at its end and still nobody has acknowledged: said once."""
        incident, policy = self._state.incident, self._state.policy
        if self._state.limit_reached or not self._is_wanted() or not policy.climbs(incident.severity):
            return
        self._state.limit_reached = True
        rungs = escalation.ladder(self._situation())
        owner = owner_step(self._climb().generation)
        if any(rung.deliveries and not _is_part(rung.step, owner) for rung in rungs):
            text = f"Nobody acknowledged in {policy.max_rounds} rounds: no step is left"
        else:
            text = "No step of the policy reaches anybody"
        self._firing.note(text, limit="reached")

    def _created_step(self) -> str:
        return created_step(self._climb().generation)

    def _climb(self) -> Climb:
        return self._state.climb or self._new_climb(1)

    def _begin(self, generation: int) -> int:
        self._state.climb = self._new_climb(generation)
        self._state.limit_reached = False
        return self._note_climb()

    def _new_climb(self, generation: int) -> Climb:
        """Steps of calls stay fired; those of the generations before are of no use any more."""
        before = self._state.climb.fired if self._state.climb else ()
        return Climb(
            started_at=workflow.now(),
            generation=generation,
            time_scale=self._state.incident.scale,
            fired=tuple(step for step in before if any(_is_part(step, call.step) for call in self._state.calls)),
            first_to=self._state.first_to,
        )

    def _note_climb(self) -> int:
        climb = self._climb()
        return self._recorder.record(
            Outcome(
                changes={
                    "policy": self._state.policy.model_dump(mode="json"),
                    "ladder_started_at": climb.started_at,
                    "ladder_generation": climb.generation,
                    "ladder_advance_seconds": climb.advance_seconds,
                    "ladder_first_to": climb.first_to,
                }
            )
        )

    def _timer_summary(self, step: PlannedStep) -> str:
        """What the Web UI shows beside the timer."""
        whom = ", ".join(f"{d.channel} to {texts.shown(d.recipient)}" for d in step.deliveries)
        what = whom or (f"{step.action} {step.detail or ''}".strip() if step.action else f"skipped: {step.skipped}")
        incident, why = self._state.incident, ""
        if self._is_of_the_next_generation(step):
            why = "The snooze ends: " if incident.snoozed_until else "The acknowledgement times out: "
        return f"{why}{step.step} at {step.at:%H:%M:%S} UTC: {what}"[:200]


def _is_part(step: str, of: str) -> bool:
    """Whether a step is another one or a later part of it."""
    return step == of or step.startswith(f"{of}.")
