"""The plain format, for whoever can write their own body: one alert, a list of them, or `{"alerts": [...]}`."""

from collections.abc import Mapping
from typing import Any

from api.formats.reading import (
    Body,
    Headers,
    action_of,
    each,
    first,
    headline,
    kept,
    labels,
    listed_links,
    moment,
    objects,
    tags,
    text,
)
from domain.intake.signal import Action, Signal

_STATES = ("status", "state", "event_action", "action")
_KEYS = ("dedup_key", "fingerprint", "deduplication_key", "dedupKey", "alias", "alert_id")
_SEVERITIES = ("severity", "priority", "level")
_SERVICES = ("service", "service_name", "serviceName")
_DESCRIPTIONS = ("description", "details", "body", "message", "text")
_TIMES = ("detected_at", "timestamp", "time", "date", "created_at")
_DEPTH = 6


def _read(body: Body, _: Headers) -> list[Signal]:
    found = [alert for alert in objects(body.get("alerts")) if alert]
    return [_signal(alert) for alert in found] or [_signal(body)]


def _signal(alert: Body) -> Signal:
    own = labels(alert.get("labels")) or tags(alert.get("labels"))
    own = tags(alert.get("tags")) | own
    source = text(alert.get("source"))
    title = headline(alert) or _first_text(alert)
    said = _one_of(alert, _DESCRIPTIONS)
    action = action_of(_one_of(alert, _STATES))
    return Signal(
        action=action,
        title=title,
        description="" if said == title else said,
        severity=_one_of(alert, _SEVERITIES) or own.get("severity"),
        service_name=_one_of(alert, _SERVICES) or None,
        fingerprint=_one_of(alert, _KEYS) or None,
        labels=({"source": source} if source else {}) | own,
        links=listed_links(alert.get("links")) + listed_links([alert.get("url"), alert.get("link")]),
        detected_at=moment(*(alert.get(name) for name in _TIMES)),
        started_at=moment(alert.get("started_at"), alert.get("startsAt")),
        ended_at=moment(alert.get("ended_at"), alert.get("endsAt")) if action is Action.RESOLVE else None,
        note=text(alert.get("note")),
        actor=first(alert.get("actor"), alert.get("user")) or None,
        raw=kept(alert),
    )


def _one_of(alert: Body, names: tuple[str, ...]) -> str:
    return first(*(alert.get(name) for name in names))


def _first_text(value: Any, depth: int = 0) -> str:
    """The first string of a body that has nothing like a title."""
    if isinstance(value, str):
        return text(value)
    if depth > _DEPTH:
        return ""
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return next((said for item in items if (said := _first_text(item, depth + 1))), "")


read = each(_read)
