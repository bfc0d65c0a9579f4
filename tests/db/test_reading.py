"""Rows of the catalogue that are not valid any more: they keep nobody else from being paged, and the log names them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
import structlog
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.catalogue.reading import CatalogueReader, read_catalogue
from db.catalogue.writing import write
from db.models import (
    ContactMethod,
    Policy,
    Route,
    Schedule,
    ScheduleCalendar,
    ScheduleOverride,
    Team,
    User,
    new_id,
)
from db.starting import starting_point
from domain.catalogue import Catalogue
from domain.channels import ChannelName
from tests.support.house import House
from tests.support.values import an_alert

ANA = "ana@example.com"
NOWHERE = "Mars/Olympus_Mons"


@pytest_asyncio.fixture
async def session(house: House) -> AsyncIterator[AsyncSession]:
    """One whose changes nobody else sees."""
    async with house.sessions() as session:
        yield session
        await session.rollback()


async def read(session: AsyncSession) -> tuple[Catalogue, set[tuple[str, str]]]:
    """The catalogue, and the kind and name of what the log says of it."""
    await session.flush()
    session.expire_all()
    with structlog.testing.capture_logs() as logs:
        found = await read_catalogue(session)
    return found, {(entry["kind"], entry["name"]) for entry in logs if entry["log_level"] == "error"}


async def test_a_catalogue_that_is_valid_is_read_without_a_word(session: AsyncSession) -> None:
    found, logged = await read(session)
    assert logged == set() and ANA in found.user_named


async def test_a_person_keeps_what_can_be_read(session: AsyncSession) -> None:
    before = (await read_catalogue(session)).user_named[ANA]
    quiet = {"weekdays": ["sun"], "from": "22:00", "until": "08:00"}
    fields: dict[str, Any] = {"time_zone": NOWHERE, "quiet_hours": [quiet, {"phase": "full moon"}]}
    await session.execute(update(User).where(User.email == ANA).values(fields))
    id = await session.scalar(select(User.id).where(User.email == ANA))
    for channel, address in (("sms", "+33612345678"), ("pigeon", "the one with the ring")):
        session.add(ContactMethod(id=new_id(), user_id=id, channel=channel, address=address, verified_at=func.now()))
    found, logged = await read(session)
    ana = found.user_named[ANA]
    assert logged == {("User", ANA)}
    assert (ana.time_zone, [hours.from_ for hours in ana.quiet_hours]) == ("UTC", ["22:00"])
    assert (ana.name, ana.role, ana.is_active) == (before.name, before.role, before.is_active)
    added = [method for method in ana.contact_methods if method not in before.contact_methods]
    assert [(method.channel, method.verified) for method in added] == [(ChannelName.SMS, True)]


async def test_a_team_keeps_what_can_be_read(session: AsyncSession) -> None:
    (team, *_) = (await read_catalogue(session)).teams
    await session.execute(update(Team).where(Team.name == team.name).values(time_zone=NOWHERE, policies={"SEV9": "x"}))
    found, logged = await read(session)
    assert logged == {("Team", team.name)}
    assert found.team_named[team.name] == team.model_copy(update={"time_zone": "UTC", "policies": {}})


async def a_schedule(session: AsyncSession, **definition: Any) -> Schedule:
    value = {"name": f"rota {new_id().hex[-8:]}", "time_zone": "UTC", "layers": [{"name": "a", "calendar": "rota"}]}
    row = Schedule(id=new_id(), name=value["name"], definition=value | definition)
    session.add(row)
    await session.flush()
    return row


@pytest.mark.parametrize("definition", [{"time_zone": NOWHERE}, {"phase": "full moon"}, {"layers": [{"name": ""}]}])
async def test_a_schedule_that_is_not_valid_is_left_out(session: AsyncSession, definition: dict[str, Any]) -> None:
    row, other = await a_schedule(session, **definition), await a_schedule(session)
    found, logged = await read(session)
    assert logged == {("Schedule", row.name)}
    assert row.name not in found.schedule_named and other.name in found.schedule_named


async def test_an_override_and_a_piece_of_a_calendar_are_left_out_alone(session: AsyncSession) -> None:
    row, now = await a_schedule(session), datetime.now(UTC)
    span = {"start": now.isoformat(), "end": (now + timedelta(hours=1)).isoformat(), "users": [ANA]}
    session.add(
        ScheduleCalendar(id=new_id(), schedule_id=row.id, name="rota", spans=[span, span | {"users": "everybody"}])
    )
    ids = {kind: new_id() for kind in ("replace", "sing")}
    for kind, id in ids.items():
        values = {"starts_at": now, "ends_at": now + timedelta(hours=1), "users": [ANA], "kind": kind}
        session.add(ScheduleOverride(id=id, schedule_id=row.id, **values))
    found, logged = await read(session)
    assert logged == {("Override", str(ids["sing"])), ("Span", "rota")}
    schedule = found.schedule_named[row.name]
    assert [override.id for override in schedule.overrides] == [ids["replace"]]
    assert [span.users for span in schedule.layers[0].spans] == [(ANA,)]


async def test_policies_and_routes_are_left_out_whole(session: AsyncSession) -> None:
    before = await read_catalogue(session)
    policy, route = before.policies[0].name, before.routes[0].name
    when = {"when": {"phase": "full moon"}}
    await session.execute(update(Policy).where(Policy.name == policy).values(definition=Policy.definition.concat(when)))
    await session.execute(update(Route).where(Route.name == route).values(definition=Route.definition.concat(when)))
    found, logged = await read(session)
    assert logged == {("Policy", policy), ("Route", route)}
    assert (found.policies, found.routes) == (before.policies[1:], before.routes[1:])
    await write(session, Catalogue(policies=before.policies[:1]))
    found, logged = await read(session)
    assert found.policies == before.policies and logged == {("Route", route)}, "it is written anew"


@pytest.mark.parametrize("definition", [[1, 2], "x", 5, None])
async def test_rows_of_another_shape_are_left_out(session: AsyncSession, definition: Any) -> None:
    before, row = await read_catalogue(session), await a_schedule(session)
    session.add(ScheduleCalendar(id=new_id(), schedule_id=row.id, name="rota", spans=definition))
    policy = before.policies[0].name
    await session.execute(update(Policy).where(Policy.name == policy).values(definition=definition or 0))
    found, logged = await read(session)
    assert logged == {("Policy", policy), ("Span", "rota")} and found.policies == before.policies[1:]
    assert found.schedule_named[row.name].layers[0].spans == ()


async def test_an_incident_begins_though_its_policy_and_schedule_are_not_valid(
    house: House, session: AsyncSession
) -> None:
    incident = (await house.admit(an_alert())).incident
    row = await a_schedule(session, time_zone=NOWHERE)
    team = await session.scalar(select(Team).where(Team.name == incident["team"]))
    assert team is not None
    own = Policy(id=new_id(), name=f"own {row.name}", definition={"phase": "full moon"}, is_default=False)
    session.add(own)
    await session.flush()
    team.schedule_id, team.policy_id = row.id, own.id
    await session.flush()
    begins = await starting_point(session, CatalogueReader(), incident["id"], "")
    assert begins is not None
    assert begins.policy.name in (await read_catalogue(session)).policy_named, "the default, for its own is not there"
    assert begins.directory.schedule == row.name and begins.directory.duties == {row.name: ()}
