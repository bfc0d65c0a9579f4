"""Open incidents without a workflow get it back, from row and ledger; nobody is paged again."""

from datetime import UTC, datetime, timedelta

from domain.channels import ChannelName
from domain.policy import Manager, OnCall, Persist, Policy, Step
from domain.severity import Severity
from tests.support.hours import skipping
from tests.support.house import House, Told
from tests.support.values import an_alert
from tests.support.waiting import eventually


async def lose(incident: Told) -> None:
    """As when Temporal's storage was deleted."""
    await incident.handle.terminate("lost")


async def test_a_lost_workflow_comes_back_and_goes_on_without_paging_anybody_again(house: House) -> None:
    async with house.working():
        incident = await house.report()
        await incident.until_finished()
        await incident.until_step("p1.r1.s1")
        await incident.give("escalate")
        await incident.until_step("p1.r1.s2", pages=2)
        await incident.until_type("ESCALATED", 2)  # how far the plan was brought forward is recorded
    before = await house.ledger(incident.id)
    await lose(incident)
    assert await house.relay.reconcile() == 1
    assert await house.relay.reconcile() == 0  # its start is queued
    async with house.working():

        async def back() -> bool:
            return await house.workflows.is_running(incident.number) and not await house.outbox()

        await eventually(back)
        state = await incident.state()
        assert state.climb is not None
        await incident.give("escalate")
        await incident.until_step("p1.r1.s3")
    after = await house.ledger(incident.id)
    assert [(row.id, row.attempts, row.sent_at) for row in after][: len(before)] == [
        (row.id, row.attempts, row.sent_at) for row in before
    ]
    assert len(await house.inbox(incident.id)) == len(after)
    assert (await incident.types()).count("ORCHESTRATION_FINISHED") == 1


async def test_lost_before_the_first_page(house: House) -> None:
    incident = await house.report()
    await lose(incident)
    assert await house.relay.reconcile() == 1
    async with house.working():
        await incident.until_finished()
        await incident.until_step("p1.r1.s1")


async def test_an_acknowledgement_holds(house: House) -> None:
    async with house.working():
        incident = await house.report()
        await incident.give("acknowledge")
        await incident.until_finished()
    pages = await incident.pages()
    await lose(incident)
    async with house.working():  # the watch reconciles at the start

        async def back() -> bool:
            return await house.workflows.is_running(incident.number)

        await eventually(back)
        await incident.give("mitigate")
        assert await incident.pages() == pages


async def test_a_command_finds_a_lost_workflow_and_brings_it_back(house: House) -> None:
    async with house.working():
        incident = await house.report()
        await incident.until_finished()
        await lose(incident)
        await incident.give("acknowledge")

        async def acknowledged() -> bool:
            return bool((await incident.row())["status"] == "ACKNOWLEDGED")

        await eventually(acknowledged)


async def test_a_manual_escalation_that_brings_a_lost_workflow_back_pages_the_next_step(house: House) -> None:
    async with house.working():
        for hands in ((), ("acknowledge",)):
            incident = await house.report()
            await incident.until_finished()
            await incident.until_step("p1.r1.s1")
            for kind in hands:
                await incident.give(kind)
            await lose(incident)
            await incident.give("escalate")
            await incident.until_steps("p1.created", "p1.r1.s1", "p1.r1.s2")


async def test_alerts_of_a_lost_workflow_bring_it_back_and_are_told(house: House) -> None:
    alert = an_alert(severity="SEV3_MEDIUM")
    async with house.working():
        incident = await house.report(alert)
        await incident.until_finished()
        await lose(incident)
        await house.report(alert.model_copy(update={"severity": Severity.SEV1_CRITICAL}))
        await incident.until_type("SEVERITY_CHANGED")
        await incident.until_type("ALERT_RECEIVED")
        await incident.until_step("p2.r1.s1")


async def test_running_and_resolved_incidents_are_left_alone(house: House) -> None:
    async with house.working():
        running = await house.report()
        resolved = await house.report(severity="SEV4_LOW")
        await resolved.until_finished()
        await resolved.give("resolve")
        await resolved.handle.result()
    assert await house.relay.reconcile() == 0
    assert await house.workflows.is_running(running.number)


QUICK = Policy(
    name="quick",
    steps=(
        Step(after_seconds=0, targets=(OnCall(channel=ChannelName.SMS),)),
        Step(after_seconds=6000, targets=(Manager(channel=ChannelName.SMS),)),
    ),
    max_rounds=1,
    acknowledgements=2,
    persist=(Persist(after_seconds=6000, targets=(Manager(channel=ChannelName.EMAIL),)),),
)
"""In the drill below the second rung and the persist deadline are ten seconds away."""


async def until_back(incident: Told) -> None:
    house = incident.house

    async def back() -> bool:
        return await house.workflows.is_running(incident.number) and not await house.outbox(incident.id)

    await eventually(back)


async def test_what_responders_did_outlives_the_loss_of_temporals_storage(house: House) -> None:
    async with house.working():
        incident = await house.report(service_name=await house.make_service(QUICK))
        await incident.until_step("p1.r1.s1")
        await incident.give("acknowledge")
        await incident.give("page_people", people=["bo@example.com"])
        await incident.until_step("page1")
        await incident.give("reassign", to="cy@example.com")
        await incident.until_step("p2.created")
        await incident.give("acknowledge", actor="cy@example.com")
        until = datetime.now(UTC) + timedelta(hours=1)
        await incident.give("snooze", until=until.isoformat())
        before = await incident.pages()
    await lose(incident)
    async with skipping(house) as (_, clock):
        await until_back(incident)
        state = await incident.state()
        assert (state.incident.snoozed_until, state.incident.acknowledgements) == (until, ("cy@example.com",))
        assert state.incident.responders == {"bo@example.com": "asked"} and state.pages_made == 1
        assert state.climb is not None
        assert (state.climb.generation, state.climb.first_to, state.first_to) == (2, *["cy@example.com"] * 2)
        await clock.forward(incident, timedelta(hours=1))
        await incident.until_step("p3.created")  # the snooze is over: cy is told first, as before
        after = await incident.pages()
    again = [page for page in after if page[0].startswith(("p1.", "p2.")) or page[0] == "page1"]
    assert again == before, "nobody was paged again, but for what bo's own rules say after a while"


async def test_a_persist_deadline_outlives_it_too(house: House) -> None:
    policy = QUICK.model_copy(update={"acknowledgements": 1})
    async with house.working():
        incident = await house.report(service_name=await house.make_service(policy), time_scale=600.0)
        await incident.until_step("p1.r1.s1")
        await incident.give("acknowledge")
    await lose(incident)
    async with house.working():
        await until_back(incident)
        await incident.until_step("p1.persist1")
        assert (await incident.row())["status"] == "ACKNOWLEDGED"
