"""Resolves an incident whose alerts are all back to normal, after it stayed quiet for as long as its source wants."""

from datetime import timedelta

from temporalio import workflow

from workflows.ladder import Ladder
from workflows.pager import Pager
from workflows.recorder import Recorder
from workflows.state import IncidentState, PendingClear

with workflow.unsafe.imports_passed_through():
    from domain import lifecycle
    from domain.commands import Clear
    from domain.lifecycle import Outcome


class Clearing:
    """At most one clear is pending: a later one takes its place, and an alert that fires again calls it off."""

    def __init__(self, state: IncidentState, recorder: Recorder, pager: Pager, ladder: Ladder) -> None:
        self._state = state
        self._recorder = recorder
        self._pager = pager
        self._ladder = ladder

    def begin(self, command: Clear) -> None:
        """Wait for the instant at which it resolves; one that resolves nothing by itself ends the waiting."""
        at = lifecycle.resolves_at(self._state.incident, command, workflow.now())
        self._state.pending_clear = PendingClear(command=command, resolve_at=at) if at else None

    def fired_again(self) -> None:
        """A new alert: the incident is not back to normal any more."""
        pending, self._state.pending_clear = self._state.pending_clear, None
        outcome = lifecycle.fired_again(self._state.incident, pending.command if pending else None, workflow.now())
        if outcome.changes:
            self._apply(outcome)

    async def run(self) -> None:
        """Resolve whenever it has stayed quiet for long enough; for ever."""
        while True:
            await workflow.wait_condition(lambda: self._pending is not None)
            pending = self._pending
            if pending is not None and await self._stays_quiet(pending):
                self._resolve(pending)

    @property
    def _pending(self) -> PendingClear | None:
        """What waits; nothing of an incident that somebody has resolved meanwhile."""
        return self._state.pending_clear if self._state.incident.is_open else None

    async def _stays_quiet(self, pending: PendingClear) -> bool:
        """Wait for the instant; False when something came before it."""
        left = max(timedelta(0), pending.resolve_at - workflow.now())
        summary = f"Back to normal: resolves at {pending.resolve_at:%H:%M:%S} UTC unless an alert fires again"
        try:
            await workflow.wait_condition(lambda: self._pending is not pending, timeout=left, timeout_summary=summary)
        except TimeoutError:
            return self._pending is pending  # both may have come in the same moment
        return False

    def _resolve(self, pending: PendingClear) -> None:
        self._state.pending_clear = None
        self._apply(lifecycle.stayed_quiet(self._state.incident, pending.command, workflow.now()))
        self._pager.call_off()
        self._ladder.changed()

    def _apply(self, outcome: Outcome) -> None:
        self._state.incident = self._state.incident.model_copy(update=outcome.changes)
        self._recorder.record(outcome)
