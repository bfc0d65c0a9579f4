"""Going on call with a real Temporal: hand-offs, reminders, the digest, and the Temporal Schedules that start them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest_asyncio
from sqlalchemy import delete, select, update
from temporalio.api.workflowservice.v1 import ListScheduleMatchingTimesRequest
from temporalio.client import (
    ScheduleActionExecutionStartWorkflow,
    ScheduleHandle,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from db.models import Handoff, HandoffNote, InboxMessage, Notice, Schedule, Team, User, new_id
from domain.schedule.schedule import Schedule as ScheduleValue
from gateway.duty.schedules import DIGEST, REMINDERS, DutySchedules
from tests.support.house import House
from tests.support.values import an_alert
from tests.support.waiting import eventually
from web.routes import on_call

ANA, BO = "ana@example.com", "bo@example.com"


@pytest_asyncio.fixture(autouse=True)
async def _nothing_left(house: House) -> AsyncIterator[None]:
    """Nor found: workers of other files make Temporal Schedules, too, and what is told once a week was told by them."""
    await forget(house)
    async with house.sessions() as session:
        before = list(await session.scalars(select(Schedule.id)))
        teams = (await session.execute(select(Team.id, Team.schedule_id, Team.on_call_id))).all()
        people = (await session.execute(select(User.id, User.days_away, User.notification_rules))).all()
    yield
    async with house.sessions.begin() as session:
        for id, schedule_id, on_call_id in teams:
            values = {"schedule_id": schedule_id, "on_call_id": on_call_id}
            await session.execute(update(Team).where(Team.id == id).values(values))
        for id, days_away, rules in people:
            values = {"days_away": days_away, "notification_rules": rules}
            await session.execute(update(User).where(User.id == id).values(values))
        await session.execute(delete(Schedule).where(Schedule.id.not_in(before)))
    await forget(house)


async def forget(house: House) -> None:
    """Notices and Temporal Schedules are gone, from Temporal's lists, too, which follow a moment later."""
    async with house.sessions.begin() as session:
        await session.execute(delete(InboxMessage).where(InboxMessage.notice_id.is_not(None)))
        await session.execute(delete(Notice))
        ids = list(await session.scalars(select(Schedule.id)))
    made = {REMINDERS, DIGEST, *(f"handoff-{id}" for id in ids)}

    async def gone() -> bool:
        listed = set(await known(house))
        for id in made | listed:
            try:
                await house.client.get_schedule_handle(id).delete()
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
        return not listed

    await eventually(gone, what="no Temporal Schedule is left")


def duty(house: House) -> DutySchedules:
    return DutySchedules(house.sessions, house.client, house.catalogue)


async def a_rota(house: House, team: str | None = None, **rotation: Any) -> UUID:
    """Ana and Bo by turns; by default of an hour each, at this minute."""
    began = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(days=1)
    turns = {"kind": "hourly", "start": began.isoformat(), "participants": [[ANA], [BO]]} | rotation
    value = {"name": f"rota {new_id().hex[-8:]}", "time_zone": "UTC", "layers": [{"name": "a", "rotations": [turns]}]}
    schedule = ScheduleValue.model_validate(value)
    id = new_id()
    async with house.sessions.begin() as session:
        session.add(Schedule(id=id, name=schedule.name, definition=schedule.model_dump(mode="json")))
        await session.flush()
        if team is not None:
            await session.execute(update(Team).where(Team.name == team).values(schedule_id=id))
    return id


async def told(house: House, kind: str, recipient: str | None = None) -> list[str]:
    query = select(InboxMessage.text).join(Notice, Notice.id == InboxMessage.notice_id).where(Notice.kind == kind)
    if recipient is not None:
        query = query.where(Notice.recipient == recipient)
    async with house.sessions() as session:
        return list(await session.scalars(query.order_by(InboxMessage.id)))


async def handoffs(house: House, id: UUID) -> list[Handoff]:
    async with house.sessions() as session:
        return list(await session.scalars(select(Handoff).where(Handoff.schedule_id == id)))


async def known(house: House) -> dict[str, str | None]:
    return {
        listed.id: listed.schedule.state.note if listed.schedule else None
        async for listed in await house.client.list_schedules()
    }


