"""Datadog's webhook, with the body that docs/integrations.md gives; a user may have written another."""

import re

from api.formats.reading import (
    Body,
    Headers,
    each,
    first,
    headline,
    kept,
    links,
    moment,
    paragraphs,
    tags,
    text,
)
from domain.intake.signal import Action, Signal

_MARKS = re.compile(
    r"^(?:\[(?:P[1-5]|(?:Re-)?(?:Triggered|Warn|No Data)|Recovered|Renotify|Monitor Alert|TEST)\b[^\]]*\]\s*)+", re.I
)
_RECOVERED = re.compile(r"\[Recovered\b", re.I)


def _read(body: Body, _: Headers) -> list[Signal]:
    title = _said(body, "title", "event_title", "alert_title")
    own = tags(_said(body, "scope", "alert_scope")) | tags(body.get("tags"))
    own.pop("*", None)  # the scope of a monitor over everything
    return [
        Signal(
            action=_action(body, title),
            title=_MARKS.sub("", title) or title or headline(body),
            description=paragraphs(_said(body, "body", "event_msg", "message").replace("%%%", "")),
            severity=_severity(body),
            fingerprint=_fingerprint(body),
            labels=own | _more_labels(body),
            links=links((body.get("url"), "Datadog"), (body.get("link"), "Datadog"), (body.get("snapshot"), "Graph")),
            detected_at=moment(body.get("date"), body.get("last_updated")),
            raw=kept(body),
        )
    ]


def _said(body: Body, *names: str) -> str:
    """The first of some fields that Datadog filled in: a variable that it does not know stays as `$NAME`."""
    return next((said for name in names if (said := text(body.get(name))) and not said.startswith("$")), "")


def _action(body: Body, title: str) -> Action:
    """A no-data alert and a reminder are triggers too; recovery has one word."""
    transition = _said(body, "transition", "alert_transition").lower()
    if transition and transition != "null":
        return Action.RESOLVE if transition == "recovered" else Action.TRIGGER
    recovered = _said(body, "alert_type").lower() == "success" or _RECOVERED.search(title[:200])
    return Action.RESOLVE if recovered else Action.TRIGGER


def _severity(body: Body) -> str | None:
    """The monitor's priority; without one, whether it is an error or a warning."""
    kind = _said(body, "alert_type").lower()
    return first(_said(body, "priority", "alert_priority"), "" if kind == "success" else kind) or None


def _fingerprint(body: Body) -> str | None:
    monitor = _said(body, "monitor_id", "alert_id")
    scope = _said(body, "scope", "alert_scope")
    return first(_said(body, "cycle_key"), _said(body, "aggreg_key"), f"{monitor}:{scope}" if monitor else "") or None


def _more_labels(body: Body) -> dict[str, str]:
    named = {"monitor_id": _said(body, "monitor_id", "alert_id"), "host": _said(body, "hostname")}
    return {name: said for name, said in named.items() if said}


read = each(_read)
