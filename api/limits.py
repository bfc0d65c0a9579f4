"""The rate of each source and token in this process (CONTRACT: TOCSIN_RATE_LIMIT, TOCSIN_RATE_BURST)."""

from collections import Counter, OrderedDict
from collections.abc import Callable

from config.settings import Settings
from domain.intake.source import Source
from domain.rate import Bucket

MOST_BUCKETS = 10_000
NO_SOURCE = "api token"


class Limits:
    """A bucket for each source, and for each token."""

    def __init__(self, settings: Settings, on_refusal: Callable[[Source], None]) -> None:
        """Args: on_refusal: hears of each request of a source that was refused, and must not wait."""
        self._rate = settings.rate_limit
        self._burst = settings.rate_burst
        self._on_refusal = on_refusal
        self.refused: Counter[str] = Counter()
        """Requests that were refused, by source."""
        self._buckets: OrderedDict[str, tuple[Bucket, float, float]] = OrderedDict()

    def wait(self, credential: str, source: Source | None, now: float) -> float:
        """Count one request: 0 when it may pass, else the seconds to wait.

        Args:
            credential: the token, or the key of the source.
            source: when it is a source's key; its own limits go before the settings'.
            now: of the monotonic clock.
        """
        rate, burst = self._rate, float(self._burst)
        if source is not None:
            rate = source.settings.rate_limit or rate
            burst = float(source.settings.rate_burst or burst)
        held = self._buckets.get(credential)
        if held is None or held[1:] != (rate, burst):
            held = self._buckets[credential] = (Bucket(rate, burst, now), rate, burst)
            if len(self._buckets) > MOST_BUCKETS:
                self._buckets.popitem(last=False)
        seconds = held[0].take(now)
        if seconds > 0:
            self.refused[source.name if source else NO_SOURCE] += 1
            if source is not None:
                self._on_refusal(source)
        return seconds
