"""Fans Postgres notifications out to whoever looks at a page: one listening connection for each process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import psycopg
import structlog

from db.house import CHANNEL_HOUSE
from db.intake import CHANNEL_INCIDENT

logger = structlog.get_logger(__name__)

RETRY_SECONDS = 1.0
BACKLOG = 100


class Live:
    """The ids of incidents that have just changed; and a word when the catalogue did."""

    def __init__(self, database_url: str, on_house_changed: Callable[[], None]) -> None:
        self._url = database_url
        self._on_house_changed = on_house_changed
        self._subscribers: set[asyncio.Queue[str]] = set()

    async def run(self) -> None:
        """Listen until cancelled; a lost connection is made again, and everybody is told to look."""
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as error:
                logger.warning("live: listening again soon", error=str(error))
            await asyncio.sleep(RETRY_SECONDS)

    @contextlib.asynccontextmanager
    async def subscribe(self) -> AsyncIterator["asyncio.Queue[str]"]:
        """A queue of incident ids; an empty id means that anything may have changed."""
        queue: asyncio.Queue[str] = asyncio.Queue(BACKLOG)
        self._subscribers.add(queue)
        try:
            yield queue
        finally:
            self._subscribers.discard(queue)

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True, connect_timeout=5) as connection:
            await connection.execute(f"LISTEN {CHANNEL_INCIDENT}")
            await connection.execute(f"LISTEN {CHANNEL_HOUSE}")
            self._on_house_changed()
            self._tell("")
            async for notification in connection.notifies():
                if notification.channel == CHANNEL_HOUSE:
                    self._on_house_changed()
                else:
                    self._tell(notification.payload)

    def _tell(self, incident_id: str) -> None:
        for queue in self._subscribers:
            if queue.full():  # a slow reader loses the oldest: it will look at everything anyway
                queue.get_nowait()
            queue.put_nowait(incident_id)
