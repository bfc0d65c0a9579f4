"""Keeps the incident document up with the timeline."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.policies import DOCUMENT_REST, PROVIDER
from workflows.recorder import Recorder
from workflows.state import IncidentState

with workflow.unsafe.imports_passed_through():
    from activities.contracts import DocumentContract
    from domain.events import Event, EventType
    from domain.lifecycle import Outcome


class DocumentKeeper:
    """Writes a new version when the timeline has grown, and then rests a little."""

    def __init__(self, state: IncidentState, recorder: Recorder) -> None:
        self._state = state
        self._recorder = recorder
        self._written = 0
        self._behind_was_said = False
        self._pen = asyncio.Lock()

    @property
    def idle(self) -> bool:
        """Nothing is being written."""
        return not self._pen.locked()

    async def run(self) -> None:
        """Follow the timeline, for ever."""
        while True:
            await workflow.wait_condition(self._is_behind)
            await workflow.sleep(DOCUMENT_REST, summary="The document gathers what happens meanwhile")
            await self.write()

    async def write(self) -> None:
        """Bring the document up to the timeline now; a document that cannot be written stops nothing."""
        async with self._pen:
            if self._is_behind():
                await self._write()

    async def _write(self) -> None:
        entries = self._recorder.entries
        await workflow.wait_condition(lambda: self._recorder.idle)
        try:
            await workflow.execute_activity_method(
                DocumentContract.update_document,
                self._state.incident,
                start_to_close_timeout=PROVIDER.attempt,
                heartbeat_timeout=PROVIDER.heartbeat,
                schedule_to_close_timeout=PROVIDER.altogether,
                retry_policy=PROVIDER.retry,
                summary="Bring the document up to the timeline",
            )
            self._behind_was_said = False
        except ActivityError as error:
            self._say_behind(error)
        self._written = entries

    def _is_behind(self) -> bool:
        return self._state.incident.lid_link is not None and self._recorder.entries > self._written

    def _say_behind(self, error: ActivityError) -> None:
        if not self._behind_was_said:
            self._behind_was_said = True
            text = f"The document could not be brought up to the timeline: {error.cause or error}"
            event = Event(type=EventType.FAILURE, message=text, at=workflow.now())
            self._recorder.record(Outcome(events=(event,)))
