"""`/incidents/{id}/acknowledge/` and its kin: one handler for every command, under two verbs."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import uuid4, uuid5

from fastapi import APIRouter, Body, Header, Response
from sqlalchemy import RowMapping

from api.container import Container
from api.problems import Problem
from api.references import IncidentRow, named_incident
from api.requests import Caller, JsonRoute, Parts
from api.responses import json_response
from api.schemas import CommentIn, MergeIn, NoteIn, ResolveIn, SplitIn, incident_out
from db.incidents import find
from db.splitting import WrongAlerts
from domain.commands import Acknowledge, Command, Comment, Escalate, Merge, Mitigate, Repair, Resolve
from domain.incident import Status
from domain.roles import may_command
from gateway.commands import Answer

router = APIRouter(prefix="/incidents/{id}", tags=["commands"], route_class=JsonRoute)

Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200)]
OptionalNote = Annotated[NoteIn | None, Body()]


def command_route(path: str, *verbs: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a handler under each verb; POST too, for clients that know no PATCH."""

    def register(handler: Callable[..., Any]) -> Callable[..., Any]:
        for verb in verbs:
            operation = f"{handler.__name__}_{verb.lower()}"
            router.add_api_route(path, handler, methods=[verb], operation_id=operation, responses={202: {}, 409: {}})
        return handler

    return register


@command_route("/acknowledge/", "PATCH", "POST")
async def acknowledge(
    row: IncidentRow, parts: Parts, caller: Caller, body: OptionalNote = None, key: Key = None
) -> Response:
    """Take charge: the ladder stops. Acknowledging what is acknowledged says by whom."""
    return await give(row, parts, caller, Acknowledge(**envelope(caller, row, key), note=body.note if body else None))


@command_route("/mitigate/", "PATCH", "POST")
async def mitigate(
    row: IncidentRow, parts: Parts, caller: Caller, body: OptionalNote = None, key: Key = None
) -> Response:
    """The impact is reduced."""
    return await give(row, parts, caller, Mitigate(**envelope(caller, row, key), note=body.note if body else None))


@command_route("/resolve/", "PATCH", "POST")
async def resolve(
    row: IncidentRow,
    parts: Parts,
    caller: Caller,
    body: Annotated[ResolveIn | None, Body()] = None,
    key: Key = None,
) -> Response:
    """It is over."""
    given = body or ResolveIn()
    note = given.resolution_note if given.resolution_note is not None else given.note
    command = Resolve(**envelope(caller, row, key), resolution_note=note, root_cause=given.root_cause)
    return await give(row, parts, caller, command)


@command_route("/escalate/", "POST", "PATCH")
async def escalate(
    row: IncidentRow, parts: Parts, caller: Caller, body: OptionalNote = None, key: Key = None
) -> Response:
    """Page the next step of the ladder now."""
    return await give(row, parts, caller, Escalate(**envelope(caller, row, key), note=body.note if body else None))


@command_route("/comments/", "POST")
async def comment(row: IncidentRow, parts: Parts, caller: Caller, body: CommentIn, key: Key = None) -> Response:
    """A note for the timeline and the document."""
    return await give(row, parts, caller, Comment(**envelope(caller, row, key), text=body.text))


@command_route("/repair/", "POST")
async def repair(row: IncidentRow, parts: Parts, caller: Caller, key: Key = None) -> Response:
    """Do again what is missing."""
    return await give(row, parts, caller, Repair(**envelope(caller, row, key)))


@command_route("/merge/", "POST")
async def merge(row: IncidentRow, parts: Parts, caller: Caller, body: MergeIn, key: Key = None) -> Response:
    """It is the same as another incident: its alerts and their repetitions go there, and it ends as RESOLVED."""
    require_command(row, caller, "merge")
    return await give(row, parts, caller, await merge_command(row, parts, body, envelope(caller, row, key)))


async def merge_command(row: RowMapping, parts: Container, body: MergeIn, envelope: dict[str, Any]) -> Merge:
    """The command that merges an incident into the one that is named.

    Raises:
        Problem: there is no such incident, or nothing can be merged into it.
    """
    into = await named_incident(parts, body.into)
    if into is None:
        raise Problem.of_field("into", f"there is no incident {body.into}: name it by its UUID or as INC-42")
    _require_mergeable(row, into)
    return Merge(**envelope, into=into["id"], into_short_id=f"INC-{into['number']}", note=body.note or None)


@router.post("/split/", status_code=201, responses={409: {}})
async def split(row: IncidentRow, parts: Parts, caller: Caller, body: SplitIn) -> Response:
    """Some of its alerts are about something else: they get an incident of their own, and so do their repetitions.

    The answer is the new incident, of the severity of the worst of them; `title` is the first one's if left out.
    """
    require_command(row, caller, "split")
    return json_response(incident_out(await split_off(row, parts, body, caller.email, "api"), parts.settings), 201)


async def split_off(row: RowMapping, parts: Container, body: SplitIn, by: str, via: str) -> RowMapping:
    """Split alerts off; the incident that they have now.

    Raises:
        Problem: these cannot be split off. gateway.commands.Forbidden: the incident is over.
    """
    try:
        new = await parts.commands.split(row["id"], body.alerts, body.title, by, via)
    except WrongAlerts as why:
        raise Problem.of_field("alerts", str(why)) from why
    async with parts.sessions() as session:
        opened = await find(session, new)
    assert opened is not None
    return opened


def _require_mergeable(row: RowMapping, into: RowMapping) -> None:
    name, other = f"INC-{row['number']}", f"INC-{into['number']}"
    if row["id"] == into["id"]:
        raise Problem.of_field("into", f"{name} cannot be merged into itself")
    if (row["time_scale"] is None) != (into["time_scale"] is None):
        raise Problem(409, f"A drill and a real incident are never merged: one of {name} and {other} is a drill")
    if row["status"] != Status.RESOLVED and into["status"] == Status.RESOLVED:
        raise Problem(409, f"{other} is already RESOLVED: nothing can be merged into it")


def require_command(row: RowMapping, caller: Caller, kind: str) -> None:
    """Return when the caller may give an incident such a command.

    Raises:
        Problem: they may not.
    """
    if not may_command(caller.role, kind, is_lead=row["lead"] == caller.email):
        raise Problem(403, f"Your role '{caller.role}' may not {kind.replace('_', ' ')}")


def envelope(caller: Caller, row: RowMapping, key: str | None) -> dict[str, Any]:
    """Whose command it is; with an `Idempotency-Key` the same command to the same incident acts once."""
    return {"id": str(uuid5(row["id"], f"{caller.id}:{key}") if key else uuid4()), "actor": caller.email, "via": "api"}


async def give(row: RowMapping, parts: Parts, caller: Caller, command: Command) -> Response:
    """Give a command; 200 and the incident as it is now, or 202 when the command waits."""
    require_command(row, caller, command.kind)
    command = command.model_copy(update={"id": f"{command.kind}:{command.id}"})  # a key is good for one of each kind
    answer = await parts.commands.give(row["id"], command)
    async with parts.sessions() as session:
        now = await find(session, row["id"])
    assert now is not None
    body = incident_out(now, parts.settings)
    if answer is Answer.QUEUED:
        body |= {"queued": True, "detail": "Temporal does not answer: the command waits and will be carried out"}
    return json_response(body, answer.value)
