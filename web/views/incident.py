"""One incident: everything its page shows."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import RowMapping

from api.container import Container
from db.access import Principal
from db.incidents import find
from db.starting import starting_point
from db.tokens import new_token
from domain import kpi
from domain.incident import Orchestration, Status
from domain.roles import may_command
from domain.severity import Severity
from gateway.plans import plan_ahead
from gateway.starting import default_policy_name, temporal_url
from web.queries import latest_alerts, latest_events, latest_notifications
from web.views.intake import MEANINGS
from web.views.naming import naming
from web.views.responding import responders_of, roles_of

EVENTS = 300
NOTIFICATIONS = 300
ALERTS = 50


@dataclass(frozen=True)
class Action:
    """Something that may be done to the incident now."""

    kind: str
    label: str
    help: str
    href: str | None = None
    """A page of its own; None for a button."""


_OPEN = {Status.TRIGGERED, Status.ACKNOWLEDGED, Status.MITIGATED}
_ACTIONS = (
    (Action("acknowledge", "Acknowledge", "Take charge; the escalation stops."), {Status.TRIGGERED}),
    (Action("mitigate", "Mitigate", "The impact is reduced."), {Status.ACKNOWLEDGED}),
    (Action("resolve", "Resolve…", "It is over."), _OPEN),
    (
        Action("unacknowledge", "Un-acknowledge", "Nobody has it in hand after all: the escalation begins again."),
        {Status.ACKNOWLEDGED},
    ),
    (Action("snooze", "Snooze…", "Nobody is told anything for a while."), _OPEN),
    (Action("reassign", "Reassign…", "Somebody else, or another team, is to take it."), _OPEN),
    (Action("ask", "Page people…", "Ask more people to join."), _OPEN),
    (Action("change", "Change…", "Severity, scopes, lead, title."), _OPEN),
    (
        Action("escalate", "Escalate now", "Page the next step of the ladder at once."),
        _OPEN,
    ),
    (
        Action("merge", "Merge into…", "It is the same as another incident."),
        _OPEN,
    ),
    (
        Action("split", "Split…", "Some of its alerts are about something else."),
        _OPEN,
    ),
    (
        Action("repair", "Repair", "Make again what is missing: document, war room, failed pages."),
        _OPEN,
    ),
)


_PAGES = {
    "resolve": "resolve",
    "merge": "merge",
    "split": "split",
    "snooze": "snooze/form",
    "reassign": "reassign/form",
    "ask": "ask/form",
    "change": "change/form",
}
"""Actions that have a page of their own, and its address."""
_COMMANDS = {"ask": "page_people", "change": "amend"}
"""The command of an action that has another name."""


def address(row: RowMapping) -> str:
    """The path of an incident's page."""
    return f"/incidents/INC-{row['number']}"


def allowed(principal: Principal, row: RowMapping, kind: str) -> bool:
    """Whether somebody may give an incident a command."""
    return may_command(principal.role, kind, is_lead=row["lead"] == principal.email)


def actions(principal: Principal, row: RowMapping) -> list[Action]:
    """What the state and the role allow."""
    status = Status(row["status"])
    offered = [
        action
        for action, states in _ACTIONS
        if status in states and allowed(principal, row, _COMMANDS.get(action.kind, action.kind))
    ]
    return [
        replace(action, href=f"{address(row)}/{_PAGES[action.kind]}") if action.kind in _PAGES else action
        for action in offered
        if action.kind != "split" or row["alert_count"] > 1
    ]


def link_state(row: RowMapping, column: str, base_url: str, *, wanted: bool) -> dict[str, Any]:
    """A link of the incident: there, still being made, or never to come.

    Args:
        row: the incident.
        column: `lid_link` or `war_room_link`.
        base_url: our own address: a link to ourselves stays on the host by which the reader came.
        wanted: whether an incident of this severity has one.
    """
    href = row[column]
    if href:
        return {"state": "ready", "href": local(href, base_url)}
    if not wanted:
        return {"state": "none", "href": None}
    over = row["orchestration"] == Orchestration.COMPLETE or row["status"] == Status.RESOLVED
    return {"state": "failed" if over else "making", "href": None}


def local(href: str, base_url: str) -> str:
    """A link to ourselves without the host."""
    return href[len(base_url) :] if href.startswith(f"{base_url}/") else href


def figures(row: RowMapping) -> dict[str, float | None]:
    """Times to detect, acknowledge and resolve."""
    return {
        "detect": kpi.mttd_seconds(row["detected_at"], row["created_at"]),
        "acknowledge": kpi.mtta_seconds(row["created_at"], row["first_acknowledged_at"] or row["acknowledged_at"]),
        "resolve": kpi.mttr_seconds(row["created_at"], row["resolved_at"]),
    }


async def incident_values(parts: Container, principal: Principal, row: RowMapping) -> dict[str, Any]:
    """What the incident's template shows."""
    settings, incident_id, severity = parts.settings, row["id"], Severity(row["severity"])
    async with parts.sessions() as session:
        events = await latest_events(session, incident_id, EVENTS)
        ledger = await latest_notifications(session, incident_id, NOTIFICATIONS)
        alerts = await latest_alerts(session, incident_id, ALERTS)
        went_to = await find(session, row["merged_into"]) if row["merged_into"] else None
        catalogue = await parts.catalogue.read(session)
        point = await starting_point(session, parts.catalogue, incident_id, default_policy_name(settings))
    return {
        "row": row,
        "short_id": f"INC-{row['number']}",
        "here": address(row),
        "document": link_state(row, "lid_link", settings.base_url, wanted=True),
        "room": link_state(row, "war_room_link", settings.base_url, wanted=severity.needs_war_room),
        "figures": figures(row),
        "events": events,
        "ledger": ledger,
        "alerts": alerts,
        "steps": plan_ahead(point, settings) if point else [],
        "actions": actions(principal, row),
        "went_to": f"INC-{went_to['number']}" if went_to else None,
        "proposes_end": row["cleared_at"] is not None and row["status"] != Status.RESOLVED,
        "may_resolve": allowed(principal, row, "resolve"),
        "meanings": MEANINGS,
        "zone": catalogue.time_zone_of(principal.email),
        "name": naming(catalogue),
        "responders": responders_of(catalogue, row),
        "roles": roles_of(catalogue, row),
        "my_answer": row["responders"].get(principal.email) if row["status"] != Status.RESOLVED else None,
        "may_give_roles": row["status"] != Status.RESOLVED and allowed(principal, row, "give_role"),
        "may_comment": allowed(principal, row, "comment"),
        "temporal_url": temporal_url(settings, row["number"]),
        "new_form_id": new_token,
        "values": {},
        "errors": {},
    }
