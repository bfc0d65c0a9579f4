"""Acknowledge, mitigate, resolve, notes, escalate: by update, by signal, twice, too early and too late."""

import asyncio

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.channels import ChannelName
from domain.commands import Acknowledge, Comment, Mitigate, Resolve
from domain.policy import Manager, OnCall, Policy, Step
from gateway.commands import Answer, Forbidden
from tests.support.house import House
from tests.support.providers import Trouble, troubled
from tests.support.waiting import WAIT_SECONDS, eventually

EVERY_SECOND = Policy(
    name="quick",
    steps=tuple(Step(after_seconds=n, targets=(OnCall(channel=ChannelName.SMS),)) for n in range(20)),
    max_rounds=1,
)


async def test_acknowledge_stops_the_ladder_and_the_answer_comes_after_the_commit(product: House) -> None:
    service = await product.make_service(EVERY_SECOND)
    incident = await product.report(service_name=service)
    await incident.until_step("p1.r1.s2")
    assert await incident.give("acknowledge", note="on it") is Answer.DONE
    row = await incident.row()
    assert (row["status"], row["acknowledged_by"], row["lead"]) == ("ACKNOWLEDGED", *["ana@example.com"] * 2)
    pages = await incident.pages()
    await asyncio.sleep(1.2)  # the next step would have come
    assert await incident.pages() == pages
    assert "Acknowledged by ana@example.com: on it" in await incident.texts("STATUS_CHANGE")


async def test_a_signal_by_hand_without_input_acknowledges_and_no_delivery_is_begun_after_it(product: House) -> None:
    service = await product.make_service(EVERY_SECOND)
    incident = await product.report(service_name=service)
    await incident.until_step("p1.r1.s1")
    await incident.handle.signal("acknowledge")

    async def acknowledged() -> bool:
        return bool((await incident.row())["status"] == "ACKNOWLEDGED")

    await eventually(acknowledged)
    before = len(await product.ledger(incident.id))
    await asyncio.sleep(1.2)
    assert len(await product.ledger(incident.id)) == before
    assert (await incident.row())["acknowledged_by"] == "temporal"


async def test_signals_by_hand_go_all_the_way_and_say_who(product: House) -> None:
    incident = await product.report()
    await incident.handle.signal("acknowledge", {"actor": "bo@example.com", "note": "a\0b", "surplus": [1]})
    await incident.handle.signal("mitigate", "not an object")
    await incident.handle.signal("resolve", {"note": "restarted", "actor": 7})

    async def resolved() -> bool:
        return bool((await incident.row())["status"] == "RESOLVED")

    await eventually(resolved)
    row = await incident.row()
    assert (row["acknowledged_by"], row["resolved_by"], row["resolution_note"]) == (
        "bo@example.com", "temporal", "restarted",
    )  # fmt: skip


async def test_acknowledging_twice_is_a_no_op_that_names_who(product: House) -> None:
    incident = await product.report()
    await incident.give("acknowledge", actor="bo@example.com")
    command = Acknowledge(id="second", actor="ana@example.com")
    answer = await incident.update(command)
    assert answer.acknowledged_by == "bo@example.com"
    assert (await incident.types()).count("STATUS_CHANGE") == 2  # opened, acknowledged


@pytest.mark.parametrize(("before", "kind"), [((), "mitigate"), (("acknowledge", "mitigate"), "acknowledge")])
async def test_what_the_state_forbids_is_refused(product: House, before: tuple[str, ...], kind: str) -> None:
    incident = await product.report()
    for earlier in before:
        await incident.give(earlier)
    with pytest.raises(Forbidden, match=f"INC-{incident.number}"):
        await incident.give(kind)
    command = {"acknowledge": Acknowledge, "mitigate": Mitigate}[kind](id="raw", actor="ana@example.com")
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await incident.update(command)
    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.type == "IllegalTransition"


async def test_the_same_id_acts_once_by_whichever_door(product: House) -> None:
    incident = await product.report()
    note = Comment(id="the-id", actor="ana@example.com", text="only once")
    for _ in range(2):
        await incident.update(note)
        await incident.handle.signal("command", note)
    await incident.give("comment", text="and another")
    assert await incident.texts("NOTE") == ["only once", "and another"]


