"""`/users/{id}/password/` and `…/tokens/`: how people come to sign in, and how they lose it again."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.catalogue.endpoints import Reference
from api.contact_methods import person_to_change
from api.passwords import PasswordIn, give_password
from api.problems import Problem
from api.requests import Caller, JsonRoute, Parts
from api.schemas import Instant, Line
from db.access import issue_token, revoke_token, tokens_of

router = APIRouter(prefix="/users/{id}", tags=["people"], route_class=JsonRoute)

MOST_TOKENS = 50


class TokenIn(BaseModel):
    """A new API token."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Line, Field(max_length=100, description="What it is for")]
    expires_at: Instant | None = None


@router.put("/password/", status_code=204)
async def password(id: Reference, body: PasswordIn, parts: Parts, caller: Caller) -> Response:
    """Give a person another password. Whoever was signed in with the one before is signed out."""
    await give_password(parts, caller, await person_to_change(parts, caller, id), body)
    return Response(status_code=204)


@router.get("/tokens/")
async def list_tokens(id: Reference, parts: Parts, caller: Caller) -> dict[str, Any]:
    """A person's tokens that hold; their texts are not kept."""
    person = await person_to_change(parts, caller, id)
    async with parts.sessions() as session:
        tokens = await tokens_of(session, person.id)
    items = [{"id": one.id, "name": one.name, "expires_at": one.expires_at} for one in tokens]
    return {"items": items, "next_cursor": None}


@router.post("/tokens/", status_code=201)
async def issue(id: Reference, body: TokenIn, parts: Parts, caller: Caller) -> dict[str, Any]:
    """A new API token with the person's role; its text is shown this once."""
    person = await person_to_change(parts, caller, id)
    if body.expires_at is not None and body.expires_at <= datetime.now(UTC):
        raise Problem.of_field("expires_at", "must be later than now")
    async with parts.sessions.begin() as session:
        if len(await tokens_of(session, person.id)) >= MOST_TOKENS:
            raise Problem(409, f"{MOST_TOKENS} tokens are enough: revoke one first")
        token = await issue_token(session, person.id, body.name, body.expires_at)
    return {"name": body.name, "expires_at": body.expires_at, "token": token}


@router.delete("/tokens/{token}/", status_code=204)
async def revoke(id: Reference, token: UUID, parts: Parts, caller: Caller) -> Response:
    """Revoke a token; every process refuses it after a few seconds at the latest."""
    person = await person_to_change(parts, caller, id)
    async with parts.sessions.begin() as session:
        if not await revoke_token(session, person.id, token):
            raise Problem(404, f"{person.user.email} has no token {token}")
    parts.credentials.forget()
    return Response(status_code=204)
