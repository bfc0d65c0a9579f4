"""When a silence or a maintenance window is over, what still fires is taken in as if it had come now.

One may be ended early, changed or deleted, by anyone and anywhere: then alerts wait for an end that is not there.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog

from db.engine import Sessions
from db.quiet import QuietAlert, Reasons, lease_quiet, look_again, looked_at, reasons
from domain.intake import heartbeat
from domain.intake.signal import Signal
from domain.intake.verdict import Fate
from gateway.intake.pipeline import Pipeline

logger = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
AT_ONCE = 100
STILL_QUIET = (Fate.SILENCED, Fate.MAINTENANCE)


class Release:
    """Runs in every worker; any number of them share the work."""

    def __init__(self, sessions: Sessions, intake: Pipeline) -> None:
        self._sessions = sessions
        self._intake = intake
        self._reasons: Reasons | None = None
        """At the last look; None before the first."""

    async def run(self) -> None:
        """Look until cancelled; a database that is away is waited for."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.compare()
                while len(await self.look()) == AT_ONCE:
                    pass
            except Exception:
                logger.exception("release: failed, trying again")

    async def compare(self) -> None:
        """Have decided anew what is quiet for a reason that is gone."""
        async with self._sessions.begin() as session:
            found = await reasons(session, datetime.now(UTC))
            await look_again(session, found.to_wait_for(self._reasons))
        self._reasons = found

    async def look(self) -> Sequence[UUID]:
        """Decide anew about what was quiet until now; the ids of those alerts."""
        async with self._sessions.begin() as session:
            quiet = await lease_quiet(session, AT_ONCE)
        if quiet:
            self._intake.forget()  # a silence may have been made longer a moment ago
        for one in quiet:
            await self._take(one)
        return [one.alert_id for one in quiet]

    async def _take(self, one: QuietAlert) -> None:
        """As if it had come now. One that fails comes again after its lease, and keeps no other waiting."""
        try:
            signal = _signal(one.record["signal"], one.raw)
            source = heartbeat.reporting(one.source) if heartbeat.is_report(signal) else one.source
            (taken,) = await self._intake.take([signal], source, keep_as=one.alert_id, again=True)
            if taken.fate not in STILL_QUIET:
                async with self._sessions.begin() as session:
                    await looked_at(session, one)
        except Exception:
            logger.exception("release: an alert failed, trying again", alert=str(one.alert_id))


def _signal(kept: dict[str, Any], raw: Any) -> Signal:
    return Signal.model_validate(kept | {"raw": raw})
