"""Sentry's integration platform: event alerts, metric alerts, issues and comments; and its old webhook plugin."""

import re
from collections.abc import Mapping

from api.formats.reading import (
    Body,
    Headers,
    at,
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

_PROJECT = re.compile(r"/projects/[^/]+/([^/]+)/")
_ISSUE_NOTES = {"ignored", "archived", "assigned"}
"""Somebody looked at it; whether it is over is not said."""


def _read(body: Body, headers: Headers) -> list[Signal]:
    kind = _kind(body, headers)
    if kind == "installation":
        return []
    readers = {"metric_alert": _metric_alert, "issue": _issue, "comment": _comment, "plugin": _plugin}
    return [readers.get(kind, _event)(body)]


def _kind(body: Body, headers: Headers) -> str:
    """What the body is about, by what it holds; by Sentry's header where that does not tell."""
    data = body.get("data")
    if isinstance(data, Mapping):
        for name in ("metric_alert", "issue", "event", "error", "comment"):
            if isinstance(data.get(name), Mapping) or (name == "comment" and name in data):
                return name
    if "data" not in body and ("project_slug" in body or "triggering_rules" in body):
        return "plugin"
    named = text(headers.get("sentry-hook-resource"))
    if named:
        return named
    return "metric_alert" if at(data, "description_title") else "installation" if at(data, "installation") else ""


def _event(body: Body) -> Signal:
    """A rule found an event worth telling; that never resolves by itself, its issue does."""
    data = body.get("data")
    event = at(data, "event") or at(data, "error") or {}
    own = tags(at(event, "tags")) | _named(event, "environment", "platform", "release")
    slug = _PROJECT.search(first(at(event, "url"), at(event, "issue_url"))[:2000])
    project = first(slug[1] if slug else "", at(event, "project_slug"))
    return Signal(
        title=first(at(event, "title"), at(event, "message"), at(data, "issue_alert", "title"), _rule(data))
        or headline(event)
        or headline(data),
        description=paragraphs(at(event, "culprit"), at(event, "message"), _rule(data) and f"Rule: {_rule(data)}"),
        severity=text(at(event, "level")) or None,
        severity_is_level=True,
        service_name=_service(own, project),
        fingerprint=first(at(event, "issue_id"), at(event, "groupID")) or None,
        labels=own | _project_label(project),
        links=links((at(event, "web_url"), "Sentry"), (at(event, "issue_url"), "Issue (API)")),
        detected_at=moment(at(event, "datetime"), at(event, "timestamp"), at(event, "received")),
        raw=kept(body),
    )


def _rule(data: object) -> str:
    return first(at(data, "triggered_rule"), at(data, "issue_alert", "title"))


def _metric_alert(body: Body) -> Signal:
    data = body.get("data")
    alert = at(data, "metric_alert")
    projects = at(alert, "projects")
    project = first(*projects) if isinstance(projects, list) else text(projects)
    state = text(body.get("action")).lower()
    over = state == "resolved" or (not state and text(at(data, "description_title")).lower().startswith("resolved"))
    return Signal(
        action=Action.RESOLVE if over else Action.TRIGGER,
        title=first(at(alert, "title"), at(alert, "alert_rule", "name"), at(data, "description_title"))
        or headline(alert),
        description=paragraphs(at(data, "description_text")),
        severity=state if state in {"critical", "warning"} else None,
        service_name=project or None,
        fingerprint=first(at(alert, "id"), at(alert, "identifier"), at(alert, "alert_rule", "id")) or None,
        labels=_named(at(alert, "alert_rule"), "environment", "dataset") | _project_label(project),
        links=links((at(data, "web_url"), "Sentry")),
        started_at=moment(at(alert, "date_started")),
        ended_at=moment(at(alert, "date_closed")) if over else None,
        detected_at=moment(at(alert, "date_detected"), at(alert, "date_created")),
        raw=kept(body),
    )


def _issue(body: Body) -> Signal:
    issue = at(body, "data", "issue")
    action, status = text(body.get("action")).lower(), text(at(issue, "status")).lower()
    # Of what an alert on an issue's activity tells, its action says nothing but `triggered`.
    what = status if action == "triggered" and status else action or status
    project = first(at(issue, "project", "slug"), at(issue, "project", "name"))
    wanted = Action.NOTE if what in _ISSUE_NOTES else Action.RESOLVE if what == "resolved" else Action.TRIGGER
    who = first(at(body, "actor", "name"), at(body, "actor", "email"))
    return Signal(
        action=wanted,
        title=first(at(issue, "title"), at(issue, "metadata", "title"), at(issue, "metadata", "value"))
        or headline(issue),
        description=paragraphs(at(issue, "culprit"), at(issue, "metadata", "value")),
        severity=text(at(issue, "level")) or None,
        severity_is_level=True,
        service_name=project or None,
        fingerprint=text(at(issue, "id")) or None,
        labels=_named(issue, "shortId", "platform") | _project_label(project),
        links=links((at(issue, "permalink"), "Sentry"), (at(issue, "web_url"), "Sentry")),
        detected_at=moment(at(issue, "lastSeen" if what == "unresolved" else "firstSeen")),
        note="" if wanted is Action.TRIGGER else f"Sentry: {what}" + (f" by {who}" if who else ""),
        actor=who or None,
        raw=kept(body),
    )


def _comment(body: Body) -> Signal:
    data = body.get("data")
    return Signal(
        action=Action.NOTE,
        title=first(at(data, "comment")) or headline(data),
        service_name=text(at(data, "project_slug")) or None,
        fingerprint=text(at(data, "issue_id")) or None,
        detected_at=moment(at(data, "timestamp")),
        note=text(at(data, "comment")),
        actor=text(at(body, "actor", "name")) or None,
        raw=kept(body),
    )


def _plugin(body: Body) -> Signal:
    """The legacy plugin "WebHooks", which self-hosted installations still have."""
    event = body.get("event")
    own = tags(at(event, "tags"))
    project = first(body.get("project_slug"), body.get("project"), body.get("project_name"))
    return Signal(
        title=first(at(event, "title"), body.get("message"), at(event, "message")) or headline(body),
        description=paragraphs(body.get("culprit"), body.get("message")),
        severity=first(body.get("level"), at(event, "level")) or None,
        severity_is_level=True,
        service_name=_service(own, project),
        fingerprint=text(body.get("id")) or None,
        labels=own | _project_label(project),
        links=links((body.get("url"), "Sentry")),
        detected_at=moment(at(event, "datetime"), at(event, "timestamp"), at(event, "received")),
        raw=kept(body),
    )


def _service(own: Mapping[str, str], project: str) -> str | None:
    """The project, unless a tag names the service."""
    return None if any(own.get(name) for name in SERVICE_LABELS) else project or None


def _project_label(project: str) -> dict[str, str]:
    return {"project": project} if project else {}


def _named(value: object, *names: str) -> dict[str, str]:
    """Some of an object's fields as labels."""
    return labels({name: at(value, name) for name in names})


read = each(_read)
