"""What people tell an incident: commands by REST, some of them also straight to its workflow."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer

from cli import options, render
from cli.client import connect


class Door(StrEnum):
    """The way a command takes."""

    API = "api"
    TEMPORAL = "temporal"


Via = Annotated[Door, typer.Option(help="`temporal` signals the workflow itself and needs no API process.")]
Actor = Annotated[
    str | None,
    typer.Option(help="Who acts, with --via temporal; your log-in name if left out. The API knows you by your token."),
]


def ack(incident: options.Ref, note: options.Note = None, via: Via = Door.API, actor: Actor = None) -> None:
    """Take charge of an incident: nobody else is paged."""
    _command(incident, via, actor, "acknowledge", {"note": note})


def mitigate(incident: options.Ref, note: options.Note = None, via: Via = Door.API, actor: Actor = None) -> None:
    """Say that the impact is reduced."""
    _command(incident, via, actor, "mitigate", {"note": note})


def resolve(
    incident: options.Ref,
    note: Annotated[str | None, typer.Option(help="How it was resolved.")] = None,
    root_cause: Annotated[str | None, typer.Option(help="Why it happened.")] = None,
    via: Via = Door.API,
    actor: Actor = None,
) -> None:
    """Say that it is over."""
    _command(incident, via, actor, "resolve", {"resolution_note": note, "root_cause": root_cause})


def note(
    incident: options.Ref,
    text: Annotated[str, typer.Argument(help="The note.")],
    via: Via = Door.API,
    actor: Actor = None,
) -> None:
    """Write a note on an incident's timeline."""
    _command(incident, via, actor, "comment", {"text": text})


def merge(
    incident: options.Ref,
    into: Annotated[
        str,
        typer.Argument(parser=options.reference, metavar="INC-3", help="Which one goes on: INC-3 or its id."),
    ],
    note: options.Note = None,
) -> None:
    """Say that an incident is the same as another: its alerts move there, and it ends."""
    with connect() as api:
        answer = api.post(f"/incidents/{incident}/merge/", {"into": into, "note": note})
    if answer.queued:
        render.say(f"{incident}: merge is queued, and is carried out as soon as Temporal and its workers answer.")
    else:
        render.say(f"{answer.body['short_id']} is {answer.body['status']}: {answer.body['resolution_note']}.")


def split(
    incident: options.Ref,
    alerts: Annotated[list[UUID], typer.Argument(metavar="ALERT_ID...", help="Alerts of it, by their ids.")],
    title: Annotated[str | None, typer.Option(help="The new incident's title; the first alert's if left out.")] = None,
) -> None:
    """Give some alerts of an incident an incident of their own."""
    with connect() as api:
        answer = api.post(f"/incidents/{incident}/split/", {"alerts": [str(one) for one in alerts], "title": title})
    some = "1 alert is" if len(alerts) == 1 else f"{len(alerts)} alerts are"
    render.say(f"{some} in {answer.body['short_id']} now: {answer.body['title']}")


def _command(incident: str, via: Door, actor: str | None, kind: str, fields: Mapping[str, str | None]) -> None:
    if via is Door.TEMPORAL:
        from cli.temporal import signal

        signal(incident, kind, actor, {name: value for name, value in fields.items() if value is not None})
        render.say(f"{incident}: {kind} was signalled to its workflow.")
        return
    if actor is not None:
        raise typer.BadParameter("only with --via temporal: the API knows you by your token", param_hint="--actor")
    path = "comments" if kind == "comment" else kind
    with connect() as api:
        answer = api.post(f"/incidents/{incident}/{path}/", fields)
    if answer.queued:
        render.say(f"{incident}: {kind} is queued, and is carried out as soon as Temporal and its workers answer.")
    elif kind == "comment":
        render.say(f"{incident}: noted.")
    else:
        render.say(_outcome(answer.body))


