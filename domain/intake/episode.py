"""Episodes of one alert: it fires, goes back to normal, fires again. Senders repeat themselves, and out of order."""

from datetime import datetime


def is_past(started_at: datetime | None, over_started_at: datetime | None) -> bool:
    """Whether a signal is about an episode that is over: what is over is not opened again by its own past.

    Args:
        started_at: when the signal's episode began; None of senders who do not say.
        over_started_at: when the latest episode began that is known to be over.
    """
    return started_at is not None and over_started_at is not None and started_at <= over_started_at


def latest(*starts: datetime | None) -> datetime | None:
    """The latest of those that are known: two servers of a pair may have seen one episode begin at different times."""
    return max((start for start in starts if start is not None), default=None)
