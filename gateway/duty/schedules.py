"""Keeps a Temporal Schedule for each on-call schedule, one for reminders, and one for the weekly digest.

Runs in every worker. The catalogue is the truth: what Temporal has is made equal to it, and doing so twice changes
nothing.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from config.temporal import QUEUE
from db.catalogue.reading import CatalogueReader
from db.engine import Sessions
from db.models import CatalogueVersion
from db.models import Schedule as ScheduleRow
from domain.duty import HandoffOrder
from gateway.duty.specs import handoff_spec
from workflows.duty import DutyRemindersWorkflow, HandoffWorkflow, ReadinessDigestWorkflow

logger = structlog.get_logger(__name__)

HANDOFF = "handoff-"
REMINDERS, DIGEST = "duty-reminders", "readiness-digest"
LOOK_SECONDS = 5.0
"""So often the catalogue's version is looked at."""
COMPARE_SECONDS = 300.0
"""So often everything is compared, also when the catalogue did not change."""
AWAY_SECONDS = 30.0
"""So long Temporal, or the database, is left alone that did not answer."""
RPC_TIMEOUT = timedelta(seconds=10)
CATCH_UP = timedelta(days=1)
"""What was missed for longer than this, while Temporal was away, is not made up for."""


class DutySchedules:
    """The Temporal Schedules of going on call."""

    def __init__(self, sessions: Sessions, client: Client, catalogue: CatalogueReader) -> None:
        self._sessions = sessions
        self._client = client
        self._catalogue = catalogue
        self._version: int | None = None
        self._compared_at = float("-inf")

    async def run(self) -> None:
        """Compare until cancelled; a database or a Temporal server that is away is waited for."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except (RPCError, SQLAlchemyError, OSError) as error:
                logger.warning("duty: the Temporal Schedules wait to be compared", error=str(error).splitlines()[:1])
                await asyncio.sleep(AWAY_SECONDS)
            except Exception:
                logger.exception("duty: the Temporal Schedules could not be compared, trying again")
                await asyncio.sleep(AWAY_SECONDS)

    async def look(self) -> None:
        """Compare when the catalogue changed, or now and then."""
        async with self._sessions() as session:
            version = await session.scalar(select(CatalogueVersion.version))
        if version != self._version or time.monotonic() - self._compared_at > COMPARE_SECONDS:
            await self.reconcile()
            self._version, self._compared_at = version, time.monotonic()

    async def reconcile(self) -> int:
        """Make what Temporal has equal to the catalogue; how many had to be changed."""
        wanted = await self._wanted()
        known = {
            listed.id: listed.schedule.state.note if listed.schedule else None
            async for listed in await self._client.list_schedules()
        }
        changed = 0
        for id, schedule in wanted.items():
            if known.get(id) != schedule.state.note:
                await self._put(id, schedule)
                changed += 1
        for id in known:
            if id.startswith(HANDOFF) and id not in wanted:
                await self._delete(id)
                changed += 1
        if changed:
            logger.info("duty: Temporal Schedules changed", changed=changed)
        return changed

    async def _wanted(self) -> Mapping[str, Schedule]:
        async with self._sessions() as session:
            catalogue = await self._catalogue.read(session)
            ids = {row.name: row.id for row in await session.execute(select(ScheduleRow.id, ScheduleRow.name))}
        wanted = {REMINDERS: _reminders(), DIGEST: _digest()}
        for schedule in catalogue.schedules:
            spec = handoff_spec(schedule)
            if spec is None or schedule.name not in ids:
                continue
            order = HandoffOrder(schedule_id=ids[schedule.name])
            id = f"{HANDOFF}{order.schedule_id}"
            action = ScheduleActionStartWorkflow(
                HandoffWorkflow.run,
                order,
                id=id,
                task_queue=QUEUE,
                static_summary=f"Hand-off of {schedule.name}"[:200],
            )
            wanted[id] = _noted(f"Hand-offs of {schedule.name}", action, spec)
        return wanted

    async def _put(self, id: str, schedule: Schedule) -> None:
        """Make it, or change the one that is there; whoever paused it keeps it paused."""
        try:
            await self._client.create_schedule(id, schedule, rpc_timeout=RPC_TIMEOUT)
            return
        except ScheduleAlreadyRunningError:
            pass

        async def change(present: ScheduleUpdateInput) -> ScheduleUpdate:
            schedule.state.paused = present.description.schedule.state.paused
            return ScheduleUpdate(schedule=schedule)

        await self._client.get_schedule_handle(id).update(change, rpc_timeout=RPC_TIMEOUT)

    async def _delete(self, id: str) -> None:
        try:
            await self._client.get_schedule_handle(id).delete(rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise


def _reminders() -> Schedule:
    every = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(minutes=5))])
    action = ScheduleActionStartWorkflow(DutyRemindersWorkflow.run, id=REMINDERS, task_queue=QUEUE)
    return _noted("You go on call in an hour", action, every, catch_up=timedelta(minutes=10))


def _digest() -> Schedule:
    monday = ScheduleCalendarSpec(hour=(ScheduleRange(9, 9),), day_of_week=(ScheduleRange(1, 1),))
    action = ScheduleActionStartWorkflow(ReadinessDigestWorkflow.run, id=DIGEST, task_queue=QUEUE)
    return _noted("The weekly readiness digest", action, ScheduleSpec(calendars=[monday]))


def _noted(
    note: str, action: ScheduleActionStartWorkflow, spec: ScheduleSpec, catch_up: timedelta = CATCH_UP
) -> Schedule:
    """A Temporal Schedule whose note says of what it was made: another note means that it must be changed."""
    digest = sha256(repr((note, spec, catch_up)).encode()).hexdigest()[:16]
    return Schedule(
        action=action,
        spec=spec,
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ONE, catchup_window=catch_up),
        state=ScheduleState(note=f"{note} [{digest}]"),
    )
