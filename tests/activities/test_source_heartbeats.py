"""Reports of heartbeats: once, also by an attempt that follows one that died in the middle."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.testing import ActivityEnvironment

from activities.contracts import HeartbeatReport, WhoseHeartbeat
from activities.source_heartbeats import HeartbeatActivities
from db import source_heartbeats
from domain.intake.heartbeat import Switch
from tests.support.heartbeats import Beating, Board
from tests.support.house import House

run = ActivityEnvironment().run


@pytest_asyncio.fixture
async def board(house: House) -> AsyncIterator[Board]:
    board = Board(house)
    yield board
    await board.clear()


@pytest.fixture
def activities(board: Board) -> HeartbeatActivities:
    return HeartbeatActivities(board.house.sessions, board.reports)


async def overdue(beating: Beating) -> tuple[Switch, HeartbeatReport]:
    """After a ping that is too long ago by the instant of the report."""
    switch = await beating.ping(tell=False)
    return switch, HeartbeatReport(source_id=beating.id, at=switch.due_at + timedelta(seconds=1))


async def test_run_out_and_returned_are_reported_once_each(board: Board, activities: HeartbeatActivities) -> None:
    beating = await board.source()
    switch, late = await overdue(beating)
    for _ in range(2):
        answer = await run(activities.report_heartbeat, late)
        assert answer is not None and answer.missing_since == switch.due_at
    back = HeartbeatReport(source_id=beating.id, at=switch.due_at - timedelta(seconds=1))
    for _ in range(2):
        answer = await run(activities.report_heartbeat, back)
        assert answer is not None and answer.missing_since is None
    assert board.reports.actions == ["trigger", "resolve"]


async def test_what_died_before_it_was_marked_is_reported_again_as_the_same_episode(
    board: Board, activities: HeartbeatActivities, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, late = await overdue(await board.source())

    async def dies(*_: object) -> None:
        raise OSError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(source_heartbeats, "mark_missing", dies)
        with pytest.raises(OSError, match="killed"):
            await run(activities.report_heartbeat, late)
    await run(activities.report_heartbeat, late)
    first, second = board.reports.signals
    assert first == second and first.started_at == late.at


async def test_a_report_that_cannot_be_made_marks_nothing(board: Board, activities: HeartbeatActivities) -> None:
    beating = await board.source()
    _, late = await overdue(beating)
    board.reports.failures = 1
    with pytest.raises(RuntimeError):
        await run(activities.report_heartbeat, late)
    kept = await beating.kept()
    assert kept is not None and kept.missing_since is None


async def test_a_ping_that_came_this_moment_is_seen(board: Board, activities: HeartbeatActivities) -> None:
    beating = await board.source()
    switch, late = await overdue(beating)
    await beating.write(last_ping_at=switch.due_at)
    answer = await run(activities.report_heartbeat, late)
    assert answer is not None and answer.last_ping_at == switch.due_at
    assert board.reports.signals == []


async def test_taken_away_is_over_and_forgotten_once(board: Board, activities: HeartbeatActivities) -> None:
    beating = await board.source()
    _, late = await overdue(beating)
    await run(activities.report_heartbeat, late)
    whose = WhoseHeartbeat(source_id=beating.id)
    await run(activities.disarm_heartbeat, whose)  # it is armed: nothing happens
    assert await beating.kept() is not None
    await beating.set(heartbeat_seconds=None)
    assert await run(activities.look_for_ping, whose) is None
    assert await run(activities.report_heartbeat, late) is None
    for _ in range(2):
        await run(activities.disarm_heartbeat, whose)
    assert await beating.kept() is None
    assert board.reports.actions == ["trigger", "resolve"]


async def test_a_source_that_never_pinged_or_is_gone(board: Board, activities: HeartbeatActivities) -> None:
    beating = await board.source()
    whose = WhoseHeartbeat(source_id=beating.id)
    assert await run(activities.look_for_ping, whose) is None
    await beating.remove()
    assert await run(activities.look_for_ping, whose) is None
    await run(activities.disarm_heartbeat, whose)
