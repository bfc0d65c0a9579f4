"""Alerts that join an incident whatever their own key says, and only as long as it is open."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.intake import Admitted, IntakeItem, admit
from db.joining import Joining, join
from db.keeping import Kept
from db.models import Alert, AlertState, CorrelationSlot, new_id
from db.outbox import NOW
from db.records import commit_record
from db.thresholds import admit_or_hold
from domain.incident import Status
from tests.support.house import House
from tests.support.values import an_alert

CAUSE = "service:cause"


async def opened(house: House) -> UUID:
    """An open incident of the key `CAUSE`."""
    return UUID(str((await house.admit(an_alert(), key=CAUSE)).incident["id"]))


async def item(house: House, title: str) -> IntakeItem:
    return replace(await house.item(an_alert(title=title), key=f"service:{title}"), identity=title, alert_id=new_id())


async def go(house: House, *joining: Joining) -> list[Admitted | None]:
    async with house.pool.connection() as connection:
        return await join(connection, joining)


async def resolve(session: AsyncSession, incident_id: UUID) -> None:
    now = (await session.execute(NOW)).scalar_one()
    columns = {"status": Status.RESOLVED, "resolved_at": now, "resolved_by": "ana@example.com"}
    await commit_record(session, incident_id, 1, columns, (), ())


async def keys(house: House) -> list[str]:
    async with house.sessions() as session:
        return list(await session.scalars(select(CorrelationSlot.key).order_by(CorrelationSlot.key)))


@pytest.mark.parametrize("key", [CAUSE, None])
async def test_it_joins_and_its_repeats_can_follow(house: House, key: str | None) -> None:
    cause, own = await opened(house), await item(house, "own")
    (joined,) = await go(house, Joining(own, cause, key))
    assert joined is not None and (joined.incident["id"], joined.created) == (cause, False)
    async with house.sessions() as session:
        state = await session.get_one(AlertState, "own")
        slot = await session.get_one(CorrelationSlot, state.slot_key)
        assert (slot.incident_id, state.incident_id) == (cause, cause)
    async with house.sessions.begin() as session:
        await resolve(session, cause)
    assert await keys(house) == []


@pytest.mark.parametrize("key", [CAUSE, None])
async def test_nothing_is_opened_under_the_key_of_an_incident_that_is_over(house: House, key: str | None) -> None:
    cause, own = await opened(house), await item(house, "own")
    async with house.sessions.begin() as session:
        await resolve(session, cause)
    assert await go(house, Joining(own, cause, key)) == [None]
    assert await keys(house) == []


@pytest.mark.parametrize("key", [CAUSE, None])
async def test_it_waits_for_whoever_resolves_the_incident_at_that_moment(house: House, key: str | None) -> None:
    cause, own = await opened(house), await item(house, "own")
    async with house.sessions.begin() as session:
        await resolve(session, cause)
        joining = asyncio.create_task(go(house, Joining(own, cause, key)))
        done, _ = await asyncio.wait([joining], timeout=0.5)
        assert not done
    assert await joining == [None]
    assert await keys(house) == []


async def test_what_came_after_the_end_was_decided_goes_on_under_its_own_key(house: House) -> None:
    cause, own = await opened(house), await item(house, "own")
    async with house.sessions() as session:
        decided = (await session.execute(NOW)).scalar_one()
    await go(house, Joining(own, cause, CAUSE))
    async with house.sessions.begin() as session:
        columns = {"status": Status.RESOLVED, "resolved_at": decided, "cleared_at": decided}
        await commit_record(session, cause, 1, columns, (), ())
    assert await keys(house) == [own.key]
    async with house.sessions() as session:
        assert (await session.get_one(AlertState, "own")).slot_key == own.key


async def test_some_join_and_some_do_not(house: House) -> None:
    cause, over = await opened(house), new_id()
    items = [await item(house, title) for title in ("a", "b", "c")]
    places = [Joining(items[0], cause, CAUSE), Joining(items[1], over, CAUSE), Joining(items[2], cause, None)]
    found = await go(house, *places)
    assert [one and one.incident["id"] for one in found] == [cause, None, cause]
    assert (await house.row(cause))["alert_count"] == 3


async def test_many_at_once_do_not_deadlock(house: House) -> None:
    cause = await opened(house)

    async def one(number: int) -> None:
        its, other = await item(house, f"i{number}"), await item(house, f"o{number % 3}")
        async with house.pool.connection() as connection:
            if number % 2:
                await join(connection, [Joining(its, cause, CAUSE), Joining(other, cause, None)])
            else:
                await admit(connection, [other, replace(its, key=CAUSE)])

    await asyncio.gather(*(one(number) for number in range(30)))
    assert (await house.row(cause))["alert_count"] == 1 + 15 * 2 + 15


async def test_one_that_is_looked_at_again_is_not_counted_as_another(house: House) -> None:
    async def look(own: IntakeItem) -> Admitted | int:
        assert own.alert_id is not None
        async with house.pool.connection() as connection:
            return await admit_or_hold(connection, Kept(own, own.alert_id, "held"), 2, 600)

    first = await item(house, "held")
    second = replace(first, identity="other", alert_id=new_id())
    assert [await look(first), await look(first)] == [1, 1]
    admitted = await look(second)
    assert isinstance(admitted, Admitted) and admitted.incident["alert_count"] == 2
    async with house.sessions() as session:
        fates = await session.execute(select(Alert.fate).order_by(Alert.fate))
        assert [fate for (fate,) in fates] == ["attached", "new"]
