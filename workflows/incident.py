"""The workflow of one incident: the only writer of what becomes of it."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError, ApplicationError

from workflows.clearing import Clearing
from workflows.document import DocumentKeeper
from workflows.firing import Firing
from workflows.ladder import Ladder
from workflows.lookup import LookUp
from workflows.orchestration import Orchestration
from workflows.pager import Pager
from workflows.policies import ALERTS_REMEMBERED, COMMANDS_REMEMBERED, MESSAGES_PER_RUN, PROVIDER
from workflows.portrait import Portrait
from workflows.recorder import Recorder
from workflows.responding import Responding
from workflows.state import IncidentState

with workflow.unsafe.imports_passed_through():
    from activities.contracts import RoomMessage, WarRoomContract
    from domain import lifecycle, texts
    from domain.alert import AlertBatch
    from domain.climb import RESOLVED_STEP
    from domain.commands import Acknowledge, Clear, Command, Escalate, Repair, Split, from_signal
    from domain.events import Event, EventType
    from domain.incident import Incident, Status
    from domain.lifecycle import IllegalTransition, Outcome
    from domain.recipients import Delivery

PAGING_QUEUE_SUFFIX = "-paging"


NOTHING = RawValue(Payload())
"""What a signal brings that is sent without input."""


@workflow.defn(name="IncidentWorkflow")
class IncidentWorkflow:
    """Lives from the first alert until the war room is archived."""

    @workflow.init
    def __init__(self, state: IncidentState) -> None:
        paging_queue = workflow.info().task_queue + PAGING_QUEUE_SUFFIX
        self._state = state
        self._messages = 0
        self._recorder = Recorder(state, paging_queue)
        self._pager = Pager(state, self._recorder, paging_queue)
        self._orchestration = Orchestration(state, self._recorder, self._pager)
        look_up = LookUp(state, paging_queue)
        firing = Firing(state, self._recorder, self._pager, self._orchestration)
        firing.give = self._accept
        self._ladder = Ladder(state, self._recorder, self._pager, self._orchestration, firing, look_up)
        self._responding = Responding(state, self._recorder, self._pager, self._orchestration, self._ladder, look_up)
        self._document = DocumentKeeper(state, self._recorder)
        self._portrait = Portrait(state, self._ladder)
        self._clearing = Clearing(state, self._recorder, self._pager, self._ladder)

    @workflow.run
    async def run(self, state: IncidentState) -> Incident:
        """Page, climb, wait for people; wind down after the resolution. Returns the incident as it ended."""
        parts = (self._recorder, self._orchestration, self._ladder, self._document, self._portrait, self._clearing)
        async with asyncio.TaskGroup() as background:
            tasks = [background.create_task(part.run()) for part in parts]
            await workflow.wait_condition(lambda: not self._state.incident.is_open or self._is_long())
            if not self._state.incident.is_open:
                await self._wind_down()
            await self._document.write()
            await workflow.wait_condition(self._is_quiet)
            for task in tasks:
                task.cancel()
        if self._state.archived:
            return self._state.incident
        workflow.continue_as_new(self._state)

    # Commands: signals and updates, one handler.

    @workflow.update(name="command")
    async def command(self, command: Command) -> Incident:
        """Act on a command and answer when it is committed, so that whoever reads next reads the new state."""
        await self._recorder.committed(self._accept(command))
        return self._state.incident

    @command.validator
    def _check_command(self, command: Command) -> None:
        if command.id in self._state.seen:
            return
        try:
            self._decide(command)
        except IllegalTransition as forbidden:
            raise ApplicationError(str(forbidden), type="IllegalTransition", non_retryable=True) from forbidden

    @workflow.signal(name="command")
    def command_signal(self, command: Command) -> None:
        """A command that waited in the outbox."""
        self._accept(command, unanswered=True)

    @workflow.signal
    def acknowledge(self, payload: RawValue = NOTHING) -> None:
        """Acknowledge by hand; every field is optional, and so is the object."""
        self._accept(from_signal("acknowledge", _by_hand(payload), str(workflow.uuid4())), unanswered=True)

    @workflow.signal
    def mitigate(self, payload: RawValue = NOTHING) -> None:
        """Mitigate by hand."""
        self._accept(from_signal("mitigate", _by_hand(payload), str(workflow.uuid4())))

    @workflow.signal
    def resolve(self, payload: RawValue = NOTHING) -> None:
        """Resolve by hand."""
        self._accept(from_signal("resolve", _by_hand(payload), str(workflow.uuid4())))

    @workflow.signal
    def alerts(self, batch: AlertBatch) -> None:
        """Repeated alerts: counted by their total, so that a batch delivered twice counts once."""
        self._messages += 1
        new = batch.alert_count - self._state.alert_count
        if new > 0:
            self._state.alert_count = batch.alert_count
            who, times = ", ".join(batch.sources), f"{new} times" if new > 1 else "again"
            text = f"Alert received {times} from {who} ({batch.alert_count} in all)"
            self._note(EventType.ALERT_RECEIVED, text, actor=who, count=new)
            self._state.fired_at = max(batch.at, self._state.fired_at or batch.at)
            self._state.alerts = _thinned([*self._state.alerts, (batch.at, batch.alert_count)])
            self._clearing.fired_again()
        if batch.highest.rank < self._state.incident.severity.rank and self._state.incident.is_open:
            self._raise_severity(batch)

    @workflow.query
    def state(self) -> IncidentState:
        """What the workflow knows, for support."""
        return self._state

    def _accept(self, command: Command, *, unanswered: bool = False) -> int:
        """Act on a command once; an illegal one becomes a timeline entry. The number of its record.

        Args:
            command: what somebody wants.
            unanswered: nobody waits to be told what became of it.
        """
        self._messages += 1
        if command.id in self._state.seen:
            return self._recorder.record(Outcome())
        self._state.seen = [*self._state.seen, command.id][-COMMANDS_REMEMBERED:]
        try:
            outcome = self._decide(command)
        except IllegalTransition as why:
            late = lifecycle.late(command, str(why), workflow.now())
            return self._recorder.record(Outcome(events=(late,)))
        before = self._state.incident
        if unanswered and isinstance(command, Acknowledge) and before.status is Status.ACKNOWLEDGED:
            outcome = Outcome(events=(lifecycle.came_second(before, command, workflow.now()),))
        self._state.incident = before.model_copy(update=outcome.changes)
        number = self._recorder.record(outcome)
        self._follow(command, before, outcome)
        return number

    def _decide(self, command: Command) -> Outcome:
        if isinstance(command, Clear) and self._state.fired_at and command.as_of < self._state.fired_at:
            return Outcome()  # an alert fired after it: another clear will follow when that one is over
        needed = self._state.policy.acknowledgements
        outcome = lifecycle.decide(self._state.incident, command, workflow.now(), needed)
        # By an answer that is of no use any more nothing is refused: it is asked again before the step is fired.
        known = isinstance(command, Escalate) and not self._state.directory_is_stale
        if known and self._ladder.next_by_hand() is None:
            raise IllegalTransition(f"{self._state.incident.short_id} has no further step to escalate to")
        return outcome

    def _follow(self, command: Command, before: Incident, outcome: Outcome) -> None:
        """What else a command sets in motion."""
        if isinstance(command, Escalate):
            self._ladder.escalate()
        elif isinstance(command, Repair):
            self._ladder.send_failed_again()
            self._orchestration.want()
        elif isinstance(command, Split):
            self._state.alert_count = max(0, self._state.alert_count - command.alerts)
        elif isinstance(command, Clear) and self._state.incident.is_open and outcome.changes:
            self._clearing.begin(command)
        else:
            self._responding.follow(command, before, outcome)

    def _raise_severity(self, batch: AlertBatch) -> None:
        """A worse alert joins the incident and raises it (REQUIREMENTS X-01): a new plan generation begins."""
        before = self._state.incident
        self._state.incident = before.model_copy(update={"severity": batch.highest})
        text = f"Severity raised from {before.severity} to {batch.highest} by an alert: {batch.latest_title}"
        self._note(EventType.SEVERITY_CHANGED, text, columns={"severity": batch.highest})
        self._responding.severity_changed(before, batch.policy)

    async def _wind_down(self) -> None:
        """Tell everybody that it is over, finish the document, close the room."""
        await workflow.wait_condition(lambda: self._pager.idle)  # whoever is being told now is told of the end, too
        if not self._state.resolution_sent:
            self._state.resolution_sent = True
            told = [
                Delivery(recipient=recipient, channel=channel, reason="was told of the incident")
                for recipient, channel in self._state.told.items()
            ]
            message = texts.resolved(self._state.incident)
            self._pager.send(RESOLVED_STEP, told, message, only_while=None)
        await workflow.wait_condition(lambda: self._orchestration.idle)
        await self._archive()
        await workflow.wait_condition(lambda: self._pager.idle)
        self._state.archived = True

    async def _archive(self) -> None:
        incident = self._state.incident
        if incident.war_room_id is None:
            return
        delay = timedelta(seconds=self._state.archive_seconds / incident.scale)
        await workflow.sleep(delay, summary="The war room stays open for a while")
        try:
            await workflow.execute_activity_method(
                WarRoomContract.archive_war_room,
                RoomMessage(room_id=incident.war_room_id, key="closing", text=texts.room_closing(incident)),
                start_to_close_timeout=PROVIDER.attempt,
                heartbeat_timeout=PROVIDER.heartbeat,
                schedule_to_close_timeout=PROVIDER.altogether,
                retry_policy=PROVIDER.retry,
                summary="Archive the war room",
            )
        except ActivityError as error:
            self._note(EventType.FAILURE, f"The war room could not be archived: {error.cause or error}")
        else:
            self._note(EventType.WAR_ROOM_ARCHIVED, "War room archived")

    def _note(
        self,
        kind: EventType,
        text: str,
        *,
        actor: str | None = None,
        columns: dict[str, Any] | None = None,
        **data: Any,
    ) -> None:
        event = Event(type=kind, message=text, at=workflow.now(), actor=actor, data=data)
        self._recorder.record(Outcome(changes=columns or {}, events=(event,)))

    def _is_long(self) -> bool:
        limit = self._state.messages_per_run or MESSAGES_PER_RUN
        return workflow.info().is_continue_as_new_suggested() or self._messages >= limit

    def _is_quiet(self) -> bool:
        """Nothing is under way that continuing as new, or ending, would lose."""
        return (
            self._recorder.idle
            and self._pager.idle
            and self._orchestration.idle
            and self._document.idle
            and (self._ladder.idle or not self._state.incident.is_open)
            and workflow.all_handlers_finished()
        )


def _thinned(alerts: list[tuple[datetime, int]]) -> list[tuple[datetime, int]]:
    """Not more than are remembered: of the older half every second one goes."""
    if len(alerts) <= ALERTS_REMEMBERED:
        return alerts
    half = ALERTS_REMEMBERED // 2
    return alerts[:half:2] + alerts[half:]


def _by_hand(payload: RawValue) -> Any:
    """What somebody typed. Read here: a signal that the SDK cannot read is dropped, and the acknowledgement with it."""
    try:
        return json.loads(payload.payload.data)
    except ValueError:
        return None
