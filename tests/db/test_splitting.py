"""Some alerts of an incident get one of their own, with what is known of them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from db.intake import Admitted, IntakeItem, admit
from db.models import Alert, AlertState
from db.outbox import NOW
from db.records import commit_record
from db.splitting import NotOpen, Parted, WrongAlerts, split
from domain.incident import Status
from domain.severity import Severity
from tests.support.house import House
from tests.support.values import an_alert
from tests.support.waiting import eventually

KEY = "service:together"


async def fire(house: House, title: str, severity: Severity = Severity.SEV3_MEDIUM, key: str | None = None) -> Admitted:
    """An alert of one service, by its title; where it belongs is known already if it has a key of its own."""
    item: IntakeItem = await house.item(an_alert(title=title, severity=severity), key=key or KEY)
    async with house.pool.connection() as connection:
        return (await admit(connection, [replace(item, identity=title, reason="by hand")]))[0]


async def fired(house: House, *titles: str) -> tuple[UUID, list[UUID]]:
    """One incident of several alerts, and their ids."""
    for title in titles:
        admitted = await fire(house, title, Severity.SEV1_CRITICAL if title == "worst" else Severity.SEV3_MEDIUM)
    incident = admitted.incident["id"]
    return incident, [alert.id for alert in await alerts(house, incident)]


async def alerts(house: House, incident_id: UUID) -> Sequence[Alert]:
    async with house.sessions() as session:
        query = select(Alert).where(Alert.incident_id == incident_id).order_by(Alert.received_at)
        return (await session.scalars(query)).all()


async def part(house: House, incident: UUID, chosen: Sequence[UUID], title: str | None = None) -> Parted:
    async with house.sessions.begin() as session:
        return await split(session, incident, chosen, title, "ana@example.com", "api")


async def state(house: House, identity: str) -> AlertState:
    async with house.sessions() as session:
        return await session.get_one(AlertState, identity)


async def notes(house: House, incident_id: UUID) -> list[str]:
    return [event.message for event in await house.events(incident_id) if event.type == "NOTE"]


async def test_they_open_an_incident_of_the_worst_severity_and_their_repeats_follow(house: House) -> None:
    old, ids = await fired(house, "disk", "first", "worst")
    parted = await part(house, old, ids[1:])
    row, left = await house.row(parted.new_id), await house.row(old)
    assert (row["title"], row["severity"], row["alert_count"], row["status"]) == (
        "first", "SEV1_CRITICAL", 2, "TRIGGERED",
    )  # fmt: skip
    assert (row["service_id"], left["alert_count"]) == (left["service_id"], 1)
    moved = [(alert.title, alert.fate, alert.deduplicated, alert.reason) for alert in await alerts(house, row["id"])]
    why = f"by hand; split from INC-{left['number']}"
    assert moved == [("first", "new", False, why), ("worst", "attached", True, why)]
    known = await state(house, "worst")
    assert (known.incident_id, known.status, known.slot_key) == (row["id"], "firing", row["correlation_key"])
    assert (await fire(house, "worst", key=known.slot_key)).incident["id"] == row["id"]
    assert (await fire(house, "disk")).incident["id"] == old


async def test_a_title_of_its_own_is_the_incidents_alone(house: House) -> None:
    old, ids = await fired(house, "disk", "network")
    parted = await part(house, old, ids[1:], "The switch")
    assert (await house.row(parted.new_id))["title"] == "The switch"
    assert [alert.title for alert in await alerts(house, parted.new_id)] == ["network"]


async def test_both_timelines_say_so_and_both_workflows_hear_of_it(house: House) -> None:
    old, ids = await fired(house, "disk", "network", "worst")
    async with house.working():
        parted = await part(house, old, ids[1:])
        numbers = [(await house.row(one))["number"] for one in (old, parted.new_id)]
        (gone,), (came,) = await notes(house, old), await notes(house, parted.new_id)
        assert gone == f"2 alerts were split off into INC-{numbers[1]}"
        assert came == f"Split off from INC-{numbers[0]} by ana@example.com with 2 alerts"
        await house.delivery.drain(parted.new_id)
        await house.delivery.drain(old)
        await house.command(old, "comment", text="heard")
        await house.command(parted.new_id, "comment", text="heard")

        async def heard() -> bool:  # beside the workers: on a slow machine a command is queued
            both = [await notes(house, one) for one in (old, parted.new_id)]
            return both == [[gone, "heard"], [came, "heard"]]

        await eventually(heard)


async def test_the_old_workflow_counts_right_afterwards(product: House) -> None:
    old, ids = await fired(product, "disk", "network", "worst")
    await product.delivery.drain(old)
    await part(product, old, ids[1:])
    await product.delivery.drain(old)
    await fire(product, "disk")
    await product.delivery.drain(old)

    def said(texts: list[str]) -> list[str]:
        return [text for text in texts if text.startswith("Alert received")]

    async def counted() -> bool:
        return "Alert received again from api (2 in all)" in said(
            [event.message for event in await product.events(old)]
        )

    await eventually(counted)


async def test_what_only_told_something_goes_along_and_does_not_count(house: House) -> None:
    old, ids = await fired(house, "disk", "network", "note")
    async with house.sessions.begin() as session:
        await session.execute(update(Alert).where(Alert.id == ids[2]).values(fate="noted"))
    with pytest.raises(WrongAlerts, match="at least one alert that fired"):
        await part(house, old, ids[2:])
    with pytest.raises(WrongAlerts, match="at least one must stay"):
        await part(house, old, ids[:2])
    parted = await part(house, old, ids[1:])
    assert [alert.fate for alert in await alerts(house, parted.new_id)] == ["new", "noted"]
    assert (await house.row(parted.new_id))["alert_count"] == 1


async def test_alerts_of_others_and_incidents_that_are_over_are_refused(house: House) -> None:
    old, ids = await fired(house, "disk", "network")
    stranger = uuid4()
    with pytest.raises(WrongAlerts, match=str(stranger)):
        await part(house, old, [ids[0], stranger])
    async with house.sessions.begin() as session:
        now = (await session.execute(NOW)).scalar_one()
        columns = {"status": Status.RESOLVED, "resolved_at": now, "resolved_by": "ana@example.com"}
        await commit_record(session, old, 1, columns, (), ())
    with pytest.raises(NotOpen, match="already RESOLVED"):
        await part(house, old, ids[:1])
    assert (await house.row(old))["alert_count"] == 2


async def test_of_which_none_fires_any_more_somebody_is_asked(house: House) -> None:
    old, ids = await fired(house, "disk", "network")
    async with house.sessions.begin() as session:
        await session.execute(update(AlertState).where(AlertState.identity == "network").values(status="resolved"))
    parted = await part(house, old, ids[1:])
    assert [(row.kind, row.payload.get("kind")) for row in await house.outbox(parted.new_id)] == [
        ("start", None),
        ("command", "clear"),
    ]
    assert [row.payload.get("kind") for row in await house.outbox(old) if row.kind == "command"] == ["split"]


async def test_alerts_that_arrive_meanwhile_are_counted_where_they_are(house: House) -> None:
    old, ids = await fired(house, "disk", *(f"other {number}" for number in range(10)))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(part(house, old, ids[1:]))
        for _ in range(20):
            group.create_task(fire(house, "disk"))
    parted = task.result()
    assert [(await house.row(one))["alert_count"] for one in (old, parted.new_id)] == [21, 10]
    assert [len(await alerts(house, one)) for one in (old, parted.new_id)] == [21, 10]
