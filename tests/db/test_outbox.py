"""Per incident first in, first out; the worst first; a lease runs out by itself."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import select, text

from db import outbox
from db.models import Outbox
from db.outbox import OutboxRow
from domain.severity import Severity
from tests.support.house import House
from tests.support.values import an_alert


async def lease(house: House, limit: int = 50, incident_id: UUID | None = None) -> list[OutboxRow]:
    async with house.sessions.begin() as session:
        return await outbox.lease(session, limit, incident_id)


async def delivered(house: House, row: OutboxRow) -> None:
    async with house.sessions.begin() as session:
        await outbox.delivered(session, row.id)


async def put(house: House, incident_id: UUID, number: str, rank: int = 1) -> None:
    async with house.sessions.begin() as session:
        await outbox.put_command(session, incident_id, rank, {"id": number, "kind": "acknowledge"})


async def execute(house: House, statement: str) -> None:
    async with house.sessions.begin() as session:
        await session.execute(text(statement))


async def test_first_in_first_out_for_each_incident(house: House) -> None:
    incident = (await house.admit(an_alert())).incident["id"]
    await put(house, incident, "one")
    await put(house, incident, "two")
    await put(house, incident, "two")  # the same command is queued once
    seen = []
    while rows := await lease(house):
        assert len(rows) == 1  # what comes after waits for it
        assert await lease(house) == []
        seen.append(rows[0].payload.get("id", rows[0].kind))
        await delivered(house, rows[0])
    assert seen == ["start", "one", "two"]


async def test_the_worst_go_first(house: House) -> None:
    for severity in (Severity.SEV3_MEDIUM, Severity.SEV1_CRITICAL, Severity.SEV4_LOW, Severity.SEV2_HIGH):
        await house.admit(an_alert(severity=severity))
    assert [row.rank for row in await lease(house, limit=2)] == [1, 2]
    assert [row.rank for row in await lease(house)] == [3, 4]


async def test_a_lease_runs_out(house: House) -> None:
    await house.admit(an_alert())
    (first,) = await lease(house)
    assert await lease(house) == []
    await execute(house, "UPDATE outbox SET leased_until = clock_timestamp() - interval '1 second'")
    (second,) = await lease(house)
    assert (second.id, second.attempts) == (first.id, 2)


async def test_a_failure_waits_longer_each_time_until_all_are_made_due(house: House) -> None:
    await house.admit(an_alert())
    (row,) = await lease(house)
    waits = []
    for attempts in (1, 2, 3, 10):
        async with house.sessions.begin() as session:
            before = (await session.execute(outbox.NOW)).scalar_one()
            await outbox.failed(session, replace(row, attempts=attempts), "Temporal is away")
            waits.append((await session.execute(select(Outbox.due_at - before))).scalar_one().total_seconds())
    assert waits[0] >= 1 and waits[1] >= 2 and waits[2] >= 4 and waits[3] >= 15
    assert await lease(house) == []
    async with house.sessions.begin() as session:
        await outbox.make_all_due(session)
    (again,) = await lease(house)
    assert again.id == row.id
    assert (await house.outbox())[0].last_error == "Temporal is away"


async def test_alerts_that_came_while_others_were_told_are_told_too(house: House) -> None:
    alert = an_alert()
    incident = (await house.admit(alert)).incident["id"]
    (start,) = await lease(house)
    await delivered(house, start)
    await house.admit(alert)
    await execute(house, "UPDATE outbox SET due_at = clock_timestamp()")
    (told,) = await lease(house)
    await house.admit(alert)  # meanwhile
    async with house.sessions.begin() as session:
        await outbox.alerts_delivered(session, told, 2)
    (waits,) = await house.outbox(incident)
    assert (waits.kind, waits.leased_until) == ("alerts", None)
    async with house.sessions.begin() as session:
        await outbox.alerts_delivered(session, told, 3)
    assert await house.outbox(incident) == []


async def test_ages(house: House) -> None:
    async with house.sessions() as session:
        assert await outbox.oldest_age_seconds(session) == (0, 0)
    await house.admit(an_alert(severity=Severity.SEV3_MEDIUM))
    await execute(house, "UPDATE outbox SET created_at = created_at - interval '90 seconds'")
    await house.admit(an_alert(severity=Severity.SEV2_HIGH))
    async with house.sessions() as session:
        oldest, urgent = await outbox.oldest_age_seconds(session)
    assert oldest > 89 and urgent < 60
