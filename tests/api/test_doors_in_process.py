"""The doors in this process: where the work is done, and what is answered while the database is away."""

import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import delete

from api.app import create_app
from api.container import Container, open_container
from api.formats import FORMATS
from config.settings import Settings
from db.engine import Sessions
from db.models import Source, new_id
from db.tokens import hash_token
from tests.support.pagerduty import ENQUEUE, event


@dataclass
class Door:
    """The application, and a source that sends to it."""

    client: httpx.AsyncClient
    parts: Container
    key: str


@pytest_asyncio.fixture
async def door(settings: Settings, sessions: Sessions) -> AsyncIterator[Door]:
    key = uuid4().hex
    async with sessions.begin() as session:
        session.add(Source(id=new_id(), name=key, kind="pagerduty", key_hash=hash_token(key), key_hint=key[-4:]))
    app = create_app(settings)
    async with open_container(settings) as parts:
        app.state.container = parts
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://tocsin.test") as client:
            yield Door(client, parts, key)
    async with sessions.begin() as session:
        await session.execute(delete(Source).where(Source.name == key))


@pytest.mark.parametrize(("count", "aside"), [(1, False), (5000, True)])
async def test_a_large_body_is_not_read_on_the_event_loop(
    door: Door, monkeypatch: pytest.MonkeyPatch, count: int, aside: bool
) -> None:
    threads: list[threading.Thread] = []

    def read(body: Any, headers: Any) -> list[Any]:
        threads.append(threading.current_thread())
        return []

    monkeypatch.setitem(FORMATS, "generic", read)
    body = [{"title": "Disk full"}] * count
    answer = await door.client.post("/api/v1/alerts/generic/", params={"token": door.key}, json=body)
    assert answer.status_code == 200
    assert [thread is not threading.main_thread() for thread in threads] == [aside]


async def test_without_a_database_a_client_is_told_to_try_again(door: Door) -> None:
    assert (await door.client.post(ENQUEUE, json=event(door.key))).status_code == 202
    await door.parts.intake_pool.close()
    assert (await door.client.post(ENQUEUE, json=event(door.key))).status_code == 503
    genie = {"Authorization": f"GenieKey {door.key}"}
    assert (await door.client.post("/v2/alerts", json={"message": "x"}, headers=genie)).status_code == 503


async def test_without_a_database_pagerdutys_clients_read_it_in_their_shape(door: Door) -> None:
    await door.parts.intake_pool.close()
    for path in (ENQUEUE, "/v2/change/enqueue"):
        answer = await door.client.post(path, json=event(door.key))
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/json")
        said = answer.json()
        assert said.keys() == {"status", "message", "errors"} and isinstance(said["errors"], list)


async def test_what_cannot_be_stored_is_an_invalid_event(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unstorable(*_: Any, **__: Any) -> Any:
        raise psycopg.DataError("out of range")

    monkeypatch.setattr(door.parts.intake, "take", unstorable)
    answer = await door.client.post(ENQUEUE, json=event(door.key))
    assert (answer.status_code, answer.json()["status"]) == (400, "invalid event")
    assert answer.json()["errors"]
