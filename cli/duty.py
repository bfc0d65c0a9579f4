"""`plan` and `oncall`: who would be told, and who answers now."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from cli import options, render
from cli.client import connect


def plan(
    service: Annotated[str, typer.Option(help="The service that would have the incident.")],
    severity: options.SeverityOption,
    at: options.At = None,
    scope: options.Scopes = None,
    drill: Annotated[bool, typer.Option("--drill", help="As a drill, 60 times as fast.")] = False,
    json: options.Json = False,
) -> None:
    """Show who would be told what, when and by which channel, without telling anybody."""
    with connect() as api:
        steps = api.post(
            "/plan/",
            {
                "service_name": service,
                "severity": severity,
                "at": at,
                "impacted_scopes": scope or None,
                "drill": drill or None,
            },
        ).body
    if json:
        render.as_json(steps)
        return
    render.table(("AT", "STEP", "RECIPIENT", "CHANNEL", "BECAUSE"), _rows(steps["items"]))


def oncall(
    team: Annotated[str | None, typer.Option(help="Only this team, by name or slug.")] = None,
    schedule: Annotated[str | None, typer.Option(help="One schedule, by name or id, level by level.")] = None,
    at: options.At = None,
    json: options.Json = False,
) -> None:
    """Show who is on call for each team, who backs them up, and until when."""
    if team is not None and schedule is not None:
        raise typer.BadParameter("--team and --schedule exclude each other")
    with connect() as api:
        if schedule is not None:
            found = api.get(f"/schedules/{quote(schedule, safe='')}/on-call/", at=at)
        else:
            found = api.get("/oncall/", team=team, at=at)
    if json:
        render.as_json(found)
    elif schedule is not None:
        ends = {shift["level"]: shift["end"] for shift in found["items"]}
        rows = ((str(one["level"]), ", ".join(one["users"]) or "nobody", _end(ends, one)) for one in found["levels"])
        render.table(("LEVEL", "ON CALL", "UNTIL"), rows)
    else:
        render.table(("TEAM", "ON CALL", "UNTIL", "BACKUP"), map(_team, found["items"]))


def _end(ends: dict[int, str], level: dict[str, Any]) -> str:
    return render.utc(ends.get(level["level"]))


def _team(one: dict[str, Any]) -> tuple[str, str, str, str]:
    return one["team"], _people(one["users"]) or "nobody", render.utc(one["until"]), _people(one["backup"])


def _people(users: list[dict[str, Any]]) -> str:
    return ", ".join(user["email"] + (" (away)" if user["away_until"] else "") for user in users)


def _rows(steps: list[dict[str, Any]]) -> list[tuple[str, str, str, str, str]]:
    """A line for each delivery, for what a step does besides, and for one that tells nobody and does nothing."""
    rows = []
    for step in steps:
        at, name, action = render.utc(step["at"]), step["step"], step.get("action")
        for delivery in step["deliveries"]:
            rows.append((at, name, delivery["recipient"], delivery["channel"], delivery["reason"]))
        if action:
            rows.append((at, name, "Tocsin", "", _DOES[action] + (f": {step['detail']}" if step.get("detail") else "")))
        elif not step["deliveries"]:
            rows.append((at, name, "nobody", "", step.get("skipped") or "the severity tells nobody"))
    return rows


_DOES = {
    "wait": "waits",
    "open_war_room": "opens the war room",
    "assign_role": "gives the role",
    "resolve": "resolves the incident",
}
