"""Heartbeats without the rest of the product: sources that ping, and a list of what was reported of them."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper
from temporalio.worker import Worker

from activities.source_heartbeats import HeartbeatActivities
from config.temporal import PAGING_QUEUE, QUEUE
from db import source_heartbeats
from db.models import Source, SourceHeartbeat, new_id
from db.source_heartbeats import Kept
from db.tokens import hash_token, new_token
from domain.intake.heartbeat import Switch
from domain.intake.signal import Signal
from domain.intake.source import Source as SourceValue
from gateway.heartbeats import HeartbeatWorkflows, heartbeat_workflow_id
from gateway.pings import Pings
from tests.support.house import House
from tests.support.waiting import eventually
from worker import sandbox
from workflows.heartbeat import HeartbeatState, HeartbeatWorkflow


class Reports:
    """Where signals go; it fails as often as it is told to."""

    def __init__(self) -> None:
        self.signals: list[Signal] = []
        self.sources: list[SourceValue] = []
        self.failures = 0

    async def __call__(self, signals: list[Signal], source: SourceValue) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the database is away")
        self.signals += signals
        self.sources.append(source)

    @property
    def actions(self) -> list[str]:
        return [signal.action.value for signal in self.signals]


class Beating:
    """One source that pings."""

    def __init__(self, board: "Board", source_id: UUID, key: str) -> None:
        self.board = board
        self.id = source_id
        self.key = key

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        return self.board.client.get_workflow_handle(heartbeat_workflow_id(self.id))

    async def ping(self, *, tell: bool = True, at: datetime | None = None) -> Switch:
        """A ping, by default now by its workflow's clock; untold as when Temporal is away."""
        taken = await self.board.pings.take(self.key)
        assert taken is not None and taken.switch is not None
        switch = taken.switch
        if at is not None:
            switch = switch.model_copy(update={"last_ping_at": at})
            await self.write(last_ping_at=at)
        if tell:
            await self.board.workflows.ping(switch)
        return switch

    async def kept(self) -> Kept | None:
        async with self.board.house.sessions() as session:
            return await source_heartbeats.find(session, self.id)

    async def write(self, **columns: Any) -> None:
        async with self.board.house.sessions.begin() as session:
            await session.execute(update(SourceHeartbeat).where(SourceHeartbeat.source_id == self.id).values(**columns))

    async def set(self, *, is_active: bool = True, **settings: Any) -> None:
        """Change the source, and tell nobody."""
        async with self.board.house.sessions.begin() as session:
            values = {"is_active": is_active, "settings": settings}
            await session.execute(update(Source).where(Source.id == self.id).values(values))

    async def remove(self) -> None:
        async with self.board.house.sessions.begin() as session:
            await session.execute(delete(Source).where(Source.id == self.id))

    async def knows(self, **expected: Any) -> None:
        """Wait until the workflow's switch has these values."""

        async def so() -> bool:
            switch = await self.handle.query(HeartbeatWorkflow.switch)
            return switch is not None and all(getattr(switch, name) == value for name, value in expected.items())

        await eventually(so)

    async def run_id(self) -> str:
        return str((await self.handle.describe()).run_id)

    async def short(self, turns_per_run: int) -> None:
        """Ping for the first time, and continue as new after so many turns."""
        switch = await self.ping(tell=False)
        await self.board.client.start_workflow(
            HeartbeatWorkflow.run,
            HeartbeatState(switch=switch, turns_per_run=turns_per_run),
            id=heartbeat_workflow_id(self.id),
            task_queue=QUEUE,
        )

    # Of a board whose clocks can be moved.

    async def now(self) -> datetime:
        assert self.board.skipper is not None
        return (await self.board.skipper.get_current_time(self.handle)).astimezone(UTC)

    async def forward(self, **duration: float) -> None:
        assert self.board.skipper is not None
        await self.board.skipper.fast_forward(self.handle, timedelta(**duration))


class Board:
    """All heartbeats of a test."""

    def __init__(self, house: House, skipper: TimeSkipper | None = None) -> None:
        self.house = house
        self.skipper = skipper
        self.client: Client = skipper.client if skipper else house.client
        self.workflows = HeartbeatWorkflows(self.client)
        self.pings = Pings(house.sessions, self.workflows)
        self.reports = Reports()
        self._made: list[UUID] = []

    async def source(self, name: str | None = None, **settings: Any) -> Beating:
        """A source; with a heartbeat every five minutes unless told otherwise."""
        key, source_id = new_token(), new_id()
        settings = {"heartbeat_seconds": 300} | settings
        async with self.house.sessions.begin() as session:
            session.add(
                Source(
                    id=source_id,
                    name=name or f"backup-{source_id.hex[-8:]}",
                    kind="generic",
                    key_hash=hash_token(key),
                    key_hint=key[-4:],
                    settings=settings,
                )
            )
        self._made.append(source_id)
        return Beating(self, source_id, key)

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator["Board"]:
        """With workers; sources and workflows are gone afterwards."""
        async with Worker(self.client, task_queue=QUEUE, workflows=[HeartbeatWorkflow], workflow_runner=sandbox()):
            activities = HeartbeatActivities(self.house.sessions, self.reports)
            async with Worker(
                self.client,
                task_queue=PAGING_QUEUE,
                activities=[activities.look_for_ping, activities.report_heartbeat, activities.disarm_heartbeat],
            ):
                try:
                    yield self
                finally:
                    await self.clear()

    async def clear(self) -> None:
        """What the test has made is gone."""
        async with self.house.sessions.begin() as session:
            await session.execute(delete(Source).where(Source.id.in_(self._made)))


@contextlib.asynccontextmanager
async def skipping(house: House) -> AsyncIterator[Board]:
    """A board whose workflows' clocks stand in ordinary time until they are moved."""
    skipper = TimeSkipper(house.client)
    with skipper.with_time_skipping_disabled():
        async with Board(house, skipper).working() as board:
            yield board
