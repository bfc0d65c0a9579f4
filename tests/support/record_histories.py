"""Record histories of tests/histories anew: `.venv/bin/python -m tests.support.record_histories [name …]`.

To be done when a change of the workflow is meant to be incompatible (before a release), never to silence
test_replay: incidents that are open while a new version is installed have histories like these.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from temporalio.client import Client, WorkflowHandle

from config.temporal import DATA_CONVERTER
from db.engine import make_engine, make_intake_pool
from db.outbox import NOW
from domain.channels import ChannelName
from domain.commands import Clear
from domain.policy import AssignRole, OpenWarRoom, Persist, Person, Policy, ResolveIt, Step, WaitUntilCovered
from domain.severity import Severity
from tests.support.heartbeats import Beating, Board
from tests.support.house import House, Told
from tests.support.providers import Trouble, troubled
from tests.support.servers import Servers, copy_template, make_settings
from tests.support.values import an_alert
from tests.support.waiting import eventually

HISTORIES = Path(__file__).parents[1] / "histories"


class Recorded(Protocol):
    """What has a workflow."""

    @property
    def handle(self) -> WorkflowHandle[Any, Any]: ...


Scenario = Callable[[House], Awaitable[Recorded]]


async def nobody_answers(house: House) -> Told:
    """A drill to the end of its rounds."""
    async with house.working():
        incident = await house.report(time_scale=1800.0)
        await incident.until_type("ESCALATED", 7, seconds=30)
        return incident


async def acknowledged_and_resolved(house: House) -> Told:
    """Every command a person gives, to the archived room."""
    async with house.working():
        incident = await house.report(time_scale=3600.0, impacted_scopes=("Security",))
        await incident.until_step("p1.r1.s1")
        for kind in ("escalate", "acknowledge", "mitigate", "resolve"):
            await incident.give(kind)
        await incident.handle.result()
        return incident


async def repaired_after_failures(house: House) -> Told:
    """A document that hangs, a room and a page that fail; the links follow, `repair` mends the rest."""
    documents, rooms, sms = Trouble("hangs"), Trouble("refuses"), Trouble("refuses")
    house = house.with_settings(link_grace_seconds=0.5)
    async with house.working(troubled(house.sessions, documents=documents, rooms=rooms, sms=sms)):
        incident = await house.report()
        await incident.until_type("FAILURE", 2)
        documents.mend()
        await incident.until_step("p1.links")
        await incident.until_finished()
        rooms.mend()
        sms.mend()
        await incident.give("repair")
        await incident.until_finished(count=2)
        return incident


async def severity_raised(house: House) -> Told:
    """A worse alert begins a second generation; acknowledged by a signal without input."""
    async with house.working():
        alert = an_alert(severity=Severity.SEV3_MEDIUM)
        incident = await house.report(alert)
        await incident.until_finished()
        await house.report(alert.model_copy(update={"severity": Severity.SEV1_CRITICAL}))
        await incident.until_step("p2.r1.s1")
        await incident.handle.signal("acknowledge")
        await incident.until_type("STATUS_CHANGE", 2)
        return incident


async def continued_as_new(house: House) -> Told:
    """The run that follows another one, on a ladder that goes on."""
    async with house.working():
        incident = await house.report_short(3, time_scale=600.0)
        first = (await incident.handle.describe()).run_id
        for number in range(3):
            await incident.give("comment", text=f"note {number}")

        async def continued() -> bool:
            return (await incident.handle.describe()).run_id != first

        await eventually(continued)
        await incident.until_step("p1.r1.s3", seconds=30)
        return incident


async def back_to_normal(house: House) -> Told:
    """A clear that waits and that an alert calls off, and one that waits to its end; in drill time."""
    async with house.working():
        incident = await house.report(time_scale=600.0, fingerprint="flaps")
        await incident.until_finished()
        await _clear(incident, seconds=36_000)
        await incident.until_type("NOTE")
        await house.report(time_scale=600.0, fingerprint="flaps")
        await incident.until_type("NOTE", 2)
        await _clear(incident, seconds=600)
        await incident.handle.result()
        return incident


async def _clear(incident: Told, seconds: float) -> None:
    async with incident.house.sessions() as session:
        now = (await session.execute(NOW)).scalar_one()
    clear = Clear(id=f"clear {now}", actor="grafana", via="alerts", as_of=now, auto=True, delay_seconds=seconds)
    await incident.handle.signal("command", clear)


async def handed_on(house: House) -> Told:
    """Un-acknowledged, snoozed to its end, reassigned, asked to join, made worse, a scope added; in drill time."""
    async with house.working():
        incident = await house.report(time_scale=600.0, severity=Severity.SEV2_HIGH)
        await incident.until_step("p1.r1.s1")
        await incident.give("acknowledge")
        await incident.give("unacknowledge")
        await incident.until_step("p2.r1.s1", seconds=30)
        await incident.give("snooze", until=(datetime.now(UTC) + timedelta(seconds=1)).isoformat())
        await incident.until_step("p3.r1.s1", seconds=30)
        await incident.give("reassign", to="bo@example.com")
        await incident.until_step("p4.created", seconds=30)
        await incident.give("page_people", people=["cy@example.com"])
        await incident.until_step("page1", seconds=30)
        await incident.give("answer_call", accepted=True, actor="cy@example.com")
        await incident.give("amend", severity="SEV1_CRITICAL", title="Worse")
        await incident.until_step("p5.r1.s1", seconds=30)
        await incident.give("acknowledge")
        await incident.give("amend", impacted_scopes=["Security"])
        await incident.until_step("p5.scope.Security", seconds=30)
        await incident.give("resolve")
        await incident.handle.result()
        return incident


async def rungs_of_every_kind(house: House) -> Told:
    """Two acknowledgements, a hold, a room, a role, a persist deadline, a time-out, a policy that resolves."""
    boss = Person(email="dee@example.com", channel=ChannelName.SMS)
    policy = Policy(
        name="every kind",
        steps=(
            Step(after_seconds=0, targets=(Person(email="bo@example.com"),)),
            WaitUntilCovered(after_seconds=60, schedule="nobody's", at_most_seconds=600),
            OpenWarRoom(after_seconds=120),
            AssignRole(after_seconds=180, role="incident commander", to=boss),
            ResolveIt(after_seconds=4000, note="it passes"),
        ),
        max_rounds=1,
        acknowledgements=2,
        acknowledgement_timeout_seconds=1800,
        persist=(Persist(after_seconds=600, targets=(boss,)),),
    )
    async with house.working():
        incident = await house.report(service_name=await house.make_service(policy), time_scale=600.0)
        await incident.until_step("p1.r1.s4", seconds=30)
        for who in ("ana@example.com", "bo@example.com"):
            await incident.give("acknowledge", actor=who)
        await incident.until_step("p1.persist1", seconds=30)
        await incident.until_step("p2.r1.s4", seconds=30)
        await incident.handle.result()
        return incident


async def heartbeat_missing_and_returned(house: House) -> Beating:
    """A ping, none for a second, pings again; another period, and in the end no heartbeat at all."""
    async with Board(house).working() as board:
        beating = await board.source("nightly backup", heartbeat_seconds=1)
        await beating.ping()
        await eventually(lambda: board.reports.actions == ["trigger"])
        await beating.set(heartbeat_seconds=600)
        await beating.ping()
        await eventually(lambda: board.reports.actions == ["trigger", "resolve"])
        await board.workflows.changed(beating.id)
        await beating.set(is_active=False, heartbeat_seconds=600)
        await board.workflows.changed(beating.id)
        await beating.handle.result()
        return beating


async def heartbeat_continued_as_new(house: House) -> Beating:
    """The run that follows another one, with a timer that is set back."""
    async with Board(house).working() as board:
        beating = await board.source("nightly backup")
        await beating.short(5)
        first = await beating.run_id()
        for _ in range(8):
            switch = await beating.ping()
            await beating.knows(last_ping_at=switch.last_ping_at)
        assert await beating.run_id() != first
        return beating


SCENARIOS: tuple[Scenario, ...] = (
    nobody_answers,
    acknowledged_and_resolved,
    repaired_after_failures,
    severity_raised,
    continued_as_new,
    back_to_normal,
    handed_on,
    rungs_of_every_kind,
    heartbeat_missing_and_returned,
    heartbeat_continued_as_new,
)


async def record(scenario: Scenario, house: House) -> None:
    """Write down one history."""
    recorded = await scenario(house)
    history = await recorded.handle.fetch_history()
    name = getattr(scenario, "__name__", str(scenario))
    (HISTORIES / f"{name}.json").write_text(history.to_json() + "\n")


async def record_all(url: str, temporal: str, home: Path, names: list[str]) -> None:
    """Write down every history, or those that are named."""
    settings = make_settings(home, url, temporal)
    engine = make_engine(url)
    client = await Client.connect(temporal, namespace="main", data_converter=DATA_CONVERTER)
    async with make_intake_pool(url) as pool:
        for scenario in SCENARIOS:
            if not names or getattr(scenario, "__name__", "") in names:
                await record(scenario, House(engine, pool, client, settings))
    await engine.dispose()


def main() -> None:
    """Start servers, record, stop them."""
    servers = Servers(["main"])
    try:
        addresses = servers.start()
        copy_template(addresses.postgres, "recording")
        with TemporaryDirectory() as home:
            asyncio.run(record_all(addresses.database("recording"), addresses.temporal, Path(home), sys.argv[1:]))
    finally:
        servers.stop()


if __name__ == "__main__":
    main()
