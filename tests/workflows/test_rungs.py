"""What rungs do besides telling people, and what keeps them waiting."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from db.models import Schedule, Team, User, new_id
from domain.channels import ChannelName
from domain.hours import WEEKDAYS
from domain.policy import (
    AssignRole,
    Manager,
    OnCall,
    OpenWarRoom,
    Person,
    Policy,
    ResolveIt,
    Step,
    WaitUntilCovered,
    WorkingHours,
)
from domain.schedule.schedule import Schedule as ScheduleValue
from domain.severity import Severity
from domain.target import Lead, People
from gateway.plans import plan_ahead
from tests.support.hours import skipping
from tests.support.house import House, Told
from tests.support.waiting import eventually

SMS = ChannelName.SMS
HOUR = 3600
MINUTE = timedelta(minutes=1)
FASTEST = 3600.0


async def report(product: House, *steps: object, team: dict[str, Any] | None = None, **changes: Any) -> Told:
    """An incident of a policy with these rungs, one round of it."""
    more = {name: changes.pop(name) for name in list(changes) if name in Policy.model_fields}
    policy = Policy.model_validate({"name": "rungs", "steps": steps, "max_rounds": 1, **more})
    service = await product.make_service(policy, **(team or {}))
    return await product.report(service_name=service, **{"time_scale": FASTEST, **changes})


async def test_a_rung_opens_the_war_room_that_the_severity_does_not(product: House) -> None:
    anybody = WorkingHours(severities=(Severity.SEV3_MEDIUM,))
    incident = await report(
        product,
        Step(after_seconds=0, targets=(OnCall(channel=SMS),)),
        OpenWarRoom(after_seconds=HOUR),
        severity="SEV3_MEDIUM",
        working_hours=anybody,
    )
    await incident.until_type("WAR_ROOM_CREATED")
    await incident.until_finished()
    row = await incident.row()
    assert row["wants_war_room"] and row["war_room_id"]
    assert "Step p1.r1.s2 opens the war room" in await incident.texts("ESCALATED")


async def test_a_rung_gives_a_role_and_tells_whoever_has_it(product: House) -> None:
    incident = await report(
        product, AssignRole(after_seconds=0, role="incident commander", to=Person(email="bo@example.com", channel=SMS))
    )
    await incident.until_step("p1.r1.s1")

    async def recorded() -> bool:
        return bool((await incident.row())["roles"] == {"incident commander": "bo@example.com"})

    await eventually(recorded)
    message = next(one for one in await product.inbox(incident.id) if one.step == "p1.r1.s1")
    assert "You are incident commander now" in message.text


async def test_the_last_rung_resolves_what_passes_by_itself_and_no_person_did_that(product: House) -> None:
    incident = await report(
        product,
        Step(after_seconds=0, targets=(OnCall(channel=SMS),)),
        ResolveIt(after_seconds=HOUR, note="nothing came of it"),
    )
    await incident.until_step("resolved")

    async def resolved() -> bool:
        return bool((await incident.row())["status"] == "RESOLVED")

    await eventually(resolved)
    row = await incident.row()
    assert (row["status"], row["resolved_by"], row["resolution_note"]) == (
        "RESOLVED", f"policy {row['service']}", "nothing came of it",
    )  # fmt: skip
    assert (row["acknowledged_at"], row["lead"]) == (None, None)


async def test_it_waits_until_somebody_is_on_call_and_not_for_ever(product: House) -> None:
    incident = await report(
        product,
        WaitUntilCovered(after_seconds=0, at_most_seconds=2 * HOUR),
        Step(after_seconds=HOUR, targets=(Manager(channel=SMS),)),
        team={"on_call": None},
    )
    await incident.until_step("p1.r1.s2")
    await incident.until_text("Step p1.r1.s1 waits until")
    began = (await incident.row())["ladder_started_at"]
    (page,) = [page for page in await product.ledger(incident.id) if page.step == "p1.r1.s2"]
    assert page.created_at >= began + timedelta(seconds=3), "two hours of holding and one of the rung's own"


async def test_whoever_comes_on_call_by_surprise_while_it_waits_is_told_soon(house: House) -> None:
    async with skipping(house) as (moved, clock):
        incident = await report(
            moved,
            WaitUntilCovered(after_seconds=0, at_most_seconds=168 * HOUR),
            Step(after_seconds=0, targets=(OnCall(channel=SMS),)),
            team={"on_call": None},
            time_scale=1.0,
        )
        await incident.until_type("ESCALATED")
        async with moved.sessions.begin() as session:
            team = (await incident.row())["team"]
            ana = select(User.id).where(User.email == "ana@example.com").scalar_subquery()
            await session.execute(update(Team).where(Team.name == team).values(on_call_id=ana))
        await clock.forward(incident, timedelta(minutes=1))
        await incident.until_step("p1.r1.s2")


async def test_a_policy_that_reaches_nobody_tells_its_owner_and_says_so(product: House) -> None:
    incident = await report(
        product,
        Step(after_seconds=0, targets=(OnCall(channel=SMS),)),
        owner="fay@example.com",
        team={"on_call": None, "channel": None},
    )
    await incident.until_step("p1.owner")
    await incident.until_type("ESCALATED", 3)
    service = (await incident.row())["service"]
    assert await incident.texts("ESCALATED") == [
        f"Step p1.r1.s1 was skipped: nobody is on call for team of {service}",
        f"No step of the policy {service} reaches anybody: its owner is told",
        "No step of the policy reaches anybody",
    ]
    assert {page[1] for page in await incident.pages() if page[0] == "p1.owner"} == {"fay@example.com"}


async def test_one_of_several_in_turn_from_one_incident_to_the_next(product: House) -> None:
    people = People(emails=("ana@example.com", "bo@example.com"), pick="round_robin", channel=SMS)
    policy = Policy(name="turns", steps=(Step(after_seconds=0, targets=(people,)),), max_rounds=1)
    service = await product.make_service(policy)
    turns = []
    for _ in range(3):
        incident = await product.report(service_name=service, time_scale=FASTEST)
        await incident.until_step("p1.r1.s1")
        turns += [page[1] for page in await incident.pages() if page[0] == "p1.r1.s1"]
    assert turns in (
        ["ana@example.com", "bo@example.com", "ana@example.com"],
        ["bo@example.com", "ana@example.com", "bo@example.com"],
    )


async def test_whoever_leads_is_told_as_the_lead(product: House) -> None:
    incident = await report(
        product,
        Step(after_seconds=0, targets=(OnCall(channel=SMS),)),
        Step(after_seconds=HOUR, targets=(Lead(channel=SMS),)),
        time_scale=None,
    )
    await incident.until_step("p1.r1.s1")
    await incident.give("amend", lead="bo@example.com")
    await incident.give("escalate")
    await incident.until_step("p1.r1.s2")
    assert [page[1] for page in await incident.pages() if page[0] == "p1.r1.s2"] == ["bo@example.com"]


async def test_peoples_own_rules_go_on_without_an_entry_and_stop_with_the_acknowledgement_of_anybody(
    house: House,
) -> None:
    step = Step(after_seconds=0, targets=(Person(email="bo@example.com"), OnCall(channel=SMS)))
    async with skipping(house) as (moved, clock):
        incident = await report(moved, step, time_scale=None)
        await incident.until_step("p1.r1.s1", pages=2)
        await clock.forward(incident, 3 * MINUTE)
        await incident.until_step("p1.r1.s1.120s")
        await incident.give("comment", text="three minutes later")
        assert "Escalated" not in " ".join(await incident.texts("ESCALATED"))
        stopped = await report(moved, step, time_scale=None)
        await stopped.until_step("p1.r1.s1")
        await stopped.give("acknowledge", actor="ana@example.com")
        await clock.forward(stopped, 3 * MINUTE)
        await stopped.give("comment", text="three minutes later")
        assert "p1.r1.s1.120s" not in await stopped.steps()


async def ahead_of(product: House, incident: Told) -> list[str]:
    """What `GET plan/` says, from row and ledger."""
    return [step.step for step in plan_ahead(await product.point(incident.id), product.settings)]


async def test_a_manual_escalation_leaves_peoples_later_rules_be(house: House) -> None:
    first, second, third = (
        Step(after_seconds=n * HOUR, targets=(Person(email=f"{who}@example.com"),))
        for n, who in enumerate(("bo", "cy", "dee"))
    )
    async with skipping(house) as (moved, clock):
        incident = await report(moved, first, second, third, time_scale=None)
        await incident.until_step("p1.r1.s1")
        await incident.give("escalate")
        await incident.until_step("p1.r1.s2")
        await incident.until_text("Escalated to step p1.r1.s2")  # how far the plan was brought forward is recorded
        assert await ahead_of(moved, incident) == ["p1.r1.s1.120s", "p1.r1.s2.120s", "p1.r1.s3", "p1.r1.s3.120s"]
        await clock.forward(incident, 3 * MINUTE)
        await incident.until_step("p1.r1.s1.120s")
        await incident.until_step("p1.r1.s2.120s")
        assert await ahead_of(moved, incident) == ["p1.r1.s3", "p1.r1.s3.120s"]


@pytest.mark.parametrize("in_hand", [False, True])
async def test_a_manual_escalation_fires_what_people_have_told_to_them_later_only(house: House, in_hand: bool) -> None:
    email = f"later-{new_id().hex[-8:]}@example.com"
    rules = [{"urgency": urgency, "after_seconds": 60, "channel": "sms"} for urgency in ("high", "low")]
    async with house.sessions.begin() as session:
        session.add(User(id=new_id(), email=email, name="Later", notification_rules=rules))
    async with skipping(house) as (moved, clock):
        incident = await report(
            moved,
            Step(after_seconds=0, targets=(OnCall(channel=SMS),)),
            Step(after_seconds=HOUR, targets=(Person(email=email),)),
            Step(after_seconds=2 * HOUR, targets=(Manager(channel=SMS),)),
            time_scale=None,
        )
        await incident.until_step("p1.r1.s1")
        if in_hand:
            await incident.give("acknowledge")
        await incident.give("escalate")
        await incident.until_type("ESCALATED", 2)
        rest = [] if in_hand else ["p1.r1.s3"]
        assert await ahead_of(moved, incident) == ["p1.r1.s2.60s", *rest]
        await clock.forward(incident, 2 * MINUTE)
        await incident.until_step("p1.r1.s2.60s")
        assert [page[1] for page in await incident.pages() if page[0] == "p1.r1.s2.60s"] == [email]
        assert await ahead_of(moved, incident) == rest


async def test_what_is_not_urgent_waits_for_working_hours(house: House) -> None:
    """From the workflow's own clock: a day of which only the hour after the next is worked in."""
    now = datetime.now(UTC)
    opening = (now + timedelta(hours=2)).replace(minute=0)
    hours = WorkingHours(
        weekdays=WEEKDAYS,
        from_=f"{opening:%H}:00",
        until=f"{opening + timedelta(hours=1):%H}:00",
        severities=(Severity.SEV3_MEDIUM,),
        zone="UTC",
    )
    policy = Policy(
        name="office", steps=(Step(after_seconds=0, targets=(OnCall(channel=SMS),)),), max_rounds=1, working_hours=hours
    )
    async with skipping(house) as (moved, clock):
        service = await moved.make_service(policy)
        incident = await moved.report(service_name=service, severity="SEV3_MEDIUM")
        await incident.until_finished()
        assert await incident.steps() == ["p1.created"]
        await clock.forward(incident, opening - now + timedelta(minutes=1))
        await incident.until_step("p1.r1.s1")


@pytest.mark.parametrize("covered", [True, False])
async def test_duties_of_a_schedule_decide_who_is_paged(product: House, covered: bool) -> None:
    name = f"schedule {new_id().hex[-8:]}"
    rotation = {
        "kind": "weekly",
        "start": "2026-01-05T00:00:00+00:00",
        "participants": [["bo@example.com"] if covered else ["gone@example.com"]],
    }
    value = ScheduleValue.model_validate(
        {"name": name, "time_zone": "UTC", "layers": [{"name": "one", "rotations": [rotation]}]}
    )
    async with product.sessions.begin() as session:
        session.add(Schedule(id=new_id(), name=name, definition=value.model_dump(mode="json", by_alias=True)))
    incident = await report(
        product,
        Step(after_seconds=0, targets=(OnCall(schedule=name, channel=SMS),)),
        Step(after_seconds=HOUR, targets=(Manager(channel=SMS),)),
    )
    if covered:
        await incident.until_step("p1.r1.s1")
    await incident.until_step("p1.r1.s2")
    first = [page[1] for page in await incident.pages() if page[0] == "p1.r1.s1"]
    assert first == (["bo@example.com"] if covered else [])
