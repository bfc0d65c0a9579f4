"""`sources`: who sends alerts, what became of what they sent, and new ones."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer

from cli import options, render
from cli.client import PAGE, Api, connect
from domain.intake.verdict import Fate


def sources(
    name: Annotated[str | None, typer.Argument(help="Show the latest alerts of this one, by name or id.")] = None,
    fate: Annotated[
        list[Fate] | None, typer.Option(help="Only alerts of which this became; repeatable.", metavar="FATE")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=PAGE, help="At most so many alerts.")] = 20,
    add: Annotated[str | None, typer.Option(metavar="NAME", help="Make a new source of this name.")] = None,
    kind: Annotated[str | None, typer.Option(help="With --add: alertmanager, generic, pagerduty, email …")] = None,
    service: Annotated[str | None, typer.Option(help="With --add: every alert is of this service.")] = None,
    auto_resolve: Annotated[
        bool, typer.Option("--auto-resolve", help="With --add: back to normal resolves the incident.")
    ] = False,
    resolve_delay: Annotated[
        int | None, typer.Option(parser=options.length, metavar="TIME", help="With --auto-resolve: after so long.")
    ] = None,
    heartbeat: Annotated[
        int | None, typer.Option(parser=options.length, metavar="TIME", help="With --add: a ping is due every 5m, say.")
    ] = None,
    json: options.Json = False,
) -> None:
    """List sources and what became of their alerts in 24 hours; show one; add one."""
    given = {
        "kind": kind,
        "service_name": service,
        "auto_resolve": auto_resolve or None,
        "resolve_delay_seconds": resolve_delay,
        "heartbeat_seconds": heartbeat,
    }
    if add is None and any(value is not None for value in given.values()):
        raise typer.BadParameter("settings go with --add NAME", param_hint="--kind")
    with connect() as api:
        if add is not None:
            if name is not None or kind is None:
                raise typer.BadParameter("needs --kind, and no other name", param_hint="--add")
            _add(api, {"name": add, **given}, json)
        elif name is None:
            _list(api, json)
        else:
            _show(api, name, fate or [], limit, json)


def _list(api: Api, json: bool) -> None:
    found = list(api.items("/sources/"))
    if json:
        render.as_json({"items": found, "next_cursor": None})
        return
    render.table(
        ("NAME", "KIND", "SERVICE", "STATE", "24 HOURS", "HEARTBEAT"),
        (
            (
                one["name"],
                one["kind"],
                one["service_name"] or "",
                "active" if one["is_active"] else "off",
                _fates(one["last_24_hours"]),
                _heartbeat(one),
            )
            for one in found
        ),
    )


def _show(api: Api, name: str, fates: list[Fate], limit: int, json: bool) -> None:
    path = f"/sources/{_in_path(api, name)}/"
    found = api.get(path)
    alerts = api.get(f"{path}alerts/", limit=limit, fate=[fate.value for fate in fates] or None)
    if json:
        render.as_json(alerts)
        return
    render.say(f"{found['name']}  {found['kind']}  {found['url']}")
    render.facts(
        (
            ("state", "active" if found["is_active"] else "off"),
            ("service", found["service_name"]),
            ("key", found["key_hint"]),
            ("heartbeat", _heartbeat(found)),
        )
    )
    render.table(
        ("RECEIVED", "BECAME", "INCIDENT", "SEVERITY", "TITLE", "BECAUSE", "ID"),
        (
            (
                render.utc(one["received_at"]),
                render.fate(one["fate"]),
                one["incident"] or "",
                one["severity"],
                one["title"],
                one["reason"] or "",
                one["id"],
            )
            for one in alerts["items"]
        ),
    )


def _in_path(api: Api, name: str) -> str:
    """A name as a path may have it; one with a slash has no place there, so its id is looked up."""
    if "/" in name:
        name = next((one["id"] for one in api.items("/sources/") if one["name"] == name), name)
    return quote(name, safe="")


def _add(api: Api, body: Mapping[str, Any], json: bool) -> None:
    made = api.post("/sources/", body).body
    if json:
        render.as_json(made)
        return
    render.say(f"{made['name']} is made. Its key is shown this once:")
    render.facts(
        (
            ("routing key" if made["kind"] == "pagerduty" else "key", made["key"]),
            ("address" if made["kind"] == "email" else "url", made["url"]),
        )
    )


def _fates(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{fate.value} {counts[fate]}" for fate in Fate if counts.get(fate))


def _heartbeat(source: Mapping[str, Any]) -> str:
    beat = source.get("heartbeat")
    if not beat:
        return ""
    since = f" since {render.utc(beat['missing_since'])}" if beat.get("missing_since") else ""
    return f"{beat['status']}{since}"
