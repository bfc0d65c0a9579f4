"""UptimeRobot's webhook: JSON, or form or query parameters, where everything is text."""

import re

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

_EMPTY = re.compile(r"^\*\w+\*$")
_TYPES = {"1": Action.TRIGGER, "2": Action.RESOLVE, "3": Action.TRIGGER, "98": Action.NOTE, "99": Action.NOTE}
"""Down, up, a certificate that expires, started, paused."""
_FRIENDLY = {"down": "1", "up": "2", "ssl expiry": "3", "ssl": "3", "started": "98", "paused": "99"}
_WORDS = {"1": "is down", "2": "is up", "98": "is watched again", "99": "is not watched any more"}


def _read(body: Body, _: Headers) -> list[Signal]:
    kind = _said(body, "alertType")
    kind = kind if kind in _TYPES else _FRIENDLY.get(_said(body, "alertTypeFriendlyName").lower(), "1")
    name = first(_said(body, "monitorFriendlyName"), _said(body, "monitorURL"))
    details = _said(body, "alertDetails")
    own = tags(_said(body, "monitorTags")) | labels({"group": _said(body, "monitorGroup")})
    named = any(own.get(label) for label in SERVICE_LABELS)
    return [
        Signal(
            action=_TYPES[kind],
            title=_title(name, kind, body) if name else details or headline(body),
            description=paragraphs(details, _duration(body)),
            severity="warning" if kind == "3" else None,
            service_name=None if named else _said(body, "monitorFriendlyName") or None,
            fingerprint=_fingerprint(body, kind),
            labels=own,
            links=links(
                (_said(body, "monitorURL"), "What is watched"), (_said(body, "monitorDashboardURL"), "Monitor")
            ),
            detected_at=moment(_said(body, "alertDateTime")),
            raw=kept(body),
        )
    ]


def _said(body: Body, name: str) -> str:
    """A field that UptimeRobot filled in: a variable without a value stays as `*name*`."""
    said = text(body.get(name))
    return "" if _EMPTY.match(said[:100]) else said


def _title(name: str, kind: str, body: Body) -> str:
    if kind != "3":
        return f"{name[:400]} {_WORDS[kind]}"
    days = _said(body, "sslExpiryDaysLeft")
    return f"The certificate of {name[:400]} expires" + (f" in {days[:10]} days" if days else " soon")


def _duration(body: Body) -> str:
    seconds = _said(body, "alertDuration")
    return f"It lasted {seconds[:20]} seconds." if seconds.isdecimal() and seconds.strip("0") else ""


def _fingerprint(body: Body, kind: str) -> str | None:
    """The monitor; its certificate is another alert, which its being up does not end."""
    monitor = first(_said(body, "monitorID"), _said(body, "monitorURL"), _said(body, "monitorFriendlyName"))
    return f"{monitor}:ssl" if monitor and kind == "3" else monitor or None


read = each(_read)
