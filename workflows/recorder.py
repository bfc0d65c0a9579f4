"""Writes down what the workflow decides: one record at a time, in order, however many decisions there are."""

from typing import Any

from temporalio import workflow

from workflows.policies import LATER, RECORD
from workflows.state import IncidentState

with workflow.unsafe.imports_passed_through():
    from activities.contracts import Record, RecordContract
    from domain.events import Event
    from domain.lifecycle import Outcome
    from domain.page import Unsent


class Recorder:
    """Gathers decisions while the record before them is being written, and commits them together."""

    def __init__(self, state: IncidentState, task_queue: str) -> None:
        self._state = state
        self._task_queue = task_queue
        self._columns: dict[str, Any] = {}
        self._events: list[Event] = []
        self._unsent: list[Unsent] = []
        self._decided = 0
        self._recorded = 0
        self.entries = 0
        """Timeline entries so far in this run: the document is behind when this has grown."""

    @property
    def idle(self) -> bool:
        """Everything is committed."""
        return self._recorded == self._decided

    def record(self, outcome: Outcome, *unsent: Unsent) -> int:
        """Take down a decision that was applied to the state; the number to wait for with `committed`."""
        self._columns |= outcome.changes
        self._events += outcome.events
        self._unsent += unsent
        self.entries += len(outcome.events)
        self._decided += 1
        return self._decided

    async def committed(self, number: int) -> None:
        """Return once that decision can be read from the database."""
        await workflow.wait_condition(lambda: self._recorded >= number)

    async def run(self) -> None:
        """Commit whatever comes, for ever."""
        while True:
            await workflow.wait_condition(lambda: not self.idle)
            decided = self._decided
            record = self._next_record()
            await workflow.execute_activity_method(
                RecordContract.record,
                record,
                task_queue=self._task_queue,
                start_to_close_timeout=RECORD.attempt,
                heartbeat_timeout=RECORD.heartbeat,
                retry_policy=RECORD.retry,
                priority=LATER,
                summary=_summary(record),
            )
            self._recorded = decided

    def _next_record(self) -> Record:
        self._state.revision += 1
        record = Record(
            incident_id=self._state.incident.id,
            revision=self._state.revision,
            columns=self._columns,
            events=tuple(self._events),
            unsent=tuple(self._unsent),
        )
        self._columns, self._events, self._unsent = {}, [], []
        return record


def _summary(record: Record) -> str:
    """The record on one line of the Web UI."""
    texts = [event.message.splitlines()[0] for event in record.events if event.message] or list(record.columns)
    return ("Record: " + "; ".join(texts))[:180]
