"""What Opsgenie's clients call of its alert API, in Opsgenie's own shapes: create, acknowledge, close, note, look.

A source's key is the GenieKey. A request's id is the id under which it is kept, so that its status can be asked for.
"""

import math
import time
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic_core import from_json

from api.authentication import token_of
from api.container import Container
from api.formats import Unreadable, opsgenie
from api.formats.reading import kept
from api.opsgenie_shapes import Failure, OpsgenieRoute, answer, listed, request_status, single
from api.requests import Parts
from db.aliases import alias_of_incident, known_alert, open_alerts, received
from db.models import new_id
from domain.intake.signal import Action, Signal, fitting, plain
from domain.intake.source import Source

router = APIRouter(prefix="/v2/alerts", tags=["opsgenie"], route_class=OpsgenieRoute)

SUPPORTED = "create, acknowledge, close, notes, get, list and the status of a request"
_ACTIONS = {"acknowledge": Action.ACKNOWLEDGE, "close": Action.RESOLVE, "notes": Action.NOTE}
_MOST = 100
_OF = Query("id", alias="identifierType", max_length=20, description="`id`, `alias` or `tiny`")


async def _sender(request: Request, parts: Parts) -> Source:
    """The source whose key came with the request.

    Raises:
        Failure: there is none, or it sends more than it may.
    """
    key = token_of(request.scope, door=True)
    source = await parts.credentials.caller(parts.sessions, key, door=True) if key else None
    if key is None or not isinstance(source, Source):
        raise Failure(401, "Could not authenticate: send the key of a source as 'Authorization: GenieKey …'")
    wait = parts.limits.wait(key, source, time.monotonic())
    if wait > 0:
        seconds = str(math.ceil(wait))
        raise Failure(429, f"You are making too many requests: try again in {seconds} s", {"Retry-After": seconds})
    if source.secret is not None:
        raise Failure(422, f"The source '{source.name}' signs what it sends: it may not use Opsgenie's API")
    return source.model_copy(update={"kind": "opsgenie"})


Sender = Annotated[Source, Depends(_sender)]


@router.post("", status_code=202)
@router.post("/", include_in_schema=False)
async def create(request: Request, sender: Sender, parts: Parts) -> Response:
    """Create an alert, or repeat the one that has its alias."""
    id, body = new_id(), await _body(request)
    try:
        (signal, *_) = opsgenie.read(body, {})
    except Unreadable as error:
        await parts.intake.refuse(sender, "", str(error))
        raise Failure(422, f"Request body is not processable: {error}") from error
    if signal.fingerprint is None:  # Opsgenie's alias is the alert's id when it was given none
        signal = signal.model_copy(update={"fingerprint": str(id)})
    await parts.intake.take([signal], sender, keep_as=id)
    return answer(request, 202, id, result="Request will be processed")


@router.get("")
@router.get("/", include_in_schema=False)
async def alerts(
    request: Request,
    sender: Sender,
    parts: Parts,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = 20,
) -> Response:
    """Alerts of the source that fire and whose incidents are open; a `query` is not looked at."""
    assert sender.id is not None
    async with parts.sessions() as session:
        rows = await open_alerts(session, sender.id, sender.scope, offset, limit)
    return answer(request, 200, data=[listed(row) for row in rows], paging={})


@router.get("/requests/{request_id}")
@router.get("/requests/{request_id}/", include_in_schema=False)
async def status(request_id: str, request: Request, sender: Sender, parts: Parts) -> Response:
    """What became of a request."""
    id = _uuid(request_id)
    assert sender.id is not None
    async with parts.sessions() as session:
        found = await received(session, sender.id, id) if id else None
    if found is None:
        raise Failure(404, "Request not found. It might not be processed, yet.")
    return answer(request, 200, found.row["id"], data=request_status(found, sender.id))


@router.get("/{identifier:path}")
@router.get("/{identifier:path}/", include_in_schema=False)  # goes first: registered from below
async def alert(identifier: str, request: Request, sender: Sender, parts: Parts, kind: str = _OF) -> Response:
    """One alert; an alias may have slashes in it."""
    if "/" in identifier and kind.lower() != "alias":
        raise _unsupported()
    assert sender.id is not None
    alias = await _alias(identifier, kind, sender, parts)
    async with parts.sessions() as session:
        row = await known_alert(session, sender.id, sender.scope, alias)
    if row is None:
        raise Failure(404, f"Alert with {kind} [{plain(identifier)[:100]}] is not found")
    return answer(request, 200, data=single(dict(row)))


@router.post("/{identifier:path}/{action}", status_code=202)
@router.post("/{identifier:path}/{action}/", include_in_schema=False)
async def act(
    identifier: str, action: str, request: Request, sender: Sender, parts: Parts, kind: str = _OF
) -> Response:
    """Acknowledge or close an alert, or add a note; the request's status tells when it is not open."""
    wanted = _ACTIONS.get(action)
    if wanted is None:
        raise _unsupported()
    id, body = new_id(), await _body(request, empty=True)
    note = plain(body.get("note"))
    if wanted is Action.NOTE and not note.strip():
        raise Failure(422, "Request body is not processable: note must not be empty")
    alias = await _alias(identifier, kind, sender, parts)
    signal = Signal(
        action=wanted,
        title=f"{action}: {alias}",
        fingerprint=alias,
        note=note,
        actor=body.get("user"),
        raw=kept({"identifier": identifier, "identifierType": kind, "action": action, "body": body}),
    )
    await parts.intake.take([signal], sender, keep_as=id)
    return answer(request, 202, id, result="Request will be processed")


@router.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
async def unsupported(path: str, sender: Sender) -> Response:
    """Everything else of Opsgenie's alert API."""
    raise _unsupported()


def _unsupported() -> Failure:
    return Failure(422, f"Tocsin does not do this. Of Opsgenie's alert API it takes: {SUPPORTED}")


async def _alias(identifier: str, kind: str, sender: Source, parts: Container) -> str:
    """The alias of an alert; what is no known id or number may be one, and nothing is open for it if it is not.

    Raises:
        Failure: there is no such way of naming an alert.
    """
    assert sender.id is not None
    found: str | None = None
    async with parts.sessions() as session:
        match kind.lower():
            case "id" if id := _uuid(identifier):
                row = await received(session, sender.id, id)
                found = row.row["fingerprint"] if row else None
            case "tiny" if identifier.isascii() and identifier.isdecimal() and len(identifier) <= 18:
                found = await alias_of_incident(session, sender.id, int(identifier))
            case "id" | "tiny" | "alias":
                pass
            case _:
                raise Failure(422, "identifierType must be id, alias or tiny")
    alias = found or fitting(identifier)
    if alias is None:
        raise Failure(422, "identifier must not be empty")
    return alias


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def _body(request: Request, *, empty: bool = False) -> dict[str, Any]:
    raw = await request.body()
    if empty and not raw.strip():
        return {}
    try:
        body = from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        raise Failure(422, f"Request body is not processable: it is not valid JSON: {error}") from error
    if not isinstance(body, dict):
        raise Failure(422, "Request body is not processable: it must be a JSON object")
    return body
