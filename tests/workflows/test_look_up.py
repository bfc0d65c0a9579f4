"""A command that comes while it is looked up who answers: nobody is told by an answer that it has made stale."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities import records
from domain.commands import Unacknowledge
from domain.policy import Manager, Persist, Step
from domain.target import People
from tests.support.hours import skipping
from tests.support.house import House, Told
from tests.support.policies import HOUR, SLOW, SMS
from tests.support.waiting import eventually
from workflows.policies import DIRECTORY_AGE, LOOK_UP

POLICY = SLOW.model_copy(update={"persist": (Persist(after_seconds=HOUR, targets=(Manager(channel=SMS),)),)})
AN_HOUR = timedelta(hours=1)
"""To the second rung, or to the persist deadline, and hardly on: while a look-up is waited for, time is not skipped."""


class Gate:
    """Goes before a function: while it is shut, whoever calls waits."""

    def __init__(self, function: Callable[..., Awaitable[Any]]) -> None:
        self._function = function
        self._open = asyncio.Event()
        self._open.set()
        self.waiting = 0

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.waiting += 1
        await self._open.wait()
        self.waiting -= 1
        return await self._function(*args, **kwargs)

    def shut(self) -> None:
        self._open.clear()

    def open(self) -> None:
        self._open.set()


def gate_before(monkeypatch: pytest.MonkeyPatch, name: str) -> Gate:
    """Before what the record activities call in the database."""
    gate = Gate(getattr(records, name))
    monkeypatch.setattr(records, name, gate)
    return gate


@pytest.fixture
def look_up(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Before the look-up, which may take its time."""
    patient = timedelta(minutes=2)
    monkeypatch.setattr("workflows.lookup.LOOK_UP", dataclasses.replace(LOOK_UP, attempt=patient, altogether=patient))
    return gate_before(monkeypatch, "who_answers")


async def begun(product: House, **changes: Any) -> Told:
    """An incident whose first step was told."""
    incident = await product.report(service_name=await product.make_service(POLICY), **changes)
    await incident.until_step("p1.r1.s1")
    return incident


@pytest.mark.parametrize("by_hand", [False, True])
async def test_whoever_it_is_reassigned_to_meanwhile_is_told(look_up: Gate, house: House, by_hand: bool) -> None:
    async with skipping(house) as (moved, clock):
        incident = await begun(moved)
        if by_hand:
            stale_at = (await incident.state()).directory_at + DIRECTORY_AGE
            await eventually(lambda: datetime.now(UTC) > stale_at)
        look_up.shut()
        if by_hand:
            await incident.give("escalate")
        else:
            await clock.forward(incident, AN_HOUR)
        await eventually(lambda: look_up.waiting)
        await incident.give("reassign", to="bo@example.com")
        look_up.open()
        await incident.until_step("p2.created")
        assert {who for step, who, _ in await incident.pages() if step == "p2.created"} == {"bo@example.com"}
        if not by_hand:
            await clock.forward(incident, AN_HOUR)
        await incident.until_step("p2.r1.s2")


async def test_no_page_leaves_before_the_record_by_which_it_is_wanted(
    look_up: Gate, monkeypatch: pytest.MonkeyPatch, house: House
) -> None:
    record = gate_before(monkeypatch, "commit_record")
    async with skipping(house) as (moved, clock):
        incident = await begun(moved)
        await incident.until_finished()
        await incident.give("acknowledge")
        look_up.shut()
        await clock.forward(incident, AN_HOUR)
        await eventually(lambda: look_up.waiting, what="the persist deadline is looked up")
        asked_at = (await incident.state()).directory_at
        record.shut()
        command = Unacknowledge(id="wrong button", actor="ana@example.com")
        await incident.handle.signal("command", command)  # an update would be answered after the record
        await eventually(lambda: record.waiting)
        look_up.open()

        async def answered() -> bool:
            return (await incident.state()).directory_at > asked_at

        await eventually(answered)
        climb = (await incident.state()).climb
        record.open()
        assert climb is not None and (climb.generation, climb.fired) == (2, ()), "the row is ACKNOWLEDGED still"
        await incident.until_step("p2.created")


async def test_whose_turn_it_is_is_asked_again_when_that_changes_meanwhile(look_up: Gate, product: House) -> None:
    await begun(product)  # ana is paged
    incident = await begun(product)
    look_up.shut()
    await incident.give("page_people", people=["cy@example.com"])
    await eventually(lambda: look_up.waiting)
    either = People(emails=("ana@example.com", "bo@example.com"), pick="least_paged", channel=SMS)
    other = POLICY.model_copy(update={"steps": (Step(after_seconds=0, targets=(either,)),)})
    await incident.give("use_policy", policy=other.model_dump(mode="json"))
    look_up.open()
    await incident.until_step("p2.r1.s1")
    assert [who for step, who, _ in await incident.pages() if step == "p2.r1.s1"] == ["bo@example.com"]
