"""`/users/{id}/…`: the inbox, contact methods and their codes, test pages, readiness."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.catalogue.endpoints import Reference, found
from api.catalogue.people import PEOPLE, may_change_person
from api.contact_methods import (
    add_method,
    change_method,
    person_to_change,
    require_method,
    send_code,
    send_test_pages,
    shown,
    try_code,
    ways_to,
)
from api.problems import Problem
from api.requests import Caller, Cursor, JsonRoute, Limit, Parts, decode_cursor, encode_cursor, page
from api.schemas import Line, PlannableInstant
from db.catalogue.entries import find
from db.contact_methods import methods_of
from domain.channels import ChannelName
from domain.notice import for_eyes_of
from domain.readiness import reachability

router = APIRouter(prefix="/users/{id}", tags=["people"], route_class=JsonRoute)

HIDDEN = "A code, for its recipient alone."


class MethodIn(BaseModel):
    """A new address of a person."""

    model_config = ConfigDict(extra="forbid")

    channel: ChannelName
    address: Annotated[Line, Field(max_length=500)]


class AddressIn(BaseModel):
    """Another address."""

    model_config = ConfigDict(extra="forbid")

    address: Annotated[Line, Field(max_length=500)]


class CodeIn(BaseModel):
    """The code that was sent."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(pattern=r"^\s*\d{6}\s*$", description="Six digits")]


@router.get("/inbox/", tags=["inbox"])
async def inbox(
    id: Reference, parts: Parts, caller: Caller, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """Every message that was sent to a person, newest first; also of a team's `#channel` or an address."""
    recipient = id if id.startswith("#") else await _address_of(parts, caller, id)
    async with parts.sessions() as session:
        user = (await parts.catalogue.read(session)).user_named.get(recipient)
    readable = partial(
        for_eyes_of, recipient=recipient, reader=caller.email, may_change=may_change_person(caller, user)
    )
    position = decode_cursor(cursor, UUID)
    messages = await parts.inbox.latest(recipient, limit, position[0] if position else None)
    items = [
        {
            "id": message.id,
            "incident": f"INC-{number}" if number else None,
            "step": message.step,
            "channel": message.channel,
            "text": message.text if readable(message.step) else HIDDEN,
            "links": message.links,
            "received_at": message.received_at,
        }
        for message, number in messages
    ]
    return page(items, limit, lambda: encode_cursor(messages[-1][0].id))


@router.get("/readiness/")
async def readiness(
    id: Reference,
    parts: Parts,
    caller: Caller,
    at: Annotated[PlannableInstant | None, Query(description="When; now without it")] = None,
) -> dict[str, Any]:
    """Whether a person can be reached, by what, and what should be mended."""
    _, user, _ = await found(parts, caller, PEOPLE, id)
    at = at or datetime.now(UTC)
    return {"user": user.email, "at": at} | reachability(user, at)._asdict()


@router.get("/contact-methods/")
async def list_methods(id: Reference, parts: Parts, caller: Caller) -> dict[str, Any]:
    """A person's contact methods; for themselves and for managers."""
    person = await person_to_change(parts, caller, id)
    async with parts.sessions() as session:
        methods = await methods_of(session, person.id)
    return {"items": [shown(method) for method in methods], "next_cursor": None}


@router.post("/contact-methods/", status_code=201)
async def add(id: Reference, body: MethodIn, parts: Parts, caller: Caller) -> dict[str, Any]:
    """A new contact method; it is used once it is verified."""
    person = await person_to_change(parts, caller, id)
    return shown(await add_method(parts, person, body.channel, body.address))


@router.patch("/contact-methods/{method}/")
async def change(id: Reference, method: UUID, body: AddressIn, parts: Parts, caller: Caller) -> dict[str, Any]:
    """Another address; it must be verified anew."""
    person = await person_to_change(parts, caller, id)
    return shown(await change_method(parts, person, method, body.address))


@router.delete("/contact-methods/{method}/", status_code=204)
async def take_away(id: Reference, method: UUID, parts: Parts, caller: Caller) -> Response:
    """Delete a contact method."""
    person = await person_to_change(parts, caller, id)
    async with parts.sessions.begin() as session:
        await session.delete(await require_method(session, person, method))
    return Response(status_code=204)


@router.post("/contact-methods/{method}/send-code/")
async def send(id: Reference, method: UUID, parts: Parts, caller: Caller) -> dict[str, Any]:
    """Send a code of six digits that verifies the address; it holds for ten minutes and five tries."""
    person = await person_to_change(parts, caller, id)
    return {"sent": True, "expires_at": await send_code(parts, person, method)}


@router.post("/contact-methods/{method}/verify/")
async def verify(id: Reference, method: UUID, body: CodeIn, parts: Parts, caller: Caller) -> dict[str, Any]:
    """Verify the address by the code that was sent to it."""
    person = await person_to_change(parts, caller, id)
    return shown(await try_code(parts, person, method, body.code.strip()))


@router.post("/contact-methods/{method}/test/")
async def test_method(id: Reference, method: UUID, parts: Parts, caller: Caller) -> dict[str, Any]:
    """A test page by one contact method."""
    person = await person_to_change(parts, caller, id)
    async with parts.sessions() as session:
        row = await require_method(session, person, method)
    if row.verified_at is None:
        raise Problem(409, "This address is not verified, so nothing is sent to it: verify it with send-code/ first")
    ways = [(ChannelName(row.channel), row.address)]
    return {"items": await send_test_pages(parts, caller, person, ways), "next_cursor": None}


@router.post("/test-page/")
async def test_page(id: Reference, parts: Parts, caller: Caller) -> dict[str, Any]:
    """A test page by every way that can be used."""
    person = await person_to_change(parts, caller, id)
    return {"items": await send_test_pages(parts, caller, person, ways_to(person)), "next_cursor": None}


async def _address_of(parts: Parts, caller: Caller, reference: str) -> str:
    """The address of a person; one that is nobody's is an address all the same."""
    async with parts.sessions() as session:
        row = await find(session, PEOPLE.name, PEOPLE.reference(caller, reference))
    if row is None and "@" not in reference:
        raise Problem(404, f"There is no user {reference}: name them by UUID or e-mail address")
    return row.name if row else reference.replace("\x00", "")
