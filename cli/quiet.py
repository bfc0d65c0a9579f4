"""`silence` and `maintenance`: what keeps alerts quiet."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import typer

from cli import options, render
from cli.client import connect
from domain.intake.maintenance import Repeat

silence = typer.Typer(invoke_without_command=True)
maintenance = typer.Typer(invoke_without_command=True)

All = Annotated[bool, typer.Option("--all", help="Those that are over, too.")]


@silence.callback()
def _silence(context: typer.Context, json: options.Json = False) -> None:
    """Silences: alerts that match are kept for a while, and page nobody. Without a command: list them."""
    if context.invoked_subcommand is None:
        list_silences(json=json)


@silence.command("list")
def list_silences(all: All = False, json: options.Json = False) -> None:
    """List the silences that hold, and those to come."""
    with connect() as api:
        found = list(api.items("/silences/", active=None if all else True))
    if json:
        render.as_json({"items": found, "next_cursor": None})
        return
    render.table(
        ("ID", "STATE", "FROM", "UNTIL", "MATCHERS", "REASON", "BY"),
        (
            (
                one["id"],
                one["state"],
                render.utc(one["starts_at"]),
                render.utc(one["ends_at"]),
                _matchers(one),
                one["reason"],
                one["created_by"],
            )
            for one in found
        ),
    )


@silence.command("add")
def add_silence(
    matchers: Annotated[
        list[str], typer.Argument(metavar="MATCHER", help="""Such as 'service="search"'; all must hold.""")
    ],
    length: Annotated[
        int, typer.Option("--for", parser=options.length, metavar="TIME", help="How long: 30m, 2h, 1d12h.")
    ],
    reason: Annotated[str, typer.Option(help="Why.")],
    start: Annotated[
        str | None, typer.Option("--from", parser=options.instant, metavar="TIME", help="An instant; now if left out.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Silence alerts for a while."""
    body = {"matchers": matchers, "seconds": length, "reason": reason, "starts_at": start}
    with connect() as api:
        made = api.post("/silences/", body).body
    if json:
        render.as_json(made)
        return
    render.say(f"{_matchers(made)} is silent until {render.utc(made['ends_at'])}.")
    render.say(f"To end it: tocsin silence end {made['id']}")


@silence.command("end")
def end_silence(id: Annotated[UUID, typer.Argument(metavar="ID", help="The silence's id.")]) -> None:
    """End a silence now."""
    with connect() as api:
        ended = api.send("DELETE", f"/silences/{id}/").body
    render.say(f"{_matchers(ended)} is not silent any more.")


@maintenance.callback()
def _maintenance(context: typer.Context, json: options.Json = False) -> None:
    """Maintenance windows of services and teams. Without a command: list them."""
    if context.invoked_subcommand is None:
        list_windows(json=json)


@maintenance.command("list")
def list_windows(json: options.Json = False) -> None:
    """List maintenance windows with what comes next."""
    with connect() as api:
        found = list(api.items("/maintenance/"))
    if json:
        render.as_json({"items": found, "next_cursor": None})
        return
    render.table(
        ("ID", "NAME", "FOR", "REPEAT", "NEXT", "TO", "REASON"),
        (
            (one["id"], one["name"], ", ".join(one["services"] + one["teams"]), one["repeat"], *_next(one))
            for one in found
        ),
    )


@maintenance.command("add")
def add_window(
    name: Annotated[str, typer.Argument(help="What is done.")],
    start: Annotated[str, typer.Option("--from", metavar="LOCAL", help="2026-11-22T02:00, in the zone's time.")],
    end: Annotated[str, typer.Option("--to", metavar="LOCAL", help="The end, in the zone's time.")],
    zone: Annotated[str, typer.Option(help="Time zone, such as Europe/Paris.")] = "UTC",
    service: Annotated[list[str] | None, typer.Option(help="A service; repeatable.")] = None,
    team: Annotated[list[str] | None, typer.Option(help="A team, with all its services; repeatable.")] = None,
    repeat: Annotated[Repeat, typer.Option(help="How it comes again.")] = Repeat.ONCE,
    interval: Annotated[int, typer.Option(min=1, max=1000, help="Every so many days, weeks or months.")] = 1,
    until: Annotated[str | None, typer.Option(metavar="DAY", help="The last day on which it may begin.")] = None,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    json: options.Json = False,
) -> None:
    """Add a maintenance window."""
    body = {
        "name": name,
        "start": start,
        "end": end,
        "time_zone": zone,
        "services": service or None,
        "teams": team or None,
        "repeat": repeat.value,
        "interval": interval,
        "until": until,
        "reason": reason,
    }
    with connect() as api:
        made = api.post("/maintenance/", body).body
    if json:
        render.as_json(made)
        return
    begin, end, _ = _next(made)
    render.say(f"{made['name']}: next from {begin} to {end}." if begin else f"{made['name']} is kept, and is over.")


def _matchers(silence: Mapping[str, Any]) -> str:
    return ", ".join(f'{one["name"]}{one["operator"]}"{one["value"]}"' for one in silence["matchers"])


def _next(window: Mapping[str, Any]) -> tuple[str, str, str]:
    coming = window["next"][0] if window["next"] else {"start": None, "end": None}
    return render.utc(coming["start"]), render.utc(coming["end"]), window["reason"]
