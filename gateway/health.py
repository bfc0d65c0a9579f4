"""Can Tocsin page? Asked in the background, so that no request waits for the answer."""

import asyncio
import time
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from config.settings import Settings
from db import outbox
from db.engine import Sessions
from db.workers import workers_alive
from gateway.workflows import Workflows

logger = structlog.get_logger(__name__)

PROBE_SECONDS = 1.0


@dataclass(frozen=True)
class Health:
    """What was found, and when."""

    database: bool = False
    temporal: bool = False
    workers: int = 0
    outbox_age_seconds: float = 0.0
    """Age of the oldest row of the outbox."""
    urgent_age_seconds: float = 0.0
    """The same of SEV1 and SEV2 alone."""
    outbox_is_red: bool = False
    """An urgent row waits for longer than the alarm allows."""

    @property
    def status(self) -> str:
        """`ok`, `degraded` or `down`."""
        if not self.database:
            return "down"
        return "ok" if self.temporal and self.workers and not self.outbox_is_red else "degraded"

    @property
    def warning(self) -> str | None:
        """One sentence for every page when people may not be paged."""
        if not self.database:
            return "Tocsin cannot reach its database: nothing can be accepted."
        if self.outbox_is_red:
            return f"Tocsin cannot page: an urgent incident has waited for {self.urgent_age_seconds:.0f} seconds."
        if not self.temporal:
            return "Temporal does not answer: alerts are accepted, but nobody is paged until it is back."
        if not self.workers:
            return "No worker is running: alerts are accepted, but nobody is paged until one is back."
        return None


class Watch:
    """Looks every second, and keeps what it saw last."""

    def __init__(self, sessions: Sessions, workflows: Workflows, settings: Settings) -> None:
        self._sessions = sessions
        self._workflows = workflows
        self._alarm_seconds = settings.outbox_alarm_seconds
        self.health = Health()

    async def run(self) -> None:
        """Look until cancelled; say so in the log when it changes."""
        while True:
            before, started = self.health, time.monotonic()
            await self.look()
            if self.health.status != before.status:
                logger.warning("health: changed", status=self.health.status, warning=self.health.warning)
            await asyncio.sleep(max(0.1, PROBE_SECONDS - (time.monotonic() - started)))

    async def look(self) -> Health:
        """Look now."""
        temporal, database = await asyncio.gather(self._workflows.is_reachable(), self._ask_database())
        if database is None:
            self.health = Health(temporal=temporal)
        else:
            workers, age, urgent = database
            self.health = Health(True, temporal, workers, age, urgent, urgent > self._alarm_seconds)
        return self.health

    async def _ask_database(self) -> tuple[int, float, float] | None:
        try:
            async with asyncio.timeout(3), self._sessions() as session:
                return await workers_alive(session), *await outbox.oldest_age_seconds(session)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            logger.debug("health: the database does not answer", error=str(error))
            return None
