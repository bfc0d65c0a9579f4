"""How fast somebody may send: a bucket of tokens that fills by itself."""


class Bucket:
    """Lets `burst` requests through at once, and `rate` for each second after that. Knows no clock of its own.

    `limits` counts in windows: a window that is full stays so until it is over. This one lets exactly the rate
    through, and can say when the next request will be.
    """

    __slots__ = ("_at", "_burst", "_level", "_rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        """Args: rate: per second. burst: at once. now: seconds of any clock that only goes forward."""
        self._rate = rate
        self._burst = burst
        self._level = burst
        self._at = now

    def take(self, now: float) -> float:
        """Take one; 0, or the seconds until one can be had, and then nothing was taken."""
        self._level = min(self._burst, self._level + (now - self._at) * self._rate)
        self._at = now
        if self._level >= 1:
            self._level -= 1
            return 0.0
        return (1 - self._level) / self._rate
