"""Pings are kept at once and told sparingly; what was not told, or was lost, is brought back by the relay."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from temporalio.service import RPCError, RPCStatusCode

from domain.intake.heartbeat import Switch
from gateway.heartbeats import HeartbeatWorkflows
from gateway.pings import KEPT_AT_ONCE, Pings
from tests.support.heartbeats import Board
from tests.support.house import House
from tests.support.waiting import WAIT_SECONDS, eventually


class Away(HeartbeatWorkflows):
    """Temporal does not answer, until it is back."""

    def __init__(self, house: House) -> None:
        super().__init__(house.client)
        self.is_back = False
        self.pinged: list[Switch] = []

    async def ping(self, switch: Switch) -> None:
        self.pinged.append(switch)
        if not self.is_back:
            raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")
        await super().ping(switch)


@pytest_asyncio.fixture
async def board(house: House) -> AsyncIterator[Board]:
    board = Board(house)
    yield board
    await board.clear()


async def test_every_ping_is_kept_and_few_are_told(board: Board) -> None:
    away = Away(board.house)
    pings = Pings(board.house.sessions, away)
    beating = await board.source(heartbeat_seconds=86_400)
    taken = [await pings.take(beating.key) for _ in range(50)]
    times = [ping.switch.last_ping_at for ping in taken if ping is not None and ping.switch is not None]
    assert len(times) == 50 and times == sorted(times)
    kept = await beating.kept()
    assert kept is not None and kept.switch is not None and kept.switch.last_ping_at == times[-1]
    assert pings.waiting == 1


async def test_many_pings_at_once_leave_connections_for_everything_else(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = most = 0

    async def slow(*_: object) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.001)
        now -= 1

    monkeypatch.setattr("db.source_heartbeats.ping", slow)
    monkeypatch.setattr("db.engine.CONNECT_TIMEOUT_SECONDS", WAIT_SECONDS)
    pings = Pings(board.house.sessions, Away(board.house))
    await asyncio.gather(*(pings.take("key") for _ in range(50)))
    assert most == KEPT_AT_ONCE


async def test_a_return_is_told_though_another_ping_was_told_lately(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.pings.LEAST_PAUSE_SECONDS", 0.0)
    pings = Pings(board.house.sessions, Away(board.house))
    beating = await board.source(heartbeat_seconds=86_400)
    await pings.take(beating.key)
    await pings.take(beating.key)
    assert pings.waiting == 1
    await beating.write(missing_since=datetime.now(UTC))
    await pings.take(beating.key)
    assert pings.waiting == 2


async def test_temporal_that_is_away_stops_nobody_and_hears_the_next_ping(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.pings.LEAST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("gateway.pings.SIGNALS_PER_PERIOD", 1_000_000)
    away = Away(board.house)
    pings = Pings(board.house.sessions, away)
    beating = await board.source()
    telling = asyncio.create_task(pings.run())
    try:
        await pings.take(beating.key)
        await eventually(lambda: len(away.pinged) == 1)
        away.is_back = True
        await pings.take(beating.key)
        await eventually(lambda: len(away.pinged) == 2)

        async def started() -> bool:
            return bool([run async for run in board.client.list_workflows(f'WorkflowId = "{beating.handle.id}"')])

        await eventually(started)
    finally:
        telling.cancel()


async def test_a_full_queue_stops_nobody(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.pings.QUEUE_SIZE", 1)
    pings = Pings(board.house.sessions, Away(board.house))
    for _ in range(3):
        assert await pings.take((await board.source()).key) is not None
    assert pings.waiting == 1


async def test_the_relay_starts_what_was_never_told_and_brings_back_what_was_lost(board: Board) -> None:
    house = board.house
    untold, lost, unarmed = await board.source(), await board.source(), await board.source()
    await untold.ping(tell=False)
    await lost.ping()
    await lost.handle.terminate("as when Temporal's storage is gone")
    assert await house.relay.reconcile_heartbeats() == 2
    runs = [await untold.run_id(), await lost.run_id()]
    assert await house.relay.reconcile_heartbeats() == 2
    assert runs == [await untold.run_id(), await lost.run_id()], "those that run are left as they are"
    with pytest.raises(RPCError):
        await unarmed.handle.describe()


async def test_reconcile_is_part_of_the_watch(board: Board) -> None:
    beating = await board.source()
    await beating.ping(tell=False)
    async with board.house.working():

        async def there() -> bool:
            try:
                return bool(await beating.run_id())
            except RPCError:
                return False

        await eventually(there)
