"""PagerDuty's Events API v2: what its clients send to `/v2/enqueue` and `/v2/change/enqueue`.

What is wrong with an event is said in PagerDuty's own style, for clients show those texts to people.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from api.formats.reading import (
    Body,
    Headers,
    Unreadable,
    at,
    each,
    first,
    headline,
    kept,
    labels,
    links,
    listed_links,
    moment,
    paragraphs,
    text,
)
from domain.alert import Link
from domain.intake.signal import Action, Signal, line
from domain.intake.verdict import SERVICE_LABELS

KEY_LENGTH = 32
MAX_DEDUP_KEY = 255
MAX_SUMMARY = 1024
_ACTIONS = {action.value: action for action in (Action.TRIGGER, Action.ACKNOWLEDGE, Action.RESOLVE)}
_SEVERITIES = ("critical", "warning", "error", "info")
_LONGEST_LABEL = 255
"""A longer detail, or one of several lines, is something to read: it goes into the description."""


class ChangeEvent(BaseModel):
    """Something was changed: a deploy, a switch. It notifies nobody."""

    model_config = ConfigDict(frozen=True)

    summary: str
    source: str | None = None
    timestamp: datetime | None = None
    """UTC; None when the sender did not say."""
    custom_details: dict[str, Any] = {}
    links: tuple[Link, ...] = ()
    raw: Any = None


def enqueue(body: Any) -> Signal:
    """The signal of an event. Call `errors_of` first for what PagerDuty would refuse; this one forgives.

    Raises:
        Unreadable: it is no object.
    """
    event = _event(body)
    payload, details = event.get("payload"), at(event, "payload", "custom_details")
    own = _labels(payload, details)
    action = _ACTIONS.get(text(event.get("event_action")).lower(), Action.TRIGGER)
    return Signal(
        action=action,
        title=_title(event),
        description=_description(details),
        severity=text(at(payload, "severity")) or None,
        service_name=None if any(own.get(name) for name in SERVICE_LABELS) else text(at(payload, "component")) or None,
        fingerprint=text(event.get("dedup_key")) or None,
        labels=own,
        links=_links(event),
        detected_at=moment(at(payload, "timestamp")),
        actor=None if action is Action.TRIGGER else text(event.get("client")) or None,
        raw=kept(_without_key(event)),
    )


def change(body: Any) -> ChangeEvent:
    """The change that an event tells of. Call `errors_of_change` first; this one forgives.

    Raises:
        Unreadable: it is no object.
    """
    event = _event(body)
    payload = event.get("payload")
    details = kept(at(payload, "custom_details"))
    return ChangeEvent(
        summary=line(_title(event), MAX_SUMMARY) or "Change without a summary",
        source=line(text(at(payload, "source")), 255) or None,
        timestamp=moment(at(payload, "timestamp")),
        custom_details=details if isinstance(details, dict) else {"details": details} if details else {},
        links=Signal(links=_links(event)).links,
        raw=kept(_without_key(event)),
    )


def errors_of(body: Any) -> list[str]:
    """What PagerDuty would say is wrong with an event; nothing when it would take it."""
    if not isinstance(body, Mapping):
        return ["Event must be a JSON object"]
    errors = _errors_of_key(body)
    action = body.get("event_action")
    if _blank(action):
        errors.append("'event_action' is missing or blank")
    elif not isinstance(action, str) or action not in _ACTIONS:
        errors.append("'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')")
    errors += _errors_of_dedup_key(body.get("dedup_key"), needed=action in ("acknowledge", "resolve"))
    if action == "trigger":
        errors += _errors_of_payload(body.get("payload"))
    return errors


def errors_of_change(body: Any) -> list[str]:
    """What PagerDuty would say is wrong with a change event; nothing when it would take it."""
    if not isinstance(body, Mapping):
        return ["Event must be a JSON object"]
    payload = body.get("payload")
    errors = _errors_of_key(body)
    if not isinstance(payload, Mapping):
        return [*errors, _not_an_object(payload)]
    return errors + _errors_of_summary(payload.get("summary"))


def _read(body: Body, _: Headers) -> list[Signal]:
    return [enqueue(body)]


def _event(body: Any) -> Body:
    if not isinstance(body, Mapping):
        raise Unreadable("body", "must be a JSON object with routing_key, event_action and payload")
    return body


def _title(event: Body) -> str:
    payload = event.get("payload")
    return text(at(payload, "summary")) or headline(payload) or headline(event) or text(event.get("dedup_key"))


def _labels(payload: object, details: object) -> dict[str, str]:
    fields = labels({name: at(payload, name) for name in ("source", "component", "group", "class")})
    short = {name: said for name, said in labels(details).items() if _is_short(said)}
    return fields | short


def _is_short(said: str) -> bool:
    return len(said) <= _LONGEST_LABEL and "\n" not in said


def _description(details: object) -> str:
    """The details that are no labels: long or nested ones, or one text in place of an object."""
    if not isinstance(details, Mapping):
        return text(details)
    long = [f"{name}:\n{said}" for name, said in labels(details).items() if not _is_short(said)]
    nested = [f"{name}:\n{lines}" for name, value in details.items() if (lines := _lines(value))]
    return paragraphs(*long, *nested)


def _lines(value: object) -> str:
    """An object inside the details, a line for each field."""
    return "\n".join(f"  {name}: {said}" for name, said in labels(value).items())


def _links(event: Body) -> tuple[Link, ...]:
    client = links((event.get("client_url"), first(event.get("client")) or "Client"))
    return listed_links(event.get("links")) + listed_links(event.get("images"), "Picture") + client


def _without_key(event: Body) -> Body:
    """The event without the key, which is the sender's secret."""
    return {name: value for name, value in event.items() if name != "routing_key"}


def _blank(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, str) and not value.strip())


def _errors_of_key(body: Body) -> list[str]:
    key = body.get("routing_key")
    if _blank(key):
        return ["'routing_key' is missing or blank"]
    if not isinstance(key, str) or len(key) != KEY_LENGTH:
        return [f"Length of 'routing_key' is incorrect (should be {KEY_LENGTH} characters)"]
    return []


def _errors_of_dedup_key(key: object, *, needed: bool) -> list[str]:
    if _blank(key):
        return ["'dedup_key' is missing or blank"] if needed else []
    if not isinstance(key, str):
        return ["'dedup_key' must be a string"]
    if len(key) > MAX_DEDUP_KEY:
        return [f"Length of 'dedup_key' is incorrect (should be at most {MAX_DEDUP_KEY} characters)"]
    return []


def _errors_of_payload(payload: object) -> list[str]:
    if not isinstance(payload, Mapping):
        return [_not_an_object(payload)]
    errors = _errors_of_summary(payload.get("summary"))
    source, severity = payload.get("source"), payload.get("severity")
    if _blank(source):
        errors.append("'payload.source' is missing or blank")
    elif not isinstance(source, str):
        errors.append("'payload.source' must be a string")
    if _blank(severity):
        errors.append("'payload.severity' is missing or blank")
    elif severity not in _SEVERITIES:
        errors.append(
            "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')"
        )
    return errors


def _errors_of_summary(summary: object) -> list[str]:
    if _blank(summary):
        return ["'payload.summary' is missing or blank"]
    if not isinstance(summary, str):
        return ["'payload.summary' must be a string"]
    if len(summary) > MAX_SUMMARY:
        return [f"Length of 'payload.summary' is incorrect (should be at most {MAX_SUMMARY} characters)"]
    return []


def _not_an_object(payload: object) -> str:
    return "'payload' is missing or blank" if _blank(payload) else "'payload' must be an object"


read = each(_read)
