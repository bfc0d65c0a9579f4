"""Continue-as-new loses nothing."""

import asyncio

from domain.commands import Comment
from tests.support.house import House, Told
from tests.support.providers import Trouble, troubled
from tests.support.waiting import eventually


async def runs_of(incident: Told) -> str:
    return str((await incident.handle.describe()).run_id)


async def test_seen_commands_climb_and_ladder_survive(product: House) -> None:
    incident = await product.report_short(3, time_scale=1200.0)  # five minutes are a quarter of a second
    first_run = await runs_of(incident)
    for number in range(12):
        note = Comment(id=f"note-{number}", actor="ana@example.com", text=f"note {number}")
        await incident.handle.signal("command", note)
        await asyncio.sleep(0.05)
    await incident.until_steps(
        "p1.created", "p1.r1.s1", "p1.r1.s2", "p1.r1.s3", "p1.r1.s4", "p1.r1.s5", "p1.r2.s5", "p1.r3.s5"
    )

    async def continued() -> bool:
        return await runs_of(incident) != first_run

    await eventually(continued)
    again = Comment(id="note-0", actor="ana@example.com", text="note 0")
    await incident.handle.signal("command", again)
    await incident.give("acknowledge")
    notes = await incident.texts("NOTE")
    assert notes == [f"note {number}" for number in range(12)]
    statuses = {row.status for row in await product.ledger(incident.id)}
    assert statuses == {"sent"}
    assert (await incident.types()).count("ORCHESTRATION_FINISHED") == 1
    state = await incident.state()
    assert state.seen[-1] != "note-0" and "note-11" in state.seen


async def test_a_document_that_is_being_written_delays_it_and_stops_nothing(house: House) -> None:
    documents = Trouble()
    async with house.working(troubled(house.sessions, documents=documents)):
        incident = await house.report_short(2)
        await incident.until_finished()
        first_run = await runs_of(incident)
        documents.mode = "hangs"
        await incident.give("comment", text="one")
        await eventually(lambda: documents.calls["update"])
        await incident.give("comment", text="two")
        await incident.give("acknowledge")
        documents.mend()

        async def continued() -> bool:
            return await runs_of(incident) != first_run

        await eventually(continued)
        await incident.give("comment", text="three")
        assert await incident.texts("NOTE") == ["one", "two", "three"]
        assert "FAILURE" not in await incident.types()


async def test_a_burst_of_escalations_across_runs_pages_each_step_once(product: House) -> None:
    incident = await product.report_short(1)
    await incident.until_step("p1.r1.s1")
    for _ in range(3):
        await incident.give("escalate")
    await incident.until_steps("p1.created", "p1.r1.s1", "p1.r1.s2", "p1.r1.s3", "p1.r1.s4")
