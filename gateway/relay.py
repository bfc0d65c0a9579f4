"""Delivers what nobody delivered at once, and brings back workflows that were lost.

Runs in every worker; any number of them share the outbox.
"""

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from config.settings import Settings
from db import outbox, source_heartbeats
from db.engine import Sessions
from db.workers import beat, stop
from domain.intake.heartbeat import Switch
from gateway.outbox import OutboxDelivery
from gateway.workflows import Workflows

logger = structlog.get_logger(__name__)

POLL_SECONDS = 0.5
BATCH = 50
BEAT_SECONDS = 2
DESCRIBE_AT_ONCE = 16


class Relay:
    """One loop for the outbox, one for the watch over Temporal and lost workflows."""

    def __init__(self, sessions: Sessions, workflows: Workflows, delivery: OutboxDelivery, settings: Settings) -> None:
        self._sessions = sessions
        self._workflows = workflows
        self._delivery = delivery
        self._settings = settings
        self._name = f"{socket.gethostname()}:{os.getpid()}"

    async def run(self) -> None:
        """Work until cancelled; a database that is away is waited for."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._forever(self._relay_once, POLL_SECONDS))
            loops.create_task(self._watch())

    async def reconcile(self) -> int:
        """Queue the start of every open incident that has no running workflow; how many there were."""
        async with self._sessions() as session:
            incidents = await outbox.open_incidents(session)
        gate = asyncio.Semaphore(DESCRIBE_AT_ONCE)
        lost = await asyncio.gather(*(self._queue_if_lost(gate, *incident) for incident in incidents))
        if any(lost):
            logger.warning("reconcile: open incidents without a workflow", count=sum(lost))
        return sum(lost)

    async def reconcile_heartbeats(self) -> int:
        """See that every armed switch has its workflow; how many there are."""
        async with self._sessions() as session:
            switches = await source_heartbeats.armed(session)
        gate = asyncio.Semaphore(DESCRIBE_AT_ONCE)
        await asyncio.gather(*(self._start_heartbeat(gate, switch) for switch in switches))
        return len(switches)

    async def _start_heartbeat(self, gate: asyncio.Semaphore, switch: Switch) -> None:
        async with gate:
            await self._workflows.heartbeats.start(switch)

    async def _queue_if_lost(self, gate: asyncio.Semaphore, incident_id: UUID, number: int, rank: int) -> bool:
        async with gate:
            if await self._workflows.is_running(number):
                return False
            async with self._sessions.begin() as session:
                return await outbox.put_start_if_lost(session, incident_id, rank)

    async def _relay_once(self) -> None:
        while (await self._delivery.deliver_due(BATCH))[0] == BATCH:
            pass

    async def _watch(self) -> None:
        """Beat while Temporal answers; reconcile at the start, when Temporal was away, and now and then."""
        storage, reconciled_at = None, float("-inf")
        while True:
            before, storage = storage, await self._workflows.storage_id()
            try:
                if storage is not None:
                    await self._beat()
                    overdue = time.monotonic() - reconciled_at > self._settings.reconcile_seconds
                    if storage != before or overdue:
                        await self._make_all_due()
                        await self.reconcile()
                        await self.reconcile_heartbeats()
                        reconciled_at = time.monotonic()
            except Exception:
                logger.exception("relay: watch failed, trying again")
                storage = None
            await asyncio.sleep(BEAT_SECONDS)

    async def say_goodbye(self) -> None:
        """This worker ends on purpose: nobody needs to wait for its silence to be noticed."""
        try:
            async with self._sessions.begin() as session:
                await stop(session, self._name)
        except (SQLAlchemyError, OSError):
            logger.warning("relay: the database did not hear the goodbye")

    async def _beat(self) -> None:
        async with self._sessions.begin() as session:
            await beat(session, self._name)

    async def _make_all_due(self) -> None:
        async with self._sessions.begin() as session:
            await outbox.make_all_due(session)

    async def _forever(self, once: Callable[[], Awaitable[None]], pause_seconds: float) -> None:
        while True:
            try:
                await once()
            except Exception:
                logger.exception("relay: outbox failed, trying again")
                await asyncio.sleep(1)
            await asyncio.sleep(pause_seconds)
