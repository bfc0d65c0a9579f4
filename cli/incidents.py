"""`trigger`, `list`, `show`, `timeline`: declaring incidents and reading them."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli import options, render
from cli.client import PAGE, connect


def trigger(
    title: Annotated[str, typer.Argument(help="What is wrong, in a line.")],
    service: Annotated[str, typer.Option(help="The service that has it.")],
    severity: options.SeverityOption,
    description: Annotated[str | None, typer.Option(help="What else is known.")] = None,
    source: Annotated[str, typer.Option(help="Who or what reports it.")] = "cli",
    fingerprint: Annotated[str | None, typer.Option(help="The same for alerts that are the same.")] = None,
    label: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="A label; repeatable.")] = None,
    scope: options.Scopes = None,
    detected_at: options.At = None,
    drill: Annotated[bool, typer.Option("--drill", help="A drill, 60 times as fast.")] = False,
    time_scale: Annotated[float | None, typer.Option(min=1, max=3600, help="A drill, so many times as fast.")] = None,
    json: options.Json = False,
) -> None:
    """Declare an incident, or add an alert to the one that is open."""
    with connect() as api:
        answer = api.post(
            "/incidents/",
            {
                "title": title,
                "service_name": service,
                "severity": severity,
                "description": description,
                "source": source,
                "fingerprint": fingerprint,
                "labels": _labels(label) or None,
                "impacted_scopes": scope or None,
                "detected_at": detected_at,
                "drill": {"time_scale": time_scale} if time_scale else drill or None,
            },
        )
    incident = answer.body
    if json:
        render.as_json(incident)
        return
    known = f"already open, {incident['alert_count']} alerts" if incident.get("deduplicated") else "declared"
    render.say(f"{incident['short_id']} {known}: {incident['title']}\n{incident['url']}")


def list_incidents(
    status: Annotated[str | None, typer.Option(help="TRIGGERED, ACKNOWLEDGED, MITIGATED or RESOLVED.")] = None,
    severity: Annotated[
        str | None, typer.Option(parser=options.severity, metavar="SEVERITY", help="SEV1 to SEV4.")
    ] = None,
    service: Annotated[str | None, typer.Option(help="Name of a service.")] = None,
    team: Annotated[str | None, typer.Option(help="Name of a team.")] = None,
    label: Annotated[str | None, typer.Option(metavar="KEY=VALUE", help="A label.")] = None,
    query: Annotated[str | None, typer.Option("--query", "-q", help="Part of a title, id or label value.")] = None,
    since: options.At = None,
    until: options.At = None,
    drill: Annotated[bool | None, typer.Option("--drill/--no-drill", help="Only drills, or none.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=PAGE, help="At most so many.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="Where an earlier list ended.")] = None,
    json: options.Json = False,
) -> None:
    """List incidents, the newest first."""
    if label is not None:
        _labels([label])
    with connect() as api:
        page = api.get(
            "/incidents/",
            status=status.upper() if status else None,
            severity=severity,
            service=service,
            team=team,
            label=label,
            q=query,
            since=since,
            until=until,
            drill=drill,
            limit=limit,
            cursor=cursor,
        )
    if json:
        render.as_json(page)
        return
    render.table(
        ("ID", "STATUS", "SEVERITY", "SERVICE", "ALERTS", "CREATED", "TITLE"),
        (
            (
                one["short_id"],
                render.status(one["status"]),
                one["severity"],
                render.service(one),
                str(one["alert_count"]),
                render.utc(one["created_at"]),
                f"{_drill_mark(one)}{one['title']}",
            )
            for one in page["items"]
        ),
    )
    if page["next_cursor"]:
        render.say(f"There are more: --cursor {page['next_cursor']}")


def show(incident: options.Ref, json: options.Json = False) -> None:
    """Show an incident."""
    with connect() as api:
        found = api.get(f"/incidents/{incident}/")
    if json:
        render.as_json(found)
        return
    render.say(f"{found['short_id']}  {_drill_mark(found)}{found['title']}")
    render.facts(
        (
            ("status", render.status(found["status"])),
            ("severity", found["severity"]),
            ("service", render.service(found)),
            ("team", _name(found.get("team"))),
            ("lead", _name(found.get("lead"))),
            ("scopes", ", ".join(_name(scope) for scope in found.get("impacted_scopes") or ())),
            ("labels", ", ".join(f"{key}={value}" for key, value in (found.get("labels") or {}).items())),
            ("alerts", found.get("alert_count")),
            ("orchestration", found.get("orchestration")),
            ("detected", render.utc(found.get("detected_at"))),
            ("created", render.utc(found.get("created_at"))),
            ("acknowledged", _when_and_who(found, "acknowledged")),
            ("mitigated", render.utc(found.get("mitigated_at"))),
            ("resolved", _when_and_who(found, "resolved")),
            ("resolution", found.get("resolution_note")),
            ("root cause", found.get("root_cause")),
            ("page", found.get("url")),
            ("document", found.get("lid_link")),
            ("war room", found.get("war_room_link")),
            ("workflow", found.get("temporal_url") or found.get("workflow_id")),
            ("description", found.get("description")),
        )
    )


def timeline(incident: options.Ref, json: options.Json = False) -> None:
    """Show what happened in an incident, the oldest entry first."""
    with connect() as api:
        entries = list(api.items(f"/incidents/{incident}/events/"))
    if json:
        render.as_json({"items": entries, "next_cursor": None})
        return
    for entry in entries:
        render.event(entry)


def _labels(pairs: list[str] | None) -> dict[str, str]:
    labels = {}
    for pair in pairs or ():
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise typer.BadParameter(f"{pair!r} is no label: write it as key=value", param_hint="--label")
        labels[key] = value
    return labels


def _when_and_who(incident: Mapping[str, Any], what: str) -> str:
    who = incident.get(f"{what}_by")
    return render.utc(incident.get(f"{what}_at")) + (f" by {_name(who)}" if who else "")


def _name(thing: Any) -> str:
    """Teams and people come as a name or as an object that has one."""
    if isinstance(thing, dict):
        return str(thing.get("name") or thing.get("email") or thing.get("id"))
    return str(thing or "")


def _drill_mark(incident: Mapping[str, Any]) -> str:
    return "DRILL " if incident.get("drill") else ""
