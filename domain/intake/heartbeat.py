"""Heartbeats: the dead-man's switch of a source, and what is reported when its pings stay away or return.

A switch is armed by its first ping, not before: whoever sets one up gets no incident while nothing sends yet.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.intake.signal import Action, Signal
from domain.intake.source import Source

FINGERPRINT = "heartbeat"
LABEL = "heartbeat"


class Standing(StrEnum):
    """How a heartbeat stands."""

    WAITING = "waiting"
    """For its first ping."""
    OK = "ok"
    MISSING = "missing"


class Switch(BaseModel):
    """An armed switch. Times are UTC."""

    model_config = ConfigDict(frozen=True)

    source_id: UUID
    source: str
    period_seconds: int
    grace_seconds: int = 0
    last_ping_at: datetime
    missing_since: datetime | None = None
    """Set while its incident is reported: from when on a ping was overdue."""

    @property
    def patience_seconds(self) -> int:
        """So long after a ping the next one is due at the latest."""
        return self.period_seconds + self.grace_seconds

    @property
    def due_at(self) -> datetime:
        """When it runs out unless a ping sets it back."""
        return self.last_ping_at + timedelta(seconds=self.patience_seconds)

    def is_overdue(self, now: datetime) -> bool:
        """Whether it has run out."""
        return self.due_at <= now

    def standing(self, now: datetime) -> Standing:
        """As people are shown it, also while the workflow that reports it is away."""
        return Standing.MISSING if self.is_overdue(now) else Standing.OK


def span(seconds: int) -> str:
    """A length of time as people say it: `5 min`, `1 h 30 min`."""
    parts = []
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"


def is_report(signal: Signal) -> bool:
    """Whether Tocsin itself says this of a heartbeat: senders' signals come with a body."""
    return signal.raw is None and signal.fingerprint == FINGERPRINT and LABEL in signal.labels


def reporting(source: Source) -> Source:
    """The source as its heartbeat reports: a return always resolves, and one missing heartbeat is enough to page."""
    settings = source.settings.model_copy(update={"auto_resolve": True, "threshold": None})
    return source.model_copy(update={"settings": settings})


def missing(switch: Switch, source: Source, at: datetime, unknown_service: str) -> Signal:
    """What is reported when a switch was found to have run out.

    The instant at which it was found tells one episode from the next, so that a report that is repeated late opens
    nothing again.
    """
    last, due = (f"{at:%Y-%m-%d %H:%M:%S} UTC" for at in (switch.last_ping_at, switch.due_at))
    return Signal(
        action=Action.TRIGGER,
        title=f"No heartbeat from {source.name} for {span(switch.patience_seconds)}",
        description=f"The last ping came at {last}; the next one was due by {due}.",
        severity=source.settings.heartbeat_severity.value,
        service_name=source.settings.service_name or source.settings.owner_service or unknown_service,
        fingerprint=FINGERPRINT,
        labels={LABEL: source.name},
        detected_at=switch.due_at,
        started_at=at,
    )


def returned(source: Source, note: str) -> Signal:
    """What is reported when pings return, or are no longer waited for."""
    return Signal(
        action=Action.RESOLVE,
        title=f"Heartbeat from {source.name}",
        service_name=source.settings.service_name or source.settings.owner_service,
        fingerprint=FINGERPRINT,
        labels={LABEL: source.name},
        note=note,
    )