async def triggered(house: House, handle: ScheduleHandle) -> None:
    """Trigger a Temporal Schedule, and wait for the end of what that starts."""

    async def started() -> dict[str, ScheduleActionExecutionStartWorkflow]:
        actions = [result.action for result in (await handle.describe()).info.recent_actions]
        workflows = [action for action in actions if isinstance(action, ScheduleActionExecutionStartWorkflow)]
        return {action.first_execution_run_id: action for action in workflows}

    before = await started()
    await handle.trigger()

    async def one_more() -> bool:
        return bool((await started()).keys() - before.keys())

    await eventually(one_more, what="what was triggered has started")
    for run_id, action in (await started()).items():
        if run_id not in before:
            await house.client.get_workflow_handle(action.workflow_id, run_id=run_id).result()


async def test_a_triggered_hand_off_tells_both_once_with_the_recap(product: House) -> None:
    id = await a_rota(product, team="SRE Core")
    incident = await product.report(an_alert(title="Redis is gone"))
    await incident.until_finished()
    async with product.sessions.begin() as session:
        session.add(HandoffNote(id=new_id(), schedule_id=id, author=ANA, text="The cache is being moved."))
    await duty(product).reconcile()
    handle = product.client.get_schedule_handle(f"handoff-{id}")
    await triggered(product, handle)
    assert len(await told(product, "handoff")) == 2
    (handoff,) = await handoffs(product, id)
    assert {*handoff.leaving, *handoff.coming} == {ANA, BO} and handoff.leaving != handoff.coming
    (coming,) = await told(product, "handoff", handoff.coming[0])
    (leaving,) = await told(product, "handoff", handoff.leaving[0])
    assert coming.startswith("You are on call now") and leaving.startswith("You have handed over")
    assert f"INC-{incident.number} Redis is gone (SEV1" in coming and "The cache is being moved." in coming
    await triggered(product, handle)
    assert len(await told(product, "handoff")) == 2 and len(await handoffs(product, id)) == 1


async def test_nobody_hands_over_to_themselves(product: House) -> None:
    id = await a_rota(product, participants=[[ANA]])
    await duty(product).reconcile()
    await triggered(product, product.client.get_schedule_handle(f"handoff-{id}"))
    assert await handoffs(product, id) == [] and await told(product, "handoff") == []


async def test_a_temporal_schedule_for_each_schedule(house: House) -> None:
    weekly: dict[str, Any] = {"kind": "weekly", "start": "2026-01-05T09:30:00Z", "participants": [[ANA], [BO]]}
    id, gone = await a_rota(house, **weekly), await a_rota(house)
    made = await duty(house).reconcile()

    async def all_there() -> bool:
        return len(await known(house)) == made

    await eventually(all_there)
    assert set(await known(house)) >= {REMINDERS, DIGEST, f"handoff-{id}", f"handoff-{gone}"}
    assert await duty(house).reconcile() == 0
    (calendar,) = (await house.client.get_schedule_handle(f"handoff-{id}").describe()).schedule.spec.calendars
    assert [one.start for one in (calendar.minute[0], calendar.hour[0], calendar.day_of_week[0])] == [30, 9, 1]
    async with house.sessions.begin() as session:
        await session.execute(delete(Schedule).where(Schedule.id == gone))
        row = await session.get_one(Schedule, id)
        row.definition = row.definition | {"time_zone": "Asia/Kolkata"}

    assert await duty(house).reconcile() == 2

    async def changed() -> bool:
        described = await house.client.get_schedule_handle(f"handoff-{id}").describe()
        zone = described.schedule.spec.time_zone_name
        return zone == "Asia/Kolkata" and f"handoff-{gone}" not in await known(house)

    await eventually(changed)


async def test_temporal_looks_where_the_hours_of_a_rotation_begin(house: House) -> None:
    office = {"weekdays": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "until": "17:00"}
    weekly: dict[str, Any] = {"kind": "weekly", "start": "2026-01-05T00:00:00Z", "restrictions": [office]}
    id = await a_rota(house, **weekly, until="2099-12-31T07:30:00Z")
    await a_rota(house, **weekly, until="2190-01-01T00:00:00Z")  # beyond what Temporal takes
    many = await a_rota(house, restrictions=[{"weekdays": ["mon"], "from": f"10:{n}"} for n in range(10, 30)])
    await duty(house).reconcile()
    clocks = [(at.isoweekday(), at.hour, at.minute) for at in await looks_in_a_week(house, id)]
    assert clocks == [(1, 0, 0), (1, 1, 0), *((day, hour, 0) for day in range(1, 6) for hour in (9, 17))]
    often = await looks_in_a_week(house, many)
    assert {later - earlier for earlier, later in pairwise(often)} == {timedelta(minutes=5)}


