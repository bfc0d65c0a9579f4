"""`plan` and `oncall`: who would be told, and who answers now."""

from typing import Annotated, Any

import typer

from cli import options, render
from cli.client import connect
from cli.errors import Refused


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
    at: options.At = None,
    json: options.Json = False,
) -> None:
    """Show who is on call for each team."""
    # A team has one fixed person on call, so the answer is the same at every instant: `at` is only checked.
    del at
    with connect() as api:
        teams = list(api.items("/teams/"))
    if team is not None:
        teams = _named(teams, team)
    if json:
        render.as_json({"items": teams, "next_cursor": None})
        return
    render.table(("TEAM", "ON CALL"), ((one["name"], one["on_call"] or "nobody") for one in teams))


def _rows(steps: list[dict[str, Any]]) -> list[tuple[str, str, str, str, str]]:
    rows = []
    for step in steps:
        at = render.utc(step["at"])
        for delivery in step["deliveries"]:
            rows.append((at, step["step"], delivery["recipient"], delivery["channel"], delivery["reason"]))
        if not step["deliveries"]:
            rows.append((at, step["step"], "nobody", "", step.get("skipped") or "the severity tells nobody"))
    return rows


def _named(teams: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    wanted = name.casefold()
    found = [team for team in teams if wanted in {str(team["name"]).casefold(), str(team.get("slug")).casefold()}]
    if not found:
        known = ", ".join(str(team["name"]) for team in teams) or "none"
        raise Refused(f"there is no team {name!r}; there are: {known}")
    return found
