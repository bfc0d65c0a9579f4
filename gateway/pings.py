"""Takes pings: kept by one statement, and then told to Temporal in the background, though not every one.

What is not told is not lost: before its timer acts, a heartbeat's workflow looks for the latest ping that is kept.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from temporalio.service import RPCError

from db import source_heartbeats
from db.engine import Sessions, Turns
from db.source_heartbeats import Ping
from db.tokens import hash_token
from domain.intake.heartbeat import Switch
from gateway.heartbeats import HeartbeatWorkflows

logger = structlog.get_logger(__name__)

QUEUE_SIZE = 1000
SENDERS = 4
SIGNALS_PER_PERIOD = 10
LEAST_PAUSE_SECONDS = 1.0
KEPT_AT_ONCE = 2
"""Pings that are written at the same time: however many come, the other connections are for everything else."""

_Telling = Callable[[], Coroutine[Any, Any, None]]


class Pings:
    """Runs beside the API."""

    def __init__(self, sessions: Sessions, workflows: HeartbeatWorkflows) -> None:
        self._sessions = sessions
        self._workflows = workflows
        self._keeping = Turns(KEPT_AT_ONCE)
        self._queue: asyncio.Queue[tuple[UUID, _Telling]] = asyncio.Queue(QUEUE_SIZE)
        self._told: dict[UUID, float] = {}

    async def take(self, key: str) -> Ping | None:
        """Keep a ping; None when no active source has this key. Does not wait for Temporal."""
        async with self._keeping.turn(), self._sessions.begin() as session:
            ping = await source_heartbeats.ping(session, hash_token(key))
        if ping is not None and ping.switch is not None and self._is_worth_telling(ping.switch):
            self._tell(ping.source_id, partial(self._workflows.ping, ping.switch))
        return ping

    def changed(self, source_id: UUID) -> None:
        """The settings of a source have changed, or it is gone. Never waits."""
        self._told.pop(source_id, None)
        self._tell(source_id, partial(self._workflows.changed, source_id))

    @property
    def waiting(self) -> int:
        """How much Temporal has yet to be told."""
        return self._queue.qsize()

    async def run(self) -> None:
        """Tell Temporal until cancelled."""
        async with asyncio.TaskGroup() as senders:
            for _ in range(SENDERS):
                senders.create_task(self._send())

    def _is_worth_telling(self, switch: Switch) -> bool:
        """A sender that pings without end must not fill its workflow's history; a return is told soon."""
        now, pause = time.monotonic(), LEAST_PAUSE_SECONDS
        if switch.missing_since is None:
            pause = max(pause, switch.period_seconds / SIGNALS_PER_PERIOD)
        if now - self._told.get(switch.source_id, float("-inf")) < pause:
            return False
        self._told[switch.source_id] = now
        return True

    def _tell(self, source_id: UUID, telling: _Telling) -> None:
        try:
            self._queue.put_nowait((source_id, telling))
        except asyncio.QueueFull:
            logger.debug("heartbeat: not told, the workflow will look", source_id=str(source_id))

    async def _send(self) -> None:
        while True:
            source_id, telling = await self._queue.get()
            try:
                await telling()
            except (RPCError, RuntimeError, TimeoutError) as error:
                logger.warning("heartbeat: not told", source_id=str(source_id), error=str(error))
            except Exception:
                logger.exception("heartbeat: not told", source_id=str(source_id))