async def looks_in_a_week(house: House, id: UUID) -> list[datetime]:
    """When Temporal looks for a hand-off in a week that does not depend on when the test runs."""
    request = ListScheduleMatchingTimesRequest(namespace=house.client.namespace, schedule_id=f"handoff-{id}")
    request.start_time.FromDatetime(datetime(2027, 6, 7, tzinfo=UTC) - timedelta(seconds=1))
    request.end_time.FromDatetime(datetime(2027, 6, 14, tzinfo=UTC) - timedelta(seconds=1))
    answer = await house.client.workflow_service.list_schedule_matching_times(request)
    return [at.ToDatetime(tzinfo=UTC) for at in answer.start_time]


async def test_who_paused_a_schedule_keeps_it_paused(house: House) -> None:
    id = await a_rota(house)
    await duty(house).reconcile()
    handle = house.client.get_schedule_handle(f"handoff-{id}")

    async def pause(present: ScheduleUpdateInput) -> ScheduleUpdate:
        schedule = present.description.schedule
        schedule.state.paused, schedule.state.note = True, "not this month"
        return ScheduleUpdate(schedule=schedule)

    await handle.update(pause)

    async def seen() -> bool:
        return (await known(house)).get(f"handoff-{id}") == "not this month"

    await eventually(seen)
    await duty(house).reconcile()
    assert (await handle.describe()).schedule.state.paused


async def test_whoever_goes_on_call_within_the_hour_is_told_once(product: House) -> None:
    soon = (datetime.now(UTC) + timedelta(minutes=40)).replace(microsecond=0)
    later = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    rotas = (
        await a_rota(product, kind="weekly", start=soon.isoformat()),
        await a_rota(product, kind="weekly", start=later),
    )
    async with product.sessions() as session:
        names = list(await session.scalars(select(Schedule.name).where(Schedule.id.in_(rotas))))

    async def reminders(recipient: str | None = None) -> list[str]:
        """Of these: by those of the example somebody goes on call every Monday morning."""
        texts = await told(product, "on_call_soon", recipient)
        return [text for text in texts if any(name in text for name in names)]

    await duty(product).reconcile()
    for _ in range(2):
        await triggered(product, product.client.get_schedule_handle(REMINDERS))
        (text,) = await reminders()
        assert f"from {soon.astimezone(ZoneInfo('Europe/Madrid')):%a %Y-%m-%d %H:%M} to" in text and "(level 1)" in text
    assert await reminders(ANA) == [text]


async def test_the_digest_names_gaps_absences_and_unreachable_people(product: House) -> None:
    days = [{"weekdays": ["mon", "tue", "wed", "thu", "fri"], "from": "00:00", "until": "24:00"}]
    await a_rota(product, team="SRE Core", kind="weekly", restrictions=days, participants=[[BO]])
    away = {"start": "2020-01-01T00:00:00Z", "end": "2190-01-01T00:00:00Z"}
    async with product.sessions.begin() as session:
        await session.execute(update(User).where(User.email == BO).values(days_away=[away], notification_rules=[]))
        await session.execute(update(Team).where(Team.name == "SRE Core").values(on_call_id=None))
    try:
        await duty(product).reconcile()
        await triggered(product, product.client.get_schedule_handle(DIGEST))
    finally:
        async with product.sessions.begin() as session:
            ana = select(User.id).where(User.email == ANA).scalar_subquery()
            await session.execute(update(Team).where(Team.name == "SRE Core").values(on_call_id=ana))
    (text,) = (one for one in await told(product, "readiness_digest", "dee@example.com") if "SRE Core" in one)
    assert "nobody is on call from Sat" in text
    assert f"{BO} is away while on call (level 1)" in text
    assert f"{BO} has no rule for urgent incidents that can be used" in text
    async with product.sessions() as session:
        query = select(InboxMessage.links).join(Notice, Notice.id == InboxMessage.notice_id)
        (links,) = (await session.scalars(query.where(Notice.kind == "readiness_digest").limit(1))).all()
    path = urlsplit(links[0]["href"]).path
    assert path in {getattr(route, "path", None) for route in on_call.router.routes}, "it leads to a page that there is"


async def test_the_worker_makes_them_by_itself(product: House) -> None:
    id = await a_rota(product)

    async def made() -> bool:
        return {f"handoff-{id}", REMINDERS, DIGEST} <= set(await known(product))

    await eventually(made)
