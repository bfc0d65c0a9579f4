"""One incident becomes part of another in the record's transaction, whatever else happens at the same time."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from db.intake import Admitted, admit
from db.models import Alert, AlertState, CorrelationSlot
from db.outbox import NOW
from db.records import SlotsChanged, commit_record
from domain.alert import Alert as AlertValue
from domain.incident import Status
from domain.severity import Severity
from tests.support.house import House
from tests.support.values import an_alert
from tests.support.waiting import eventually


async def fire(house: House, alert: AlertValue) -> Admitted:
    """An alert through a door: its state is known, by its fingerprint."""
    item = replace(await house.item(alert), identity=alert.fingerprint)
    async with house.pool.connection() as connection:
        return (await admit(connection, [item]))[0]


async def now(house: House) -> datetime:
    async with house.sessions() as session:
        at: datetime = (await session.execute(NOW)).scalar_one()
        return at


async def resolve(house: House, incident_id: UUID, at: datetime | None = None, revision: int = 1, **more: Any) -> None:
    columns = {"status": Status.RESOLVED, "resolved_at": at or await now(house), "resolved_by": "ana@example.com"}
    async with house.sessions.begin() as session:
        await commit_record(session, incident_id, revision, columns | more, (), ())


async def merge(house: House, absorbed: UUID, into: UUID, revision: int = 1) -> None:
    await resolve(house, absorbed, revision=revision, merged_into=into)


async def fired(house: House, severity: Severity = Severity.SEV1_CRITICAL, times: int = 1) -> tuple[AlertValue, UUID]:
    alert = an_alert(severity=severity)
    for _ in range(times):
        admitted = await fire(house, alert)
    return alert, admitted.incident["id"]


async def state(house: House, alert: AlertValue) -> AlertState:
    async with house.sessions() as session:
        return await session.get_one(AlertState, alert.fingerprint)


async def alerts(house: House, incident_id: UUID) -> list[tuple[str, bool]]:
    async with house.sessions() as session:
        query = select(Alert.fate, Alert.deduplicated).where(Alert.incident_id == incident_id).order_by(Alert.id)
        return [(row.fate, row.deduplicated) for row in await session.execute(query)]


async def test_alerts_slots_and_states_move_and_repeats_follow(house: House) -> None:
    (first, old), (second, target) = await fired(house, times=3), await fired(house)
    for _ in range(2):  # a record that is written again changes nothing
        await merge(house, old, target)
    row, gone = await house.row(target), await house.row(old)
    assert (row["alert_count"], row["status"], gone["alert_count"], gone["merged_into"]) == (4, "TRIGGERED", 0, target)
    assert row["last_alert_at"] >= gone["last_alert_at"]
    assert await alerts(house, old) == []
    assert sorted(await alerts(house, target)) == [("attached", True)] * 3 + [("new", False)]
    for alert in (first, second):
        assert (await state(house, alert)).incident_id == target
        assert (await fire(house, alert)).incident["id"] == target


async def test_both_timelines_say_so_once(house: House) -> None:
    (_, old), (_, target) = await fired(house), await fired(house)
    numbers = [(await house.row(one))["number"] for one in (old, target)]
    for _ in range(2):
        await merge(house, old, target)
    (gone,) = [event for event in await house.events(old) if event.type == "MERGED"]
    (came,) = [event for event in await house.events(target) if event.type == "MERGED"]
    assert gone.message == f"Merged into INC-{numbers[1]}: 1 alert is there now"
    assert came.message == f"INC-{numbers[0]} was merged into this incident"
    assert gone.actor == came.actor == "ana@example.com"


async def test_the_other_workflow_hears_of_each_merge(house: House) -> None:
    (_, worse), (_, old), (_, target) = [
        await fired(house, severity) for severity in (Severity.SEV1_CRITICAL, Severity.SEV4_LOW, Severity.SEV3_MEDIUM)
    ]
    for one in (worse, old):
        await merge(house, one, target)
    start, told = await house.outbox(target)
    assert (start.kind, told.kind, told.rank) == ("start", "alerts", 1)
    assert [batch["highest"] for batch in told.payload["merged"]] == ["SEV1_CRITICAL", "SEV4_LOW"]
    async with house.working():

        async def raised() -> bool:
            return bool((await house.row(target))["severity"] == "SEV1_CRITICAL")

        await eventually(raised)
        texts = [event.message for event in await house.events(target) if event.type == "ALERT_RECEIVED"]
        assert texts == ["Alert received 2 times from api (3 in all)"]


async def test_into_an_incident_that_is_over_by_now_the_alerts_go_on_in_a_new_one(house: House) -> None:
    (alert, old), (_, target) = await fired(house), await fired(house)
    await resolve(house, target)
    await merge(house, old, target)
    assert await alerts(house, old) == []
    (note,) = [event.message for event in await house.events(old) if event.type == "NOTE"]
    number = (await house.row(target))["number"]
    assert note == f"INC-{number} was already RESOLVED: the alerts of this incident go on in a new one"
    anew = await fire(house, alert)
    assert not anew.created and anew.incident["id"] not in (old, target)
    assert (await house.row(old))["merged_into"] is None


async def test_what_was_merged_after_the_decision_to_resolve_is_taken_back(house: House) -> None:
    (alert, old), (_, target) = await fired(house, times=2), await fired(house)
    decided = await now(house)
    await merge(house, old, target)
    await resolve(house, target, decided)
    assert await alerts(house, target) == [("new", False)]
    anew = await fire(house, alert)
    assert not anew.created and anew.incident["id"] not in (old, target)
    assert (anew.incident["alert_count"], anew.incident["status"]) == (3, "TRIGGERED")
    assert (await house.row(target))["alert_count"] == 1
    assert (await state(house, alert)).incident_id == anew.incident["id"]


async def test_two_that_are_merged_into_each_other_leave_one_open(house: House) -> None:
    (first, one), (_, other) = await fired(house), await fired(house)
    decided = await now(house)
    await merge(house, one, other)
    await resolve(house, other, decided, merged_into=one)
    found = await fire(house, first)
    assert not found.created and found.incident["status"] == "TRIGGERED"


async def test_a_target_whose_alerts_are_all_over_is_proposed_to_be_resolved(house: House) -> None:
    (first, old), (second, target) = await fired(house), await fired(house)
    async with house.sessions.begin() as session:
        over = AlertState.identity.in_((first.fingerprint, second.fingerprint))
        await session.execute(update(AlertState).where(over).values(status="resolved"))
    await merge(house, old, target)
    *_, told, asked = await house.outbox(target)
    assert (told.kind, asked.kind, asked.payload["kind"], asked.payload["auto"]) == (
        "alerts",
        "command",
        "clear",
        False,
    )


async def test_alerts_that_arrive_meanwhile_end_on_the_target(house: House) -> None:
    (alert, old), (_, target) = await fired(house), await fired(house)
    await asyncio.gather(merge(house, old, target), *(fire(house, alert) for _ in range(30)))
    assert (await house.row(target))["alert_count"] == 32
    assert len(await alerts(house, target)) == 32 and await alerts(house, old) == []


async def test_no_slot_leads_to_an_incident_that_is_over_however_merges_and_resolutions_meet(house: House) -> None:
    async def until_done(number: int, chain: list[UUID]) -> None:
        while True:
            try:
                if number == len(chain) - 1:
                    return await resolve(house, chain[number])
                return await merge(house, chain[number], chain[number + 1])
            except SlotsChanged:
                continue

    for _ in range(5):
        chain = [(await fired(house))[1] for _ in range(4)]
        await asyncio.gather(*(until_done(number, chain) for number in range(4)))
    async with house.sessions() as session:
        slots = (await session.scalars(select(CorrelationSlot.incident_id))).all()
        assert [(await house.row(one))["status"] for one in slots] == ["TRIGGERED"] * len(slots)
        total = await session.scalar(select(func.count()).select_from(Alert))
    assert total == 20


async def test_repeats_under_both_keys_in_one_statement_join_it(house: House) -> None:
    (first, old), (second, target) = await fired(house), await fired(house)
    await merge(house, old, target)
    items = [await house.item(alert) for alert in (first, second, first)]
    async with house.pool.connection() as connection:
        admitted = await admit(connection, items)
    assert {one.incident["id"] for one in admitted} == {target}
    assert (await house.row(target))["alert_count"] == 5


async def test_the_end_of_a_target_frees_all_its_slots(house: House) -> None:
    (first, old), (second, target) = await fired(house), await fired(house)
    await merge(house, old, target)
    await resolve(house, target, await now(house) + timedelta(seconds=5))
    opened = [await fire(house, alert) for alert in (first, second)]
    assert [one.created for one in opened] == [True, True]