async def test_a_signal_that_comes_too_late_is_a_note(product: House) -> None:
    incident = await product.report()
    await incident.handle.signal("command", Mitigate(id="early", actor="bo@example.com"))
    await incident.until_type("NOTE")
    (text,) = await incident.texts("NOTE")
    assert text.startswith("Mitigate came too late") and "acknowledge it first" in text
    assert (await incident.row())["status"] == "TRIGGERED"


async def test_commands_before_the_workflow_has_run_are_not_lost(house: House) -> None:
    incident = await house.report()
    await incident.handle.signal("acknowledge", {"actor": "bo@example.com"})
    await incident.handle.signal("command", Comment(id="n", actor="bo@example.com", text="no worker yet"))
    async with house.working():
        await incident.until_finished()
    assert (await incident.row())["acknowledged_by"] == "bo@example.com"
    assert await incident.pages() == []


async def test_manual_escalation_pages_the_next_step_now_even_when_acknowledged(product: House) -> None:
    incident = await product.report()
    await incident.until_step("p1.r1.s1")
    await incident.give("escalate", note="I need help")
    await incident.until_step("p1.r1.s2")
    await incident.give("acknowledge")
    await incident.give("escalate")
    await incident.until_step("p1.r1.s3")
    assert any(text.endswith("I need help") for text in await incident.texts("ESCALATED"))


@pytest.mark.parametrize("held", [False, True])
async def test_a_page_by_hand_is_called_off_by_an_acknowledgement_unless_it_was_in_hand_before(
    house: House, held: bool
) -> None:
    phone = Trouble("fails")
    policy = Policy(
        name="by hand",
        steps=(
            Step(after_seconds=0, targets=(OnCall(channel=ChannelName.SMS),)),
            Step(after_seconds=3600, targets=(Manager(channel=ChannelName.PHONE),)),
        ),
    )
    async with house.working(troubled(house.sessions, phone=phone)):
        incident = await house.report(service_name=await house.make_service(policy))
        await incident.until_step("p1.r1.s1")
        if held:
            await incident.give("acknowledge")
        await incident.give("escalate")
        await eventually(lambda: phone.calls["dee@example.com"])
        if held:
            phone.mend()
        else:  # what is just being sent is let finish: it goes on failing
            await incident.give("acknowledge")

        async def ended() -> str | None:
            (status,) = [row.status for row in await house.ledger(incident.id) if row.step == "p1.r1.s2"]
            return None if status == "pending" else status

        await eventually(ended)
        assert await ended() == ("sent" if held else "skipped")


async def test_escalating_what_nobody_climbs_by_itself(product: House) -> None:
    incident = await product.report(severity="SEV3_MEDIUM")
    await incident.until_finished()
    await incident.give("escalate")
    await incident.until_step("p1.r1.s1")


async def test_no_step_left_to_escalate_to(product: House) -> None:
    one_step = Policy(
        name="one", steps=(Step(after_seconds=0, targets=(OnCall(channel=ChannelName.SMS),)),), max_rounds=1
    )
    incident = await product.report(service_name=await product.make_service(one_step))
    await incident.until_step("p1.r1.s1")
    with pytest.raises(Forbidden, match="no further step"):
        await incident.give("escalate")


async def test_resolution_tells_everybody_archives_the_room_and_ends_the_workflow(product: House) -> None:
    incident = await product.report(time_scale=3600.0)
    await incident.until_step("p1.r1.s1")
    told = {page[1] for page in await incident.pages("sent")}
    command = Resolve(id="r", actor="ana@example.com", resolution_note="restarted", root_cause="disk")
    await incident.update(command)
    ended = await asyncio.wait_for(incident.handle.result(), WAIT_SECONDS)
    assert ended["status"] == "RESOLVED"
    assert {row.recipient for row in await product.ledger(incident.id) if row.step == "resolved"} >= told
    assert "WAR_ROOM_ARCHIVED" in await incident.types()
    with pytest.raises(Forbidden):
        await incident.give("acknowledge")
    assert await incident.give("comment", text="afterwards") is Answer.DONE
    assert "afterwards" in await incident.texts("NOTE")
