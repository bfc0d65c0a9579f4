"""The dead-man's switch of a source: armed, set back, run out once, returned, changed, taken away."""

from datetime import timedelta

from temporalio.client import WorkflowExecutionStatus

from tests.support.heartbeats import Beating, Board, skipping
from tests.support.house import House
from tests.support.waiting import eventually
from workflows.policies import HEARTBEAT_TURNS_PER_RUN

MINUTE = timedelta(minutes=1)


async def is_missing(beating: Beating) -> bool:
    kept = await beating.kept()
    return kept is not None and kept.missing_since is not None


async def run_out(beating: Beating) -> None:
    """Until the workflow knows it, too: the database does a moment before."""
    await beating.forward(minutes=6)
    await eventually(lambda: is_missing(beating))
    kept = await beating.kept()
    assert kept is not None
    await beating.knows(missing_since=kept.missing_since)


async def details(beating: Beating) -> str:
    return str(await beating.handle.query("__temporal_workflow_metadata"))


async def timers(beating: Beating) -> list[str]:
    """What the Web UI shows of each timer, in their order."""
    history = await beating.handle.fetch_history()
    return [
        event.user_metadata.summary.data.decode().strip('"')
        for event in history.events
        if event.HasField("timer_started_event_attributes")
    ]


async def test_armed_by_the_first_ping_and_runs_out_once(house: House) -> None:
    async with skipping(house) as board:
        beating = await board.source("nightly backup", heartbeat_severity="SEV1_CRITICAL", service_name="redis-prod")
        switch = await beating.ping()
        await beating.forward(minutes=4)
        assert board.reports.signals == []
        await run_out(beating)
        await beating.forward(minutes=12)
        (signal,) = board.reports.signals
        assert (signal.action, signal.fingerprint, signal.severity) == ("trigger", "heartbeat", "SEV1_CRITICAL")
        assert signal.title == "No heartbeat from nightly backup for 5 min"
        assert (signal.service_name, signal.labels) == ("redis-prod", {"heartbeat": "nightly backup"})
        assert signal.links == () and signal.detected_at == switch.due_at
        kept = await beating.kept()
        assert kept is not None and kept.missing_since == switch.due_at
        (source,) = board.reports.sources
        assert source.id == beating.id and source.settings.auto_resolve
        assert source.settings.service_name == "redis-prod"


async def test_a_ping_sets_the_timer_back(house: House) -> None:
    async with skipping(house) as board:
        beating = await board.source(heartbeat_grace_seconds=30)
        await beating.ping()
        for _ in range(3):
            await beating.forward(minutes=4)
            at = await beating.now()
            await beating.ping(at=at)
            await beating.knows(last_ping_at=at)
        assert board.reports.signals == []
        due = at + timedelta(seconds=330)
        assert (await timers(beating))[-1] == f"A ping is due by {due:%H:%M:%S} UTC"
        assert f"last ping {at:%H:%M:%S} UTC, due by {due:%H:%M:%S} UTC" in await details(beating)
        await beating.forward(minutes=6)
        await eventually(lambda: is_missing(beating))
        assert board.reports.signals[0].title.endswith("for 5 min 30 s")


async def test_pings_of_lost_signals_are_found_in_the_database(house: House) -> None:
    async with skipping(house) as board:
        beating = await board.source()
        switch = await beating.ping()
        at = switch.last_ping_at + 4 * MINUTE
        await beating.ping(tell=False, at=at)
        await beating.forward(minutes=6)
        await beating.knows(last_ping_at=at, missing_since=None)
        assert board.reports.signals == []
        await beating.forward(minutes=4)
        await eventually(lambda: is_missing(beating))
        assert board.reports.actions == ["trigger"]


async def test_a_ping_ends_what_is_missing_and_the_next_outage_is_another(house: House) -> None:
    async with skipping(house) as board:
        beating = await board.source()
        await beating.ping()
        await run_out(beating)
        assert "missing" in await details(beating)
        await beating.ping(at=await beating.now())
        await eventually(lambda: board.reports.actions == ["trigger", "resolve"])
        await beating.knows(missing_since=None)
        assert not await is_missing(beating)
        resolve = board.reports.signals[1]
        assert resolve.fingerprint == "heartbeat" and resolve.note.startswith("Pings have returned")
        await run_out(beating)
        assert board.reports.actions == ["trigger", "resolve", "trigger"]
        first, _, second = board.reports.signals
        assert first.started_at is not None and second.started_at is not None
        assert first.started_at < second.started_at  # else intake takes it for a late repetition of the first


async def test_a_lost_signal_still_ends_what_is_missing(house: House) -> None:
    async with skipping(house) as board:
        beating = await board.source()
        await beating.ping()
        await run_out(beating)
        await beating.ping(tell=False, at=await beating.now() + 4 * MINUTE)
        await beating.forward(minutes=6)
        await eventually(lambda: board.reports.actions == ["trigger", "resolve"])


