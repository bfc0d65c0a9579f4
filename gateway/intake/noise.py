"""A source that sends more than it may opens an incident for whoever owns it, and nobody else notices."""

import asyncio
import time

import structlog

from domain.intake.signal import Action, Signal
from domain.intake.source import Source, SourceSettings
from gateway.intake.pipeline import Pipeline

logger = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
QUIET_SECONDS = 60.0
"""After so long without a refusal the source is no longer noisy."""
AGAIN_SECONDS = 60.0
"""While it stays noisy, the incident hears of it so often."""


class Noise:
    """Counts refusals as they happen, and reports them a moment later."""

    def __init__(self, intake: Pipeline) -> None:
        self._intake = intake
        self._refused: dict[str, tuple[Source, int]] = {}
        self._noisy: dict[str, tuple[Source, float, float]] = {}
        """Sources that were reported: the last refusal, and the last report."""

    def refused(self, source: Source) -> None:
        """A request of this source was refused. Never waits."""
        _, count = self._refused.get(source.name, (source, 0))
        self._refused[source.name] = (source, count + 1)

    async def run(self) -> None:
        """Report until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look(time.monotonic())
            except Exception:  # the database may be away; what was refused meanwhile is still counted
                logger.exception("noise: not reported, trying again")

    async def _look(self, now: float) -> None:
        for name, (source, count) in list(self._refused.items()):
            *_, reported = self._noisy.get(name, (source, now, float("-inf")))
            if now - reported >= AGAIN_SECONDS:
                await self._intake.take([_too_much(source, count)], _watcher(source))
                logger.warning("noise: a source sends too much", source=name, refused=count)
                reported = now
            del self._refused[name]
            self._noisy[name] = (source, now, reported)
        for name, (source, last, _) in list(self._noisy.items()):
            if now - last >= QUIET_SECONDS:
                await self._intake.take([_quiet_again(source)], _watcher(source))
                del self._noisy[name]


def _watcher(source: Source) -> Source:
    """Tocsin itself, reporting to the owner of the source."""
    owner = source.settings.owner_service or source.settings.service_name
    return Source(name="tocsin", kind="tocsin", settings=SourceSettings(service_name=owner, auto_resolve=True))


def _too_much(source: Source, count: int) -> Signal:
    return Signal(
        title=f"Source '{source.name}' sends more than it may",
        description=f"{count} requests were refused with 429. What is refused is not kept: its sender must try again.",
        severity="SEV3_MEDIUM",
        fingerprint=f"noisy:{source.id}",
        labels={"source": source.name, "kind": source.kind},
    )


def _quiet_again(source: Source) -> Signal:
    return _too_much(source, 0).model_copy(
        update={"action": Action.RESOLVE, "note": f"nothing was refused for {QUIET_SECONDS:.0f} s"}
    )
