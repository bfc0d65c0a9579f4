"""The hour-long ladder at its true length, by time skipping."""

from datetime import timedelta

from tests.support.hours import skipping
from tests.support.house import House, Told
from tests.support.waiting import eventually

MINUTE = timedelta(minutes=1)


async def told_at(incident: Told) -> dict[str, int]:
    """Minutes after the first message at which each step was sent, by the workflow's clock."""
    sent = [event for event in await incident.house.events(incident.id) if event.type == "ALERT_SENT"]
    began = min(event.created_at for event in sent)
    return {event.data["step"]: round((event.created_at - began) / MINUTE) for event in sent}


async def test_five_notices_at_0_5_15_30_and_60_minutes_then_rounds_to_the_limit(house: House) -> None:
    async with skipping(house) as (moved, clock):
        incident = await moved.report()
        await incident.until_finished()
        await clock.forward(incident, 125 * MINUTE)
        expected = {
            "p1.created": 0, "p1.r1.s1": 0, "p1.r1.s2": 5, "p1.r1.s3": 15, "p1.r1.s4": 30, "p1.r1.s5": 60,
            "p1.r2.s5": 90, "p1.r3.s5": 120,
        }  # fmt: skip

        async def all_said() -> bool:
            return set(await told_at(incident)) >= set(expected)

        await eventually(all_said, what="an entry for each step")
        assert await told_at(incident) == expected


async def test_none_after_an_acknowledgement(house: House) -> None:
    async with skipping(house) as (moved, clock):
        incident = await moved.report()
        await incident.until_finished()
        await clock.forward(incident, 6 * MINUTE)
        await incident.until_step("p1.r1.s2", pages=2)
        await incident.give("acknowledge")
        await clock.forward(incident, 120 * MINUTE)
        await incident.give("comment", text="two hours later")
        assert await told_at(incident) == {"p1.created": 0, "p1.r1.s1": 0, "p1.r1.s2": 5}
