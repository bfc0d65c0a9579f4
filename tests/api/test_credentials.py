"""Whose token it is: what is known is not asked again, and guessing takes little of the database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import uuid4

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from api import authentication
from api.authentication import ASKED_AT_ONCE, Credentials
from api.problems import DATABASE_AWAY
from db import engine as connections
from db.access import Principal
from db.engine import Sessions
from db.models import Source, new_id
from db.tokens import hash_token


class Guarded:
    """Sessions, and how many there were, in all and at the same time."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self.opened = self.now = self.most = 0

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[AsyncSession]:
        self.opened, self.now = self.opened + 1, self.now + 1
        self.most = max(self.most, self.now)
        try:
            async with self._sessions() as session:
                yield session
        finally:
            self.now -= 1

    @property
    def sessions(self) -> Sessions:
        """As parts take them."""
        return cast("Sessions", self)


@pytest.fixture
def guarded(sessions: Sessions) -> Guarded:
    return Guarded(sessions)


async def test_a_token_that_nobody_has_is_asked_for_once_in_a_while(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials, token = Credentials(), uuid4().hex
    for _ in range(5):
        assert await credentials.caller(guarded.sessions, token, door=True) is None
    assert guarded.opened == 1
    monkeypatch.setattr(authentication, "UNKNOWN_SECONDS", 0.0)
    other = uuid4().hex
    for _ in range(2):
        await credentials.caller(guarded.sessions, other, door=True)
    assert guarded.opened == 3


async def test_a_key_that_was_unknown_is_known_as_soon_as_its_source_is(guarded: Guarded, sessions: Sessions) -> None:
    credentials, key = Credentials(), uuid4().hex
    assert await credentials.source(guarded.sessions, key) is None
    async with sessions.begin() as session:
        source = Source(id=new_id(), name=key, kind="generic", key_hash=hash_token(key), key_hint=key[-4:])
        session.add(source)
    credentials.forget()
    found = await credentials.source(guarded.sessions, key)
    assert found is not None and found.name == key
    async with sessions.begin() as session:
        await session.delete(source)


@pytest.mark.parametrize("key", ["", "nobody", "A" * 32, "ä" * 32, "a" * 31, "a" * 33, "a" * 31 + "\n", "-" * 32])
async def test_of_what_is_no_key_the_database_is_not_asked(guarded: Guarded, key: str) -> None:
    assert await Credentials().source(guarded.sessions, key) is None
    assert guarded.opened == 0


async def test_a_token_that_is_no_key_is_looked_for_once(guarded: Guarded, engine: AsyncEngine) -> None:
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    credentials = Credentials()
    await credentials.caller(guarded.sessions, "x" * 43, door=True)
    assert sum("FROM sources" in statement for statement in asked) == 0
    await credentials.caller(guarded.sessions, uuid4().hex, door=True)
    assert sum("FROM sources" in statement for statement in asked) == 1


async def test_guessing_takes_few_connections(guarded: Guarded) -> None:
    credentials = Credentials()
    guesses = (credentials.caller(guarded.sessions, uuid4().hex, door=True) for _ in range(50))
    assert await asyncio.gather(*guesses) == [None] * 50
    assert (guarded.opened, guarded.most) == (50, ASKED_AT_ONCE)


async def test_what_is_known_passes_those_who_guess(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody_answers(*_: Any) -> Principal | None:
        await asyncio.Event().wait()
        return None

    credentials, token = Credentials(), "known"
    principal = Principal(new_id(), "ana@example.com", "Ana", "admin")

    async def ana(*_: Any) -> Principal | None:
        return principal

    monkeypatch.setattr(authentication, "by_token", ana)
    assert await credentials.caller(guarded.sessions, token, door=False) == principal
    monkeypatch.setattr(authentication, "by_token", nobody_answers)
    guesses = [
        asyncio.create_task(credentials.caller(guarded.sessions, str(number), door=False)) for number in range(20)
    ]
    await asyncio.sleep(0)
    assert await credentials.caller(guarded.sessions, token, door=False) == principal
    for guess in guesses:
        guess.cancel()
    await asyncio.gather(*guesses, return_exceptions=True)


async def test_who_waits_too_long_is_told_that_the_database_is_away(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody_answers(*_: Any) -> Principal | None:
        await asyncio.Event().wait()
        return None

    monkeypatch.setattr(authentication, "by_token", nobody_answers)
    monkeypatch.setattr(connections, "CONNECT_TIMEOUT_SECONDS", 0.01)
    credentials = Credentials()
    hanging = [asyncio.create_task(credentials.caller(guarded.sessions, str(one), door=False)) for one in range(4)]
    await asyncio.sleep(0)
    with pytest.raises(DATABASE_AWAY):
        await credentials.caller(guarded.sessions, "another", door=False)
    for one in hanging:
        one.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)
