"""When a silence or a maintenance window is over, what still fires is taken in as if it had come now."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog

from db.engine import Sessions
from db.quiet import lease_quiet
from domain.intake.signal import Signal
from gateway.intake.pipeline import Pipeline

logger = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
AT_ONCE = 100


class Release:
    """Runs in every worker; any number of them share the work."""

    def __init__(self, sessions: Sessions, intake: Pipeline) -> None:
        self._sessions = sessions
        self._intake = intake

    async def run(self) -> None:
        """Look until cancelled; a database that is away is waited for."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                while len(await self.look()) == AT_ONCE:
                    pass
            except Exception:
                logger.exception("release: failed, trying again")

    async def look(self) -> Sequence[UUID]:
        """Decide anew about what was quiet until now; the ids of those alerts."""
        async with self._sessions.begin() as session:
            quiet = await lease_quiet(session, AT_ONCE)
        if quiet:
            self._intake.forget()  # a silence may have been made longer a moment ago
        for one in quiet:
            await self._intake.take([_signal(one.record["signal"], one.raw)], one.source, again=one.alert_id)
        return [one.alert_id for one in quiet]


def _signal(kept: dict[str, Any], raw: Any) -> Signal:
    return Signal.model_validate(kept | {"raw": raw})
