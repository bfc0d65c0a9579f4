"""Episodes of an alert: from when it fires until it is back to normal. Senders repeat themselves, and out of order."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

LATE_FOR = timedelta(minutes=15)
"""So long after an end was heard, what is older than it may still arrive: of the other half of a pair, or tried again.

After that the same start means that it fires again: Prometheus keeps the start of an alert which Alertmanager had lost
sight of, and had therefore called resolved.
"""


@dataclass(frozen=True, slots=True)
class History:
    """What is known of an alert's latest episodes; None is what its sender did not say, or what there was not."""

    started_at: datetime | None = None
    """When the latest episode began, as its sender says."""
    over_started_at: datetime | None = None
    """When the latest episode began that is over, as its sender says."""
    over_at: datetime | None = None
    """When that was heard, by our clock."""

    def comes_late(self, started_at: datetime | None, heard_at: datetime, *, starts_once: bool = False) -> bool:
        """Whether an alert that fires is of an episode that is over: what is over is not opened again by its own past.

        Args:
            started_at: when its episode began, as its sender says.
            heard_at: when it came, by our clock.
            starts_once: it never fires again by the same start.
        """
        if self.over_at is None or not _not_after(started_at, self.over_started_at):
            return False
        return starts_once or heard_at - self.over_at < LATE_FOR

    def ended_before(self, started_at: datetime | None, ended_at: datetime | None) -> bool:
        """Whether an end is that of an episode before the one that fires now. In doubt it is not: no end is lost.

        Args:
            started_at: when the episode began that ended, as its sender says.
            ended_at: when it ended, as its sender says.
        """
        if _not_after(started_at, self.over_started_at):
            if not _not_after(self.started_at, self.over_started_at):
                return True
            # It fires again by the same start: only an end that was heard before is an old one.
            return _not_after(ended_at, self.over_at)
        if self.started_at is None:
            return False
        if started_at is None:
            return ended_at is not None and ended_at < self.started_at
        # A pair may have seen one episode begin at two times: its end is after both.
        return started_at < self.started_at and (ended_at is None or ended_at <= self.started_at)

    def fires(self, started_at: datetime | None, *, was_firing: bool) -> "History":
        """When an alert fires, or fires again: what comes out of order does not make its start an earlier one."""
        if was_firing:
            started_at = _latest(started_at, self.started_at)
        return replace(self, started_at=started_at)

    def over_with(self, started_at: datetime | None) -> datetime | None:
        """The start of the latest episode that is over when the one that fires now is: the latest of those known."""
        return _latest(started_at, self.started_at, self.over_started_at)


def _latest(*starts: datetime | None) -> datetime | None:
    return max((start for start in starts if start is not None), default=None)


def _not_after(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and one <= other
