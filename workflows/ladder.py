"""Climbs the plan: waits for each step's instant, pages whoever answers then, stops when somebody acknowledges."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import takewhile

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.orchestration import Orchestration
from workflows.pager import Pager
from workflows.policies import DIRECTORY_AGE, LEAST_GRACE, LOOK_UP
from workflows.recorder import Recorder
from workflows.state import IncidentState

with workflow.unsafe.imports_passed_through():
    from activities.contracts import RecordContract, WhoAnswers
    from domain import escalation, texts
    from domain.ahead import facts_of, still_to_come
    from domain.escalation import Climb, PlannedStep, Situation
    from domain.events import Event, EventType
    from domain.incident import Status
    from domain.lifecycle import Outcome
    from domain.recipients import Delivery


class Ladder:
    """One plan generation after another: a severity that rises begins a new one."""

    def __init__(
        self, state: IncidentState, recorder: Recorder, pager: Pager, orchestration: Orchestration, queue: str
    ) -> None:
        self._state = state
        self._recorder = recorder
        self._pager = pager
        self._orchestration = orchestration
        self._queue = queue
        self._escalations = 0
        self._changes = 0
        self._looking_up = False

    @property
    def idle(self) -> bool:
        """No manual escalation is waiting, and no answer of the directory."""
        return not self._escalations and not self._looking_up

    def changed(self) -> None:
        """Something happened that may move or stop the next step."""
        self._changes += 1

    def escalate(self) -> None:
        """Somebody wants the next step now."""
        self._escalations += 1
        self.changed()

    def severity_rose(self) -> None:
        """Start over with the plan of the new severity: its broadcast is due at once."""
        if self._state.climb is not None:
            self._begin(self._state.climb.generation + 1)
            self._orchestration.broadcast_decided = False
            self.changed()

    def send_failed_again(self) -> None:
        """Try the pages that were given up once more, unless somebody has the incident in hand."""
        failed, self._state.failed_pages = self._state.failed_pages, []
        for page in failed:
            self._send(page.step, [page.delivery])

    def next_by_hand(self) -> PlannedStep | None:
        """The step that a manual escalation would page; rungs that reach nobody are passed over."""
        climb = self._climb()
        rungs = [rung for rung in escalation.ladder(self._situation()) if rung.follows is None]
        return next((rung for rung in escalation.remaining(rungs, climb.fired) if rung.deliveries), None)

    def upcoming(self) -> list[PlannedStep]:
        """What is still to come by itself if nobody acknowledges."""
        if self._state.incident.status is not Status.TRIGGERED:
            return []
        state = self._state
        return still_to_come(state.incident, state.policy, state.directory, self._climb(), now=workflow.now())

    def _situation(self) -> Situation:
        state = self._state
        return Situation(state.policy, facts_of(state.incident), state.directory, self._climb(), workflow.now())

    async def run(self) -> None:
        """Climb while the incident is open."""
        if self._state.climb is None:
            await self._wait_for_links()
            self._begin(generation=1)
        while self._state.incident.is_open:
            upcoming = self.upcoming()
            first_is_due = bool(upcoming) and upcoming[0].step == self._created_step()
            self._orchestration.broadcast_decided = not first_is_due
            overdue = bool(upcoming) and upcoming[0].at <= workflow.now()
            if self._escalations and not overdue:
                await self._escalate_by_hand()
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
                lambda: self._orchestration.links_settled or self._state.incident.status is not Status.TRIGGERED,
                timeout=min(grace, max(left, LEAST_GRACE)),
                timeout_summary="Link grace: the first message leaves without links after this",
            )
        except TimeoutError:
            workflow.logger.info("Link grace is over")

    async def _until_due(self, step: PlannedStep | None) -> bool:
        """Wait for a step's instant; False when something changed before it."""
        seen = self._changes
        wait = max(timedelta(0), step.at - workflow.now()) if step else None
        if wait == timedelta(0):
            return True
        try:
            await workflow.wait_condition(
                lambda: self._changes != seen, timeout=wait, timeout_summary=_timer_summary(step) if step else None
            )
        except TimeoutError:
            return True
        return False

    async def _fire_next(self) -> None:
        """Page the step that is due, by who answers now: the look-up may change who, or even which step."""
        await self._look_up()
        due = [step for step in self.upcoming()[:1] if step.at <= workflow.now()]
        if due and self._state.incident.status is Status.TRIGGERED:
            self._fire(due[0], by_hand=False)

    async def _escalate_by_hand(self) -> None:
        await self._look_up()
        step = self.next_by_hand()
        if step is None or not self._state.incident.is_open:
            return
        climb = escalation.brought_forward(self._climb(), step, workflow.now())
        self._state.climb = climb.after(*self._passed_over(step))
        self._fire(step, by_hand=True)

    def _passed_over(self, step: PlannedStep) -> list[PlannedStep]:
        """What came before a step that is fired by hand: it is not fired any more."""
        climb = self._climb()
        rungs = escalation.ladder(self._situation())
        before = list(takewhile(lambda rung: rung.step != step.step, rungs))
        broadcast = PlannedStep(step=self._created_step(), at=climb.started_at)
        return escalation.remaining([broadcast, *before], climb.fired)

    def _fire(self, step: PlannedStep, *, by_hand: bool) -> None:
        self._state.climb = self._climb().after(step, at=workflow.now())
        self._note_climb()
        if step.step == self._created_step():
            self._send(step.step, step.deliveries)
            if not self._orchestration.links_settled:
                self._orchestration.missed_links = step.deliveries
            return
        if not step.deliveries:
            self._note(f"Step {step.step} was skipped: {step.skipped}", f"step.{step.step}", step=step.step)
            return
        if not step.step.endswith(".r1.s1"):
            self._note(f"Escalated to step {step.step}", f"step.{step.step}", step=step.step)
        self._send(step.step, step.deliveries, only_while_triggered=not by_hand)

    def _send(self, step: str, deliveries: Sequence[Delivery], *, only_while_triggered: bool = True) -> None:
        incident = self._state.incident
        for delivery in deliveries:
            created = step.endswith(".created")
            message = texts.opened(incident) if created else texts.escalation(incident, step, delivery.reason)
            self._pager.send(step, [delivery], message, only_while_triggered=only_while_triggered)

    def _note_limit(self) -> None:
        """The plan is at its end and still nobody has acknowledged: said once."""
        incident = self._state.incident
        if self._state.limit_reached or incident.status is not Status.TRIGGERED or not incident.severity.climbs:
            return
        self._state.limit_reached = True
        rungs = escalation.ladder(self._situation())
        if any(rung.deliveries for rung in rungs):
            text = f"Nobody acknowledged in {self._state.policy.max_rounds} rounds: no step is left"
        else:
            text = "No step of the policy reaches anybody"
        self._note(text, limit="reached")

    async def _look_up(self) -> None:
        if workflow.now() - self._state.directory_at < DIRECTORY_AGE:
            return
        self._looking_up = True
        try:
            self._state.directory = await workflow.execute_activity_method(
                RecordContract.who_answers,
                WhoAnswers(
                    service_id=self._state.service_id,
                    policy=self._state.policy,
                    since=self._climb().started_at,
                    incident_id=self._state.incident.id,
                ),
                task_queue=self._queue,
                start_to_close_timeout=LOOK_UP.attempt,
                schedule_to_close_timeout=LOOK_UP.altogether,
                retry_policy=LOOK_UP.retry,
                summary=f"Who answers for {self._state.incident.service}?",
            )
        except ActivityError as error:
            workflow.logger.warning("Paging by what was known before: %s", error.cause)
        else:
            self._state.directory_at = workflow.now()
        finally:
            self._looking_up = False

    def _created_step(self) -> str:
        return escalation.created_step(self._climb().generation)

    def _climb(self) -> Climb:
        return self._state.climb or self._new_climb(1)

    def _begin(self, generation: int) -> None:
        self._state.climb = self._new_climb(generation)
        self._state.limit_reached = False
        self._note_climb()

    def _new_climb(self, generation: int) -> Climb:
        return Climb(
            started_at=workflow.now(),
            generation=generation,
            time_scale=self._state.incident.scale,
            fired=self._state.climb.fired if self._state.climb else (),
            skipped=self._state.climb.skipped if self._state.climb else (),
        )

    def _note_climb(self) -> None:
        climb = self._climb()
        self._recorder.record(
            Outcome(
                changes={
                    "policy": self._state.policy.model_dump(mode="json"),
                    "ladder_started_at": climb.started_at,
                    "ladder_generation": climb.generation,
                    "ladder_advance_seconds": climb.advance_seconds,
                }
            )
        )

    def _note(self, text: str, key: str | None = None, **data: str) -> None:
        event = Event(type=EventType.ESCALATED, message=text, at=workflow.now(), data=dict(data), key=key)
        self._recorder.record(Outcome(events=(event,)))


def _timer_summary(step: PlannedStep) -> str:
    """What the Web UI shows beside the timer."""
    whom = ", ".join(f"{d.channel} to {d.recipient}" for d in step.deliveries) or f"skipped: {step.skipped}"
    return f"{step.step} at {step.at:%H:%M:%S} UTC: {whom}"[:200]