def _outcome(incident: Mapping[str, Any]) -> str:
    """The new status, and who is in charge since when: whoever acknowledges second reads it of the first."""
    who = incident.get("acknowledged_by") if incident["status"] == "ACKNOWLEDGED" else None
    since = f" by {who} since {str(incident['acknowledged_at'])[:19].replace('T', ' ')} UTC" if who else ""
    return f"{incident['short_id']} is {incident['status']}{since}."


def snooze(
    incident: options.Ref,
    length: Annotated[
        int | None, typer.Argument(parser=options.length, metavar="LENGTH", help="For how long, such as 30m or 2h.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(parser=options.instant, metavar="TIME", help="Until an instant, instead of a length.")
    ] = None,
    note: options.Note = None,
    json: options.Json = False,
) -> None:
    """Let nobody be told anything for a while; if it is still open then, the escalation begins again."""
    if (length is None) == (until is None):
        raise typer.BadParameter("give either a length such as 30m, or --until an instant", param_hint="LENGTH")
    answer = _respond(incident, "snooze", {"seconds": length, "until": until, "note": note}, json)
    if answer:
        render.say(f"{answer['short_id']} is snoozed until {answer['snoozed_until']}.")


def reassign(
    incident: options.Ref,
    to: Annotated[str, typer.Argument(help="An e-mail address, or the name of a team.")],
    note: options.Note = None,
    json: options.Json = False,
) -> None:
    """Give an incident to somebody else or to another team: they are told."""
    answer = _respond(incident, "reassign", {"to": to, "note": note}, json)
    if answer:
        render.say(f"{answer['short_id']} is {answer['status']}, and {to} is told.")


def unack(incident: options.Ref, note: options.Note = None, json: options.Json = False) -> None:
    """Say that nobody has it in hand after all: the escalation begins again."""
    answer = _respond(incident, "unacknowledge", {"note": note}, json)
    if answer:
        render.say(f"{answer['short_id']} is {answer['status']}.")


def page(
    incident: options.Ref,
    people: Annotated[list[str], typer.Argument(metavar="E-MAIL...", help="Who is asked to join.")],
    note: options.Note = None,
    json: options.Json = False,
) -> None:
    """Ask people to join; each is told by their own rules, and accepts or declines."""
    answer = _respond(incident, "responders", {"people": people, "note": note}, json)
    if answer:
        render.say(f"{answer['short_id']}: " + ", ".join(f"{who} {said}" for who, said in answer["responders"].items()))


def accept(incident: options.Ref, note: options.Note = None, json: options.Json = False) -> None:
    """Join an incident, when you were asked to."""
    answer = _respond(incident, "responders/accept", {"note": note}, json)
    if answer:
        render.say(f"You have joined {answer['short_id']}.")


def decline(incident: options.Ref, note: options.Note = None, json: options.Json = False) -> None:
    """Do not join an incident, though you were asked to."""
    answer = _respond(incident, "responders/decline", {"note": note}, json)
    if answer:
        render.say(f"You have declined to join {answer['short_id']}.")


def severity(
    incident: options.Ref,
    to: Annotated[str, typer.Argument(parser=options.severity, metavar="SEVERITY", help="SEV1 to SEV4.")],
    json: options.Json = False,
) -> None:
    """Make an incident's severity higher or lower; a higher one begins the escalation anew."""
    answer = _respond(incident, "", {"severity": to}, json, verb="PATCH")
    if answer:
        render.say(f"{answer['short_id']} is {answer['severity']}.")


def _respond(
    incident: str, path: str, fields: Mapping[str, Any], json: bool, verb: str = "POST"
) -> dict[str, Any] | None:
    """The incident as the API answers; None when everything is said already."""
    body = {name: value for name, value in fields.items() if value is not None}
    with connect() as api:
        answer = api.send(verb, f"/incidents/{incident}/{path}/" if path else f"/incidents/{incident}/", json=body)
    if json:
        render.as_json(answer.body)
        return None
    if answer.queued:
        render.say(f"{incident}: it is queued, and is carried out as soon as Temporal and its workers answer.")
        return None
    return dict(answer.body)
