"""Passwords that people give themselves, and managers give to others."""

import asyncio
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.contact_methods import Person
from api.container import Container
from api.problems import Problem
from api.schemas import Text
from api.sign_in import SIGN_IN
from config.passwords import hash_password, password_matches
from db.access import Principal, password_of, set_password

LEAST_LENGTH, LONGEST = 10, 1000


class PasswordIn(BaseModel):
    """A new password."""

    model_config = ConfigDict(extra="forbid")

    password: Annotated[Text, Field(min_length=LEAST_LENGTH, max_length=LONGEST)]
    current: Annotated[Text, Field(max_length=LONGEST)] | None = None
    """The one before, of whoever changes their own."""


async def give_password(parts: Container, caller: Principal, person: Person, wanted: PasswordIn) -> None:
    """Another password; whoever was signed in with the one before is signed out.

    Raises:
        Problem: 422, somebody's own was not proved by the one before; 429, they tried it too often.
    """
    if person.id == caller.id:
        await _require_current(parts, person, wanted.current)
    hashed = await asyncio.to_thread(hash_password, wanted.password)
    async with parts.sessions.begin() as session:
        await set_password(session, person.id, hashed)
    parts.credentials.forget()


async def _require_current(parts: Container, person: Person, current: str | None) -> None:
    """Somebody who finds a token, or an open browser, cannot take the account over with it."""
    async with parts.sessions() as session:
        stored = await password_of(session, person.id)
    if stored is None:
        return
    SIGN_IN.require(str(person.id))
    if not await asyncio.to_thread(password_matches, stored, current or ""):
        raise Problem.of_field("current", "must be your password until now")
