"""Grafana's webhook: the unified alerting of today, and the legacy alerting before Grafana 11."""

import re

from api.formats.alertmanager import alerts_of, signal_of
from api.formats.reading import Body, Headers, at, each, first, headline, kept, labels, links, objects, paragraphs, text
from domain.intake.signal import Action, Signal

_LEGACY = {"ruleId", "ruleName", "evalMatches", "ruleUrl"}
_STATES = {"ok": Action.RESOLVE, "paused": Action.NOTE, "pending": Action.NOTE}
_STATE = re.compile(r"^\[[^\]]{1,40}\]\s*")


def _read(body: Body, _: Headers) -> list[Signal]:
    if "alerts" not in body and _LEGACY & body.keys():
        return [_legacy(body)]
    return [_unified(alert, body) for alert in alerts_of(body)]


def _unified(alert: Body, group: Body) -> Signal:
    more = links(
        (alert.get("dashboardURL"), "Dashboard"),
        (alert.get("panelURL"), "Panel"),
        (alert.get("imageURL"), "Picture"),
        (alert.get("silenceURL"), "Silence in Grafana"),
    )
    values = "\n".join(f"{name} = {value}" for name, value in labels(alert.get("values")).items())
    return signal_of(alert, group, more, values or text(alert.get("valueString")), "Grafana")


def _legacy(body: Body) -> Signal:
    own = labels(body.get("tags"))
    state = text(body.get("state")).lower()
    return Signal(
        action=_STATES.get(state, Action.TRIGGER) if state else _by_title(body),
        title=first(body.get("ruleName"), _STATE.sub("", text(body.get("title")))) or headline(body),
        description=paragraphs(body.get("message"), _matches(body), "There is no data." if state == "no_data" else ""),
        severity=first(own.get("severity"), own.get("priority")) or None,
        fingerprint=first(body.get("ruleId"), body.get("ruleName")) or None,
        labels=own,
        links=links((body.get("ruleUrl"), "Alert rule"), (body.get("imageUrl"), "Picture")),
        raw=kept(body),
    )


def _by_title(body: Body) -> Action:
    return Action.RESOLVE if text(body.get("title")).lower().startswith("[ok]") else Action.TRIGGER


def _matches(body: Body) -> str:
    """What was measured, a line for each series."""
    lines = []
    for match in objects(body.get("evalMatches")):
        where = ", ".join(f"{name}={value}" for name, value in labels(match.get("tags")).items())
        lines.append(f"{text(at(match, 'metric'))} {where}".strip() + f" = {text(match.get('value')) or '?'}")
    return "\n".join(lines)


read = each(_read)
