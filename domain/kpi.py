"""The figures of incident response. A missing or impossible input gives None, never 0 (REQUIREMENTS H)."""

from collections.abc import Sequence
from datetime import datetime


def seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """Seconds from start to end; None when either is missing or the end comes first."""
    if start is None or end is None or end < start:
        return None
    return (end - start).total_seconds()


def mttd_seconds(detected_at: datetime | None, created_at: datetime | None) -> float | None:
    """Time to detect: from what monitoring saw to the incident."""
    return seconds_between(detected_at, created_at)


def mtta_seconds(created_at: datetime | None, acknowledged_at: datetime | None) -> float | None:
    """Time to acknowledge."""
    return seconds_between(created_at, acknowledged_at)


def mttr_seconds(created_at: datetime | None, resolved_at: datetime | None) -> float | None:
    """Time to resolve."""
    return seconds_between(created_at, resolved_at)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The percentile of a list by linear interpolation between the closest ranks (as numpy's default).

    Args:
        values: in any order.
        share: 0 to 1.
    """
    if not values:
        return None
    ordered = sorted(values)
    position = (len(ordered) - 1) * share
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def mean(values: Sequence[float]) -> float | None:
    """The mean; None of nothing."""
    return sum(values) / len(values) if values else None
