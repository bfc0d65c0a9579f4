"""Pings by key, and how heartbeats stand."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from db import source_heartbeats
from db.source_heartbeats import Ping
from db.tokens import hash_token
from domain.intake.heartbeat import Standing
from tests.support.heartbeats import Board
from tests.support.house import House


@pytest_asyncio.fixture
async def board(house: House) -> AsyncIterator[Board]:
    board = Board(house)
    yield board
    await board.clear()


async def ping(board: Board, key: str) -> Ping | None:
    async with board.house.sessions.begin() as session:
        return await source_heartbeats.ping(session, hash_token(key))


async def test_a_key_that_nobody_has_or_that_is_no_longer_active(board: Board) -> None:
    assert await ping(board, uuid4().hex) is None
    beating = await board.source()
    await beating.set(is_active=False, heartbeat_seconds=300)
    assert await ping(board, beating.key) is None
    assert await beating.kept() is None


async def test_a_source_without_a_heartbeat_is_known_and_keeps_no_ping(board: Board) -> None:
    beating = await board.source("mute", heartbeat_seconds=None)
    taken = await ping(board, beating.key)
    assert taken is not None and (taken.source, taken.switch) == ("mute", None)
    assert await beating.kept() is None


async def test_standings_of_a_list(board: Board) -> None:
    waiting, alive, late, mute = (
        await board.source(),
        await board.source(),
        await board.source(),
        await board.source(heartbeat_seconds=None),
    )
    switch = await alive.ping(tell=False)
    await late.ping(tell=False, at=switch.last_ping_at - timedelta(days=365))
    async with board.house.sessions() as session:
        standings = await source_heartbeats.standings(session, [waiting.id, alive.id, late.id, mute.id, uuid4()])
    assert {source_id: one["status"] for source_id, one in standings.items()} == {
        waiting.id: Standing.WAITING, alive.id: Standing.OK, late.id: Standing.MISSING,
    }  # fmt: skip
    assert standings[alive.id] == {
        "status": "ok", "last_ping_at": switch.last_ping_at, "due_at": switch.due_at, "missing_since": None,
    }  # fmt: skip
    assert standings[waiting.id]["due_at"] is None


async def test_a_ping_never_goes_back_in_time_and_leaves_what_is_missing_to_the_workflow(board: Board) -> None:
    beating = await board.source(heartbeat_grace_seconds=60)
    first = await beating.ping(tell=False)
    ahead = first.last_ping_at + timedelta(hours=1)
    await beating.write(last_ping_at=ahead, missing_since=ahead)
    taken = await ping(board, beating.key)
    assert taken is not None and taken.switch is not None
    assert (taken.switch.last_ping_at, taken.switch.missing_since) == (ahead, ahead)
    assert (taken.switch.period_seconds, taken.switch.grace_seconds) == (300, 60)


async def test_armed_are_those_that_have_pinged_and_still_have_a_heartbeat(board: Board) -> None:
    armed, unarmed, inactive, removed = [await board.source() for _ in range(4)]
    for beating in (armed, inactive, removed):
        await beating.ping(tell=False)
    await inactive.set(is_active=False, heartbeat_seconds=300)
    await removed.set(heartbeat_seconds=None)
    await armed.set(heartbeat_seconds=60, what_a_later_version_knows=1)
    async with board.house.sessions() as session:
        switches = await source_heartbeats.armed(session)
    assert [(switch.source_id, switch.period_seconds) for switch in switches] == [(armed.id, 60)]
    assert await unarmed.kept() is None


async def test_a_heartbeat_that_was_set_again_is_not_forgotten(board: Board) -> None:
    again, inactive, removed = [await board.source() for _ in range(3)]
    for beating in (again, inactive, removed):
        await beating.ping(tell=False)
    await inactive.set(is_active=False, heartbeat_seconds=300)
    await removed.set(heartbeat_seconds=None)
    async with board.house.sessions.begin() as session:
        for beating in (again, inactive, removed):
            await source_heartbeats.disarm(session, beating.id)
    assert [await beating.kept() is not None for beating in (again, inactive, removed)] == [True, False, False]


@pytest.mark.parametrize("seconds", ["5m", "300", 1e30, 0, 2.5, [60], True])
async def test_a_heartbeat_of_a_later_version_is_none_and_hides_no_other(board: Board, seconds: Any) -> None:
    later, known = await board.source(), await board.source(heartbeat_grace_seconds=30)
    for beating in (later, known):
        await beating.ping(tell=False)
    await later.set(heartbeat_seconds=seconds)
    await known.set(heartbeat_seconds=60, heartbeat_grace_seconds="long")
    taken = await ping(board, later.key)
    assert taken is not None and taken.switch is None
    async with board.house.sessions.begin() as session:
        switches = await source_heartbeats.armed(session)
        assert [(one.source_id, one.period_seconds, one.grace_seconds) for one in switches] == [(known.id, 60, 0)]
        assert set(await source_heartbeats.standings(session, [later.id, known.id])) == {known.id}
        kept = await source_heartbeats.find(session, later.id)
        assert kept is not None and kept.switch is None
        await source_heartbeats.disarm(session, later.id)
    assert (await later.kept(), await known.kept() is not None) == (None, True)
