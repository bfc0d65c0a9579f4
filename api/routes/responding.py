"""`/incidents/{id}/snooze/` and its kin: what responders do to an open incident besides acknowledging and ending it."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body, Response

from api.container import Container
from api.problems import Problem
from api.references import IncidentRow
from api.requests import Caller, JsonRoute, Parts
from api.response_bodies import AmendIn, AskIn, ReassignIn, RoleIn, SnoozeIn
from api.routes.commands import Key, OptionalNote, envelope, give, require_command
from api.scopes import require_scopes
from domain.commands import Amend, AnswerCall, GiveRole, PagePeople, Snooze, Unacknowledge
from gateway.naming import UnknownName, policy_for_severity, reassignment, require_people

router = APIRouter(prefix="/incidents/{id}", tags=["commands"], route_class=JsonRoute, responses={202: {}, 409: {}})


@router.patch("/")
async def amend(row: IncidentRow, parts: Parts, caller: Caller, body: AmendIn, key: Key = None) -> Response:
    """Other facts: title, description, severity, lead, impacted scopes, labels. A scope that is added is told."""
    require_command(row, caller, "amend")
    await _require_known(parts, "lead", [body.lead] if body.lead else [])
    added = [scope for scope in body.impacted_scopes or [] if scope not in row["impacted_scopes"]]
    await require_scopes(parts, added)
    policy = None
    if body.severity is not None:
        async with parts.sessions() as session:
            policy = await policy_for_severity(session, parts.catalogue, parts.settings, row, body.severity)
    command = Amend(**envelope(caller, row, key), **body.model_dump(), policy=policy)
    return await give(row, parts, caller, command)


@router.post("/snooze/")
async def snooze(row: IncidentRow, parts: Parts, caller: Caller, body: SnoozeIn, key: Key = None) -> Response:
    """Tell nobody anything until then; if it is still open, the escalation begins again."""
    require_command(row, caller, "snooze")
    now = datetime.now(UTC)
    until = body.ends_at(now)
    if until <= now:
        raise Problem.of_field("until", "must be in the future")
    return await give(row, parts, caller, Snooze(**envelope(caller, row, key), until=until, note=body.note))


@router.post("/reassign/")
async def reassign(row: IncidentRow, parts: Parts, caller: Caller, body: ReassignIn, key: Key = None) -> Response:
    """Give it to somebody else or another team: they are told, and the escalation begins again from there."""
    require_command(row, caller, "reassign")
    who = envelope(caller, row, key)
    try:
        async with parts.sessions() as session:
            command = await reassignment(session, parts.catalogue, parts.settings, row, body.to, who, body.note)
    except UnknownName as why:
        raise Problem.of_field("to", str(why)) from why
    return await give(row, parts, caller, command)


@router.post("/unacknowledge/")
async def unacknowledge(
    row: IncidentRow, parts: Parts, caller: Caller, body: OptionalNote = None, key: Key = None
) -> Response:
    """Nobody has it in hand after all: the escalation begins again."""
    note = body.note if body else None
    return await give(row, parts, caller, Unacknowledge(**envelope(caller, row, key), note=note))


@router.post("/responders/")
async def ask(row: IncidentRow, parts: Parts, caller: Caller, body: AskIn, key: Key = None) -> Response:
    """Ask more people to join; each is told by their own rules, and accepts or declines."""
    require_command(row, caller, "page_people")
    await _require_known(parts, "people", body.people)
    people = tuple(dict.fromkeys(body.people))
    return await give(row, parts, caller, PagePeople(**envelope(caller, row, key), people=people, note=body.note))


@router.post("/responders/accept/")
async def accept(
    row: IncidentRow, parts: Parts, caller: Caller, body: OptionalNote = None, key: Key = None
) -> Response:
    """Join, when one was asked to."""
    note = body.note if body else None
    return await give(row, parts, caller, AnswerCall(**envelope(caller, row, key), accepted=True, note=note))


@router.post("/responders/decline/")
async def decline(
    row: IncidentRow, parts: Parts, caller: Caller, body: OptionalNote = None, key: Key = None
) -> Response:
    """Do not join, though one was asked to."""
    note = body.note if body else None
    return await give(row, parts, caller, AnswerCall(**envelope(caller, row, key), accepted=False, note=note))


@router.post("/roles/")
async def give_role(
    row: IncidentRow, parts: Parts, caller: Caller, body: Annotated[RoleIn, Body()], key: Key = None
) -> Response:
    """Give somebody a role in the response, or, with null, nobody."""
    require_command(row, caller, "give_role")
    await _require_known(parts, "person", [body.person] if body.person else [])
    return await give(row, parts, caller, GiveRole(**envelope(caller, row, key), role=body.role, person=body.person))


async def _require_known(parts: Container, field: str, people: list[str]) -> None:
    """Return when everybody has an account.

    Raises:
        Problem: 422, naming the field.
    """
    try:
        async with parts.sessions() as session:
            await require_people(session, parts.catalogue, people)
    except UnknownName as why:
        raise Problem.of_field(field, str(why)) from why
