"""The key under which an alert opens or joins an incident (DESIGN, Correlation; REQUIREMENTS X-01).

Keys of different kinds never absorb each other, for each begins with its kind.
"""

import hashlib
import json
from typing import NamedTuple
from uuid import UUID

from domain.alert import Alert, service_key
from domain.intake.source import Correlation, Preset, Source

MAX_KEY = 900
SPLIT_PREFIX = "split:"
"""Of the keys that alerts get when they are split off by hand, or when their own key leads to another incident."""


class Key(NamedTuple):
    """A correlation key, and how long after its last alert it absorbs; None: as long as the incident is open."""

    text: str
    window_seconds: int | None


def key_of(
    alert: Alert,
    service_id: UUID,
    source: Source,
    correlation: Correlation,
    chosen: str | None,
    known: bool,
    window_seconds: int,
) -> Key:
    """The key of an alert that came through a source's door.

    Args:
        alert: with its service and severity as they were decided.
        service_id: the service, or the one of alerts that nobody knows.
        source: a source's fingerprints are its own.
        correlation: the preset of source or rule.
        chosen: the key that a rule chose, which goes before everything.
        known: whether the catalogue knows the service.
        window_seconds: of `service+severity` keys that have none of their own.
    """
    if chosen:
        return Key(_short(f"{source.scope}rule:{chosen}"), correlation.window_seconds)
    service = service_key(alert.model_copy(update={"fingerprint": None}), service_id, known=known)
    match correlation.preset:
        case Preset.FINGERPRINT if alert.fingerprint is not None:
            return Key(str(fingerprint_key(source, alert)), correlation.window_seconds)
        case Preset.SERVICE:
            return Key(service, correlation.window_seconds)
        case Preset.LABELS:
            values = json.dumps([[name, alert.labels.get(name, "")] for name in correlation.labels], ensure_ascii=False)
            return Key(_short(f"labels:{service}:{values}"), correlation.window_seconds)
        case Preset.SERVICE_SEVERITY | Preset.FINGERPRINT:
            return Key(f"severity:{alert.severity}:{service}", correlation.window_seconds or window_seconds)


def fingerprint_key(source: Source, alert: Alert) -> str | None:
    """The key of a sender's fingerprint; None without one."""
    return None if alert.fingerprint is None else f"{source.scope}fingerprint:{alert.fingerprint}"


def _short(key: str) -> str:
    """A key that is too long for its column is replaced by its hash, never cut into another's."""
    if len(key) <= MAX_KEY:
        return key
    return f"{key[:100]}#{hashlib.sha256(key.encode()).hexdigest()}"
