"""A source that sends more than it may opens an incident for whoever owns it, and nobody else notices.

Any number of processes refuse, and each reports what it refuses, again and again. When no report has come for a
while the incident is over, whoever sees it first: the database knows the last report, also after a restart.
"""

import asyncio
import time

import structlog

from db.engine import Sessions
from db.noise import fingerprint_of, quiet_again
from domain.intake.signal import Action, Signal
from domain.intake.source import Source, SourceSettings
from gateway.intake.pipeline import Pipeline

logger = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
AGAIN_SECONDS = 30.0
"""While it stays noisy, each process says so so often; what it refuses in between is told with the next report."""
QUIET_SECONDS = 60.0
"""So long after the last report it is over; longer than any refusal waits to be told."""
ASK_SECONDS = 10.0
"""So often it is asked whether something is over."""


class Noise:
    """Counts refusals as they happen, and reports them a moment later."""

    def __init__(self, intake: Pipeline, sessions: Sessions) -> None:
        self._intake = intake
        self._sessions = sessions
        self._refused: dict[str, tuple[Source, int]] = {}
        self._reported: dict[str, float] = {}
        """When this process has reported a source, by its fingerprint."""

    def refused(self, source: Source) -> None:
        """A request of this source was refused. Never waits."""
        fingerprint = fingerprint_of(source.id)
        _, count = self._refused.get(fingerprint, (source, 0))
        self._refused[fingerprint] = (source, count + 1)

    async def run(self) -> None:
        """Report until cancelled."""
        asked = float("-inf")
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = time.monotonic()
            try:
                await self.report(now)
                if now - asked >= ASK_SECONDS:
                    await self.resolve(QUIET_SECONDS)
                    asked = now
            except Exception:  # the database may be away; what was refused meanwhile is still counted
                logger.exception("noise: not reported, trying again")

    async def report(self, now: float) -> None:
        """Report what was refused.

        Args:
            now: of the monotonic clock.
        """
        due = [one for one in self._refused if now - self._reported.get(one, float("-inf")) >= AGAIN_SECONDS]
        for fingerprint in due:
            source, count = self._refused[fingerprint]
            await self._intake.take([_too_much(source, count)], _watcher(_owner(source)))
            logger.warning("noise: a source sends too much", source=source.name, refused=count)
            self._reported[fingerprint] = now
            _, meanwhile = self._refused.pop(fingerprint)
            if meanwhile > count:
                self._refused[fingerprint] = (source, meanwhile - count)

    async def resolve(self, quiet_seconds: float) -> None:
        """Say of what was reported, by whichever process, that it is over when no report came for so long."""
        async with self._sessions() as session:
            over = await quiet_again(session, self._reported, quiet_seconds)
        note = f"nothing was refused for {quiet_seconds:.0f} s"
        for row in over:
            facts = {name: row[name] for name in ("title", "fingerprint", "labels")}
            signal = Signal(action=Action.RESOLVE, note=note, **facts)
            await self._intake.take([signal], _watcher(row["service_name"]))
            self._reported.pop(row["fingerprint"], None)


def _owner(source: Source) -> str | None:
    return source.settings.owner_service or source.settings.service_name


def _watcher(owner: str | None) -> Source:
    """Tocsin itself, reporting to the owner of a source."""
    return Source(name="tocsin", kind="tocsin", settings=SourceSettings(service_name=owner, auto_resolve=True))


def _too_much(source: Source, count: int) -> Signal:
    return Signal(
        title=f"Source '{source.name}' sends more than it may",
        description=f"{count} requests were refused with 429. What is refused is not kept: its sender must try again.",
        severity="SEV3_MEDIUM",
        fingerprint=fingerprint_of(source.id),
        labels={"source": source.name, "kind": source.kind},
    )