async def test_a_ping_that_is_overdue_again_when_it_is_found_ends_nothing(house: House) -> None:
    async with skipping(house) as board:
        beating = await board.source()
        switch = await beating.ping()
        await run_out(beating)
        await beating.ping(tell=False, at=switch.last_ping_at + MINUTE / 2)
        await beating.forward(minutes=12)
        assert board.reports.actions == ["trigger"]


async def test_a_report_that_fails_is_made_again(house: House) -> None:
    async with skipping(house) as board:
        board.reports.failures = 2
        beating = await board.source()
        await beating.ping()
        await run_out(beating)
        assert board.reports.actions == ["trigger"]


async def test_a_changed_period_holds_from_now_on(house: House) -> None:
    async with skipping(house) as board:
        beating = await board.source(heartbeat_seconds=86_400)
        await beating.ping()
        await beating.set(heartbeat_seconds=120)
        await board.workflows.changed(beating.id)
        await beating.knows(period_seconds=120)
        await beating.forward(minutes=3)
        await eventually(lambda: board.reports.actions == ["trigger"])
        await beating.set(heartbeat_seconds=3600)  # by which it is not overdue: what was reported is over
        await board.workflows.changed(beating.id)
        await eventually(lambda: board.reports.actions == ["trigger", "resolve"])
        await beating.knows(period_seconds=3600, missing_since=None)


async def test_a_change_nobody_told_of_is_seen_within_the_hour(house: House) -> None:
    async with skipping(house) as board:
        beating = await board.source(heartbeat_seconds=86_400)
        await beating.ping()
        await beating.set(heartbeat_seconds=60)
        await beating.forward(minutes=61)
        await eventually(lambda: board.reports.actions == ["trigger"])


async def test_taken_away(house: House) -> None:
    async with skipping(house) as board:
        beating = await board.source()
        await beating.ping()
        await beating.set(heartbeat_seconds=None)
        await board.workflows.changed(beating.id)
        await beating.handle.result()
        assert await beating.kept() is None and board.reports.signals == []
        await beating.set(heartbeat_seconds=300)
        assert await house.relay.reconcile_heartbeats() == 0  # it waits for its first ping again
        await beating.ping()
        await beating.knows(missing_since=None)


async def test_taken_away_while_it_is_missing(house: House) -> None:
    async with skipping(house) as board:
        inactive = await board.source()
        await inactive.ping()
        await run_out(inactive)
        await inactive.set(is_active=False, heartbeat_seconds=300)
        await board.workflows.changed(inactive.id)
        await inactive.handle.result()
        assert board.reports.actions == ["trigger", "resolve"]
        assert board.reports.signals[1].note == "The heartbeat was taken away from the source"
        assert await inactive.kept() is None


async def test_a_source_that_is_deleted_ends_its_workflow(house: House) -> None:
    async with skipping(house) as board:
        beating = await board.source()
        await beating.ping()
        await beating.remove()
        await beating.forward(minutes=6)
        await beating.handle.result()
        assert board.reports.signals == []
        await board.workflows.changed(beating.id)  # nobody is there, and nobody needs to know


async def test_continues_as_new_and_loses_nothing(house: House) -> None:
    async with Board(house).working() as board:
        beating = await board.source()
        await beating.short(3)
        first = await beating.run_id()
        for _ in range(10):
            switch = await beating.ping()
            await beating.knows(last_ping_at=switch.last_ping_at)
        assert await beating.run_id() != first
        assert len((await beating.handle.fetch_history()).events) < 60
        await beating.set(heartbeat_seconds=1)
        await board.workflows.changed(beating.id)
        await eventually(lambda: board.reports.actions == ["trigger"])


async def test_a_run_has_at_most_500_events(house: House) -> None:
    async with Board(house).working() as board:
        beating = await board.source()
        await beating.ping()
        first = beating.board.client.get_workflow_handle(beating.handle.id, run_id=await beating.run_id())
        for _ in range(HEARTBEAT_TURNS_PER_RUN + 5):
            switch = await beating.ping()
            await beating.knows(last_ping_at=switch.last_ping_at)
        assert (await first.describe()).status is WorkflowExecutionStatus.CONTINUED_AS_NEW
        assert len((await first.fetch_history()).events) <= 500


async def test_a_signal_by_hand_without_input_looks(house: House) -> None:
    async with skipping(house) as board:
        beating = await board.source()
        switch = await beating.ping()
        at = switch.last_ping_at + MINUTE
        await beating.ping(tell=False, at=at)
        await beating.handle.signal("ping")
        await beating.knows(last_ping_at=at)
