"""One statement decides, however many processes run it at once."""

import asyncio
import dataclasses

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError

from db.engine import make_intake_pool
from db.intake import admit
from db.models import Alert, CorrelationSlot, Incident
from domain.severity import Severity
from tests.support.house import House
from tests.support.values import an_alert
from tests.support.waiting import WAIT_SECONDS


async def test_200_identical_alerts_at_once_through_two_pools_are_one_incident(house: House) -> None:
    item = await house.item(an_alert())
    async with make_intake_pool(house.settings.database) as other:
        other.timeout = WAIT_SECONDS

        async def one(number: int) -> bool:
            async with (house.pool, other)[number % 2].connection() as connection:
                return (await admit(connection, [item]))[0].created

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(number)) for number in range(200)]
    assert sum(task.result() for task in tasks) == 1
    async with house.sessions() as session:
        (row,) = (await session.execute(select(Incident.id, Incident.alert_count))).all()
        assert row.alert_count == 200
        assert await session.scalar(select(func.count()).select_from(Alert)) == 200
    assert sorted(entry.kind for entry in await house.outbox(row.id)) == ["alerts", "start"]


async def test_numbers_have_no_gaps_in_the_ordinary_case(house: House) -> None:
    numbers = []
    for _ in range(3):
        alert = an_alert()
        numbers.append((await house.admit(alert)).incident["number"])
        await house.admit(alert)  # a duplicate takes none
    assert numbers == list(range(numbers[0], numbers[0] + 3))


async def test_many_at_once_in_one_statement_and_the_first_of_a_key_creates(house: House) -> None:
    one, other = an_alert(severity=Severity.SEV3_MEDIUM), an_alert()
    worse = one.model_copy(update={"severity": Severity.SEV1_CRITICAL})
    items = [await house.item(alert) for alert in (one, other, worse, one)]
    async with house.pool.connection() as connection:
        admitted = await admit(connection, items)
    assert [found.created for found in admitted] == [True, True, False, False]
    assert admitted[0].incident["id"] == admitted[2].incident["id"] != admitted[1].incident["id"]
    assert (admitted[0].incident["alert_count"], admitted[0].incident["severity"]) == (3, "SEV1_CRITICAL")
    (start,) = await house.outbox(admitted[0].incident["id"])
    assert (start.kind, start.rank) == ("start", 1)


async def test_opposite_orders_of_keys_do_not_deadlock(house: House) -> None:
    items = [await house.item(an_alert()) for _ in range(12)]

    async def one(number: int) -> None:
        async with house.pool.connection() as connection:
            await admit(connection, items if number % 2 else items[::-1])

    await asyncio.gather(*(one(number) for number in range(30)))
    async with house.sessions() as session:
        assert set(await session.scalars(select(Incident.alert_count))) == {30}


async def test_a_window_that_has_run_out_re_points_the_slot(house: House) -> None:
    alert = an_alert()
    first = await house.admit(alert, window=300)
    assert (await house.admit(alert, window=300)).incident["id"] == first.incident["id"]
    async with house.sessions.begin() as session:
        await session.execute(text("UPDATE correlation_slots SET last_alert_at = now() - interval '301 seconds'"))
    second = await house.admit(alert, window=300)
    assert second.created and second.incident["id"] != first.incident["id"]
    assert (await house.admit(alert, window=300)).incident["id"] == second.incident["id"]
    async with house.sessions() as session:
        (slot,) = (await session.scalars(select(CorrelationSlot))).all()
    assert slot.incident_id == second.incident["id"]
    assert (await house.row(first.incident["id"]))["status"] == "TRIGGERED"


async def test_drills_fingerprints_and_services_have_keys_of_their_own(house: House) -> None:
    plain = an_alert(fingerprint=None)
    alerts = [
        plain,
        plain.model_copy(update={"time_scale": 60.0}),
        plain.model_copy(update={"fingerprint": "f"}),
        plain.model_copy(update={"fingerprint": "f", "time_scale": 60.0}),
        plain.model_copy(update={"service_name": "postgres-main"}),
        plain.model_copy(update={"service_name": "no such service"}),
        plain.model_copy(update={"service_name": "nor this"}),
    ]
    opened = [await house.admit(alert) for alert in alerts]
    assert all(found.created for found in opened)
    again = [await house.admit(alert) for alert in alerts]
    assert [found.incident["id"] for found in again] == [found.incident["id"] for found in opened]


async def test_the_raw_body_is_kept_to_the_character(house: House) -> None:
    item = await house.item(an_alert())
    raw = '{"b":1,  "a": 1.10}'
    async with house.pool.connection() as connection:
        await admit(connection, [dataclasses.replace(item, raw=raw)])
    async with house.sessions() as session:
        assert await session.scalar(text("SELECT raw::text FROM alerts")) == raw


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE incident_events SET message = 'other'",
        "DELETE FROM incident_events",
        "UPDATE alerts SET title = 'other'",
        "UPDATE alerts SET raw = '{}'",
        "DELETE FROM alerts",
    ],
)
async def test_timeline_and_alerts_are_append_only(house: House, statement: str) -> None:
    await house.admit(an_alert())
    with pytest.raises(ProgrammingError, match="append-only") as refused:
        async with house.sessions.begin() as session:
            await session.execute(text(statement))
    assert isinstance(refused.value.orig, psycopg.Error)
