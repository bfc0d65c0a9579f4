"""The workflow of one source's heartbeat: a timer that each ping sets back."""

from datetime import timedelta
from typing import Any, Never

from pydantic import BaseModel
from temporalio import workflow

from workflows.incident import PAGING_QUEUE_SUFFIX
from workflows.policies import (
    HEARTBEAT_LOOK,
    HEARTBEAT_MISSING_LOOKS,
    HEARTBEAT_TURNS_PER_RUN,
    LATER,
    PAGES,
    RECORD,
)

with workflow.unsafe.imports_passed_through():
    from activities.contracts import HeartbeatContract, HeartbeatReport, WhoseHeartbeat
    from domain.intake.heartbeat import Switch, span


class HeartbeatState(BaseModel):
    """With what the workflow begins, and what it takes along when it continues as new."""

    switch: Switch
    turns_per_run: int | None = None
    """Fewer than `HEARTBEAT_TURNS_PER_RUN`, for tests of continue-as-new."""


@workflow.defn(name="HeartbeatWorkflow")
class HeartbeatWorkflow:
    """Lives from a source's first ping until its heartbeat is taken away.

    The database is the truth, for a signal may be lost while Temporal is away, and most pings of a chatty sender
    are not signalled at all: before anything is reported, the latest ping is looked up.
    """

    @workflow.init
    def __init__(self, state: HeartbeatState) -> None:
        self._source_id = state.switch.source_id
        self._limit = state.turns_per_run or HEARTBEAT_TURNS_PER_RUN
        self._turns = 0
        self._switch: Switch | None = state.switch
        """None: no longer armed."""
        self._must_look = False
        self._heard = 0

    @workflow.run
    async def run(self, state: HeartbeatState) -> None:
        """Wait for pings; report when they stay away, and when they return."""
        while self._must_look or self._switch is not None:
            self._turns += 1
            self._paint()
            if self._must_look or self._switch is None:
                await self._look()
            elif self._switch.is_overdue(workflow.now()) != _is_reported(self._switch):
                await self._report()
            elif self._turns > self._limit or workflow.info().is_continue_as_new_suggested():
                _continue(self._switch, state)
            else:
                await self._wait(self._switch)
        workflow.set_current_details("The heartbeat was taken away from the source.")

    @workflow.signal
    def ping(self, switch: Switch | None = None) -> None:
        """A ping, and the settings under which it came; without them (by hand) they are looked up."""
        self._heard += 1
        known = self._switch
        if switch is None or known is None:
            self._must_look = True
        elif switch.last_ping_at > known.last_ping_at:
            self._switch = switch.model_copy(update={"missing_since": known.missing_since})

    @workflow.signal
    def changed(self) -> None:
        """The source's settings have changed."""
        self._heard += 1
        self._must_look = True

    @workflow.query
    def switch(self) -> Switch | None:
        """What the workflow knows, for support."""
        return self._switch

    async def _look(self) -> None:
        self._must_look, heard = False, self._heard
        answer = await self._ask(HeartbeatContract.look_for_ping, "Look for the latest ping")
        if answer is None:
            await self._ask(HeartbeatContract.disarm_heartbeat, "The heartbeat was taken away: forget its pings")
        self._learn(answer, heard)

    async def _report(self) -> None:
        """Run out, or returned: the activity sees which, for a ping may have come this moment."""
        heard = self._heard
        answer: Switch | None = await workflow.execute_activity_method(
            HeartbeatContract.report_heartbeat,
            HeartbeatReport(source_id=self._source_id, at=workflow.now()),
            task_queue=workflow.info().task_queue + PAGING_QUEUE_SUFFIX,
            start_to_close_timeout=RECORD.attempt,
            heartbeat_timeout=RECORD.heartbeat,
            retry_policy=RECORD.retry,
            priority=PAGES,
            summary="Report the heartbeat that is missing, or its return",
        )
        self._must_look = self._must_look or answer is None
        if answer is not None:
            self._learn(answer, heard)

    async def _ask(self, activity: Any, summary: str) -> Switch | None:
        answer: Switch | None = await workflow.execute_activity_method(
            activity,
            WhoseHeartbeat(source_id=self._source_id),
            task_queue=workflow.info().task_queue + PAGING_QUEUE_SUFFIX,
            start_to_close_timeout=RECORD.attempt,
            heartbeat_timeout=RECORD.heartbeat,
            retry_policy=RECORD.retry,
            priority=LATER,
            summary=summary,
        )
        return answer

    def _learn(self, answer: Switch | None, heard: int) -> None:
        """The database's word holds, but for a ping that was heard while it was asked."""
        known, heard_more = self._switch, self._heard > heard
        if answer is None:
            self._must_look = self._must_look or heard_more
        elif heard_more and known is not None and known.last_ping_at > answer.last_ping_at:
            answer = answer.model_copy(update={"last_ping_at": known.last_ping_at})
        self._switch = answer

    async def _wait(self, switch: Switch) -> None:
        """Until something is heard; when the timer runs out, look."""
        heard = self._heard
        if _is_reported(switch):
            least, most = HEARTBEAT_MISSING_LOOKS
            pause, summary = min(max(timedelta(seconds=switch.period_seconds), least), most), "Look for a ping again"
        else:
            pause = min(switch.due_at - workflow.now(), HEARTBEAT_LOOK)
            summary = f"A ping is due by {switch.due_at:%H:%M:%S} UTC"
        try:
            await workflow.wait_condition(lambda: self._heard > heard, timeout=pause, timeout_summary=summary)
        except TimeoutError:
            self._must_look = True

    def _paint(self) -> None:
        if self._switch is not None:
            workflow.set_current_details(current_details(self._switch))


def current_details(switch: Switch) -> str:
    """Markdown for the Web UI: where the heartbeat stands."""
    last, due = f"last ping {switch.last_ping_at:%H:%M:%S} UTC", f"{switch.due_at:%H:%M:%S} UTC"
    stands = f"**missing** since {due}, {last}" if _is_reported(switch) else f"{last}, due by {due}"
    grace = f", grace {span(switch.grace_seconds)}" if switch.grace_seconds else ""
    return f"{switch.source}: {stands}\n\nEvery {span(switch.period_seconds)}{grace}"


def _is_reported(switch: Switch) -> bool:
    return switch.missing_since is not None


def _continue(switch: Switch, state: HeartbeatState) -> Never:
    workflow.continue_as_new(state.model_copy(update={"switch": switch}))
