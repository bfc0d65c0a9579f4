"""What a hand-off tells of incidents, as the database has them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from db.models import Incident, Schedule, Service, Team, new_id
from db.schedules.handoffs import incidents_of
from tests.support.house import House
from tests.support.values import an_alert


async def recapped(house: House, schedule: UUID, team: str | None) -> dict[str, float | None]:
    async with house.sessions() as session:
        found = await incidents_of(session, schedule, team, datetime.now(UTC))
    return {one.short_id: one.minutes_to_acknowledge for one in found}


async def test_a_recap_counts_from_the_first_acknowledgement(house: House) -> None:
    incident = (await house.admit(an_alert())).incident
    begun = incident["created_at"]
    acknowledged = {
        "first_acknowledged_at": begun + timedelta(minutes=4),
        "acknowledged_at": begun + timedelta(minutes=40),
    }
    async with house.sessions.begin() as session:
        await session.execute(update(Incident).where(Incident.id == incident["id"]).values(acknowledged))
        own = select(Team).join(Service, Service.team_id == Team.id).where(Service.id == incident["service_id"])
        team = await session.scalar(own)
        assert team is not None
        schedule = Schedule(id=new_id(), name=f"rota {new_id().hex[-8:]}", definition={})
        session.add(schedule)
        await session.flush()
        team.schedule_id, before = schedule.id, team.schedule_id
    try:
        short_id = f"INC-{incident['number']}"
        assert (await recapped(house, schedule.id, None))[short_id] == 4
        assert (await recapped(house, new_id(), team.name))[short_id] == 4
        assert short_id not in await recapped(house, new_id(), None)
        assert short_id not in await recapped(house, new_id(), "no such team")
    finally:
        async with house.sessions.begin() as session:
            await session.execute(update(Team).where(Team.id == team.id).values(schedule_id=before))
            await session.delete(schedule)
