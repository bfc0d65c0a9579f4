"""Delivers at once what this process has just committed: a bounded queue in the background.

What does not fit, or does not go through, is the relay's; nothing here is the only copy of anything.
"""

import asyncio
from collections.abc import Callable
from uuid import UUID

import structlog

from gateway.outbox import OutboxDelivery

logger = structlog.get_logger(__name__)

QUEUE_SIZE = 1000
SENDERS = 8


class Dispatcher:
    """Runs beside the API."""

    def __init__(self, delivery: OutboxDelivery, is_reachable: Callable[[], bool] = lambda: True) -> None:
        """Args: is_reachable: whether Temporal answers; while it does not, all is the relay's."""
        self._delivery = delivery
        self._is_reachable = is_reachable
        self._queue: asyncio.PriorityQueue[tuple[int, int, UUID]] = asyncio.PriorityQueue(QUEUE_SIZE)
        self._order = 0

    def nudge(self, incident_id: UUID, rank: int) -> None:
        """There is something for this incident in the outbox; SEV1 and SEV2 go first. Never waits."""
        if not self._is_reachable():
            return
        self._order += 1
        try:
            self._queue.put_nowait((rank, self._order, incident_id))
        except asyncio.QueueFull:
            logger.debug("outbox: left to the relay", incident_id=str(incident_id))

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as senders:
            for _ in range(SENDERS):
                senders.create_task(self._send())

    async def _send(self) -> None:
        while True:
            *_, incident_id = await self._queue.get()
            try:
                await self._delivery.drain(incident_id)
            except Exception:  # the database may be away; the relay has the row
                logger.exception("outbox: left to the relay", incident_id=str(incident_id))
