"""Prometheus Alertmanager's webhook, version 4: a group of alerts, each with a state of its own."""

from api.formats.reading import (
    Body,
    Headers,
    action_of,
    at,
    each,
    first,
    headline,
    kept,
    known_action,
    labels,
    links,
    moment,
    objects,
    paragraphs,
    text,
)
from domain.alert import Link
from domain.intake.signal import Action, Signal

_LINK_TEXTS = {"runbook_url": "Runbook", "dashboard_url": "Dashboard"}


def _read(group: Body, _: Headers) -> list[Signal]:
    return [signal_of(alert, group) for alert in alerts_of(group)]


def alerts_of(group: Body) -> list[Body]:
    """The alerts of a group. Without a list of them the group speaks for itself: an alert must not be lost."""
    found = [alert for alert in objects(group.get("alerts")) if alert]
    return found or [group]


def signal_of(alert: Body, group: Body, more: tuple[Link, ...] = (), lines: str = "", sender: str = "") -> Signal:
    """One alert of a group.

    Args:
        alert: the alert.
        group: what it came in; what all alerts share stands in for what this one lacks.
        more: further links.
        lines: what the description says besides.
        sender: the program behind `externalURL`.
    """
    own = labels(group.get("commonLabels")) | labels(alert.get("labels"))
    notes = labels(group.get("commonAnnotations")) | labels(alert.get("annotations"))
    title = first(notes.get("summary"), notes.get("title"), notes.get("message"), _named(own), headline(notes))
    said = first(notes.get("description"), notes.get("message"))
    action = action_of(_state(alert) or _state(group))
    return Signal(
        action=action,
        title=title or headline(alert) or headline(group),
        description=paragraphs("" if said == title else said, lines, _truncated(group)),
        severity=first(own.get("severity"), own.get("priority"), notes.get("severity")) or None,
        fingerprint=first(alert.get("fingerprint"), alert.get("groupKey")) or None,
        labels=own,
        links=_links(alert, notes) + more + links((group.get("externalURL"), sender or "Alertmanager")),
        started_at=moment(alert.get("startsAt")),
        # Of one that fires it is when it would be over by itself.
        ended_at=moment(alert.get("endsAt")) if action is Action.RESOLVE else None,
        raw=kept(alert),
    )


def _state(alert: Body) -> str:
    """The state that an alert or a group has, if it is one that is known."""
    word = text(alert.get("status")).lower()
    return word if word == "firing" or known_action(word) else ""


def _named(own: dict[str, str]) -> str:
    """The rule's name, and what tells this alert from others of the rule."""
    name = own.get("rulename") or own.get("alertname", "")
    where = own.get("instance") or own.get("pod") or own.get("host") or ""
    return f"{name} ({where})" if name and where else name


def _links(alert: Body, notes: dict[str, str]) -> tuple[Link, ...]:
    found = [(notes[name], label) for name, label in _LINK_TEXTS.items() if name in notes]
    found += [(said, name) for name, said in notes.items() if name.lower().endswith("url") and name not in _LINK_TEXTS]
    return links(*found, (at(alert, "generatorURL"), "Alert rule"))


def _truncated(group: Body) -> str:
    count = text(group.get("truncatedAlerts"))
    if not count.isdecimal() or set(count) == {"0"}:
        return ""
    return f"{count[:12]} more alerts of this group were left out by the sender (max_alerts)."


read = each(_read)
