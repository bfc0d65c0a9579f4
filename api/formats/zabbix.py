"""Zabbix's webhook media type, with the body that docs/integrations.md gives.

A user may have written another one. A macro that Zabbix has no value for comes as `{MACRO}` or `*UNKNOWN*`; both are
passed over.
"""

import json
import re
from contextlib import suppress

from api.formats.reading import (
    Body,
    Headers,
    each,
    first,
    headline,
    kept,
    labels,
    links,
    moment,
    paragraphs,
    tags,
    text,
)
from domain.intake.signal import Action, Signal
from domain.intake.verdict import SERVICE_LABELS

_EMPTY = re.compile(r"^(?:\{[A-Z0-9_.$#]+\}|\*UNKNOWN\*)$")
_SEVERITIES = {"0": "Not classified", "1": "Information", "2": "Warning", "3": "Average", "4": "High", "5": "Disaster"}
"""Zabbix's numbers go up with the trouble, everybody else's go down: they must not be taken for the words 1 to 5."""


def _read(body: Body, _: Headers) -> list[Signal]:
    own = _tags(body) | _more_labels(body)
    who = _said(body, "update_user", "user", "user_fullname")
    action = _action(body)
    return [
        Signal(
            action=action,
            title=_said(body, "trigger_name", "event_name", "alert_subject", "subject", "title")
            or headline(body)
            or _said(body, "host", "host_name"),
            description=paragraphs(
                _said(body, "trigger_description", "description"), _said(body, "alert_message"), _items(body)
            ),
            severity=_severity(body),
            service_name=None if any(own.get(name) for name in SERVICE_LABELS) else own.get("host"),
            fingerprint=_said(body, "trigger_id", "triggerid", "event_id", "eventid") or None,
            labels=own,
            links=links((_said(body, "event_url", "url"), "Zabbix"), (_said(body, "trigger_url"), "Trigger")),
            started_at=moment(_said(body, "event_timestamp")),
            ended_at=moment(_said(body, "event_recovery_timestamp")) if action is Action.RESOLVE else None,
            note=_said(body, "update_message", "acknowledge_message"),
            actor=who or None,
            raw=kept(body),
        )
    ]


def _said(body: Body, *names: str) -> str:
    """The first of some fields that Zabbix filled in."""
    return next((said for name in names if (said := text(body.get(name))) and not _EMPTY.match(said[:100])), "")


def _action(body: Body) -> Action:
    """An update is told from a problem by its own macro: `{EVENT.UPDATE.STATUS}` is 1 there."""
    value, status = _said(body, "event_value"), _said(body, "status", "event_status").upper()
    if value == "0" or (value != "1" and status in {"OK", "RESOLVED", "RECOVERY"}):
        return Action.RESOLVE
    if _said(body, "event_update_status") != "1":
        return Action.TRIGGER
    what = first(_said(body, "update_action", "event_update_action")).lower()
    return Action.ACKNOWLEDGE if re.search(r"(?<!un)acknowledged\b", what) else Action.NOTE


def _severity(body: Body) -> str | None:
    word = _said(body, "severity", "trigger_severity", "event_severity")
    if not word or word.isdecimal():
        word = _SEVERITIES.get(first(_said(body, "event_nseverity", "nseverity"), word), "")
    return word or None


def _tags(body: Body) -> dict[str, str]:
    """The event's tags: the JSON of `{EVENT.TAGSJSON}` as a value or as text, or the text of `{EVENT.TAGS}`."""
    for value in (body.get("tags"), body.get("event_tags")):
        if isinstance(value, str):
            if _EMPTY.match(value[:100]):
                continue
            with suppress(ValueError, RecursionError):
                value = json.loads(value)
        if found := tags(value):
            return found
    return {}


def _more_labels(body: Body) -> dict[str, str]:
    return labels(
        {
            "host": _said(body, "host", "host_name", "hostname"),
            "host_ip": _said(body, "host_ip"),
            "host_group": _said(body, "host_group", "host_groups"),
            "event_id": _said(body, "event_id", "eventid"),
        }
    )


def _items(body: Body) -> str:
    """What was measured."""
    value = _said(body, "item_value")
    return f"{_said(body, 'item_name') or 'Value'}: {value}" if value else ""


read = each(_read)
