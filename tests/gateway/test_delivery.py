"""What the outbox says reaches Temporal, once in its effect, however often it is said."""

import asyncio
from uuid import uuid4

import pytest
import structlog

from db import outbox
from domain.channels import ChannelName
from domain.policy import OnCall, Policy, Step
from domain.severity import Severity
from domain.target import TeamMembers
from gateway.outbox import OutboxDelivery
from gateway.workflows import ForeignWorkflow, Workflows, workflow_id
from tests.support.house import House, Told
from tests.support.servers import Addresses
from tests.support.unreachable import dead_client, line_to
from tests.support.values import an_alert
from tests.support.waiting import eventually
from workflows.state import IncidentState


async def test_delivering_twice_doubles_nothing(product: House) -> None:
    incident = await product.report()
    state = await product.initial_state(incident.id)
    await product.workflows.start(state)
    await product.workflows.start(state)
    await incident.until_finished()
    await incident.until_step("p1.r1.s1")
    assert len(await incident.pages()) == len(await product.inbox(incident.id)) == 4
    assert (await incident.types()).count("ORCHESTRATION_FINISHED") == 1


async def test_a_policy_that_takes_one_of_a_team_that_is_gone_keeps_nobody_from_being_paged(product: House) -> None:
    gone = TeamMembers(team="Gone", pick="round_robin", channel=ChannelName.SMS)
    policy = Policy(name="turns", steps=(Step(after_seconds=0, targets=(gone, OnCall(channel=ChannelName.SMS))),))
    incident = await product.report(service_name=await product.make_service(policy))
    await incident.until_step("p1.r1.s1")
    assert [page[1] for page in await incident.pages() if page[0] == "p1.r1.s1"] == ["ana@example.com"]


async def test_a_fault_with_one_incident_holds_up_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = [Told(house, await house.admit(an_alert(fingerprint=mark))) for mark in ("broken", "sound")]
    start = house.workflows.start

    async def fails_for_one(state: IncidentState, *, again: bool = False) -> None:
        if state.incident.id == broken.id:
            raise KeyError("Gone")
        await start(state, again=again)

    monkeypatch.setattr(house.workflows, "start", fails_for_one)

    async def told() -> bool:
        await house.delivery.deliver_due(10)
        return not await house.outbox(sound.id)

    await eventually(told)
    assert await house.workflows.is_running(sound.number)
    (waits,) = await house.outbox(broken.id)
    assert "KeyError: 'Gone'" in (waits.last_error or "")


async def test_a_workflow_of_another_incident_under_the_same_id_is_a_loud_error(house: House) -> None:
    admitted = await house.admit(an_alert())
    incident = Told(house, admitted)
    foreign = await house.initial_state(incident.id)
    other = foreign.incident.model_copy(update={"id": uuid4()})
    await house.workflows.start(foreign.model_copy(update={"incident": other}))
    with pytest.raises(ForeignWorkflow, match="belongs to incident"):
        await house.workflows.start(foreign)

    async def refused() -> bool:
        await house.delivery.drain(incident.id)
        (waits,) = await house.outbox(incident.id)
        return "does another Tocsin database use" in (waits.last_error or "")

    with structlog.testing.capture_logs() as logs:
        await eventually(refused)
    errors = [log["error"] for log in logs if log["log_level"] == "error"]
    assert errors and all(str(incident.id) in error for error in errors)


async def test_temporal_away_keeps_the_outbox_and_everything_happens_when_it_is_back(house: House) -> None:
    away = OutboxDelivery(house.sessions, Workflows(await dead_client()), house.settings, house.catalogue)
    alert = an_alert()
    incident = Told(house, await house.admit(alert))
    assert (await away.deliver_due(50)) == (0, 1)
    await house.admit(alert)
    async with house.working():  # the relay's watch makes all of it due
        await incident.until_finished()
        await incident.until_type("ALERT_RECEIVED")
        await eventually(lambda: _empty(house))
    assert (await incident.types()).count("STATUS_CHANGE") == 1


async def test_a_delivery_that_is_broken_off_gives_its_row_back(
    house: House, addresses: Addresses, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = (await house.admit(an_alert())).incident["id"]
    async with line_to(addresses, namespace) as (line, client):
        line.freeze()
        far = House(house.engine, house.pool, client, house.settings)
        start, begun = far.workflows.start, asyncio.Event()

        async def noticed(state: IncidentState, *, again: bool = False) -> None:
            begun.set()
            await start(state, again=again)

        monkeypatch.setattr(far.workflows, "start", noticed)
        delivering = asyncio.create_task(far.delivery.drain(incident))
        await begun.wait()
        delivering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await delivering
    (row,) = await house.outbox(incident)
    assert (row.attempts, row.leased_until) == (1, None)


async def test_the_start_says_what_the_web_ui_and_the_search_need(house: House) -> None:
    incident = await house.report(severity=Severity.SEV2_HIGH)
    described = await incident.handle.describe()
    assert described.id == workflow_id(incident.number) == f"incident-INC-{incident.number}"
    assert described.workflow_type == "IncidentWorkflow"
    assert described.task_queue == "tocsin"


async def test_a_command_for_an_ended_workflow_becomes_a_note(product: House) -> None:
    incident = await product.report(severity="SEV4_LOW")
    await incident.until_finished()
    await incident.give("resolve")
    await incident.handle.result()
    command = {"kind": "acknowledge", "id": "late", "actor": "bo@example.com"}
    async with product.sessions.begin() as session:
        await outbox.put_command(session, incident.id, 1, command)
    await product.delivery.drain(incident.id)
    await incident.until_type("NOTE")
    (note,) = await incident.texts("NOTE")
    assert note.startswith("Acknowledge came too late")


async def _empty(house: House) -> bool:
    return not await house.outbox()
