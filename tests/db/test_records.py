"""What the workflow decided, in one transaction; alerts that came after the decision go elsewhere."""

from datetime import timedelta
from uuid import UUID

import psycopg
from sqlalchemy import func, select

from db.models import Alert, new_id
from db.outbox import NOW
from db.records import commit_record
from domain.events import Event, EventType
from domain.incident import Status
from tests.support.house import House
from tests.support.values import NOON, an_alert
from tests.support.waiting import WAIT_SECONDS


async def record(house: House, incident_id: UUID, revision: int, *events: Event, **columns: object) -> None:
    async with house.sessions.begin() as session:
        await commit_record(session, incident_id, revision, columns, events, ())


async def resolve(house: House, incident_id: UUID, decided_seconds_ago: float = 0, revision: int = 1) -> None:
    async with house.sessions.begin() as session:
        now = (await session.execute(NOW)).scalar_one() - timedelta(seconds=decided_seconds_ago)
        columns = {"status": Status.RESOLVED, "resolved_at": now, "resolved_by": "ana@example.com"}
        await commit_record(session, incident_id, revision, columns, (), ())


async def test_an_older_revision_changes_nothing(house: House) -> None:
    incident = (await house.admit(an_alert())).incident["id"]
    note = Event(type=EventType.NOTE, message="once\0", at=NOON)
    await record(house, incident, 2, note, lead="bo@example.com")
    await record(house, incident, 2, note, lead="cy@example.com")
    await record(house, incident, 1, note, lead="cy@example.com")
    row = await house.row(incident)
    assert (row["lead"], row["revision"]) == ("bo@example.com", 2)
    assert [event.message for event in await house.events(incident) if event.type == "NOTE"] == ["once"]


async def test_a_record_notifies_whoever_looks(house: House) -> None:
    incident = (await house.admit(an_alert())).incident["id"]
    async with await psycopg.AsyncConnection.connect(house.settings.database, autocommit=True) as listener:
        await listener.execute("LISTEN tocsin_incident")
        await record(house, incident, 1, lead="bo@example.com")
        heard = [notice.payload async for notice in listener.notifies(timeout=WAIT_SECONDS, stop_after=1)]
    assert heard == [str(incident)]


async def test_resolving_releases_the_slot(house: House) -> None:
    alert = an_alert()
    first = (await house.admit(alert)).incident["id"]
    await resolve(house, first)
    second = await house.admit(alert)
    assert second.created and second.incident["id"] != first


async def test_alerts_after_the_decision_are_taken_back_into_a_new_incident(house: House) -> None:
    alert = an_alert()
    first = (await house.admit(alert)).incident["id"]
    async with house.sessions() as session:
        decided = (await session.execute(NOW)).scalar_one()
    late = alert.model_copy(update={"title": "again"})
    for _ in range(2):
        assert (await house.admit(late)).incident["id"] == first
    async with house.sessions.begin() as session:
        columns = {"status": Status.RESOLVED, "resolved_at": decided, "resolved_by": "ana@example.com"}
        await commit_record(session, first, 1, columns, (), ())
    assert (await house.row(first))["alert_count"] == 1

    async with house.sessions() as session:
        found = dict((await session.execute(select(Alert.incident_id, func.count()).group_by(Alert.incident_id))).all())
    (second,) = set(found) - {first}
    assert second is not None
    assert found == {first: 1, second: 2}
    row = await house.row(second)
    assert (row["title"], row["alert_count"], row["status"]) == ("again", 2, "TRIGGERED")
    assert [entry.kind for entry in await house.outbox(second)] == ["start"]
    joined = await house.admit(alert)
    assert joined.incident["id"] == second


async def test_alerts_before_the_decision_stay(house: House) -> None:
    alert = an_alert()
    first = (await house.admit(alert)).incident["id"]
    await house.admit(alert)
    await resolve(house, first)
    assert (await house.row(first))["alert_count"] == 2


async def test_back_to_normal_is_decided_when_it_was_so_and_not_when_it_is_recorded(house: House) -> None:
    alert = an_alert()
    first = (await house.admit(alert)).incident["id"]
    async with house.sessions() as session:
        cleared = (await session.execute(NOW)).scalar_one()
    assert (await house.admit(alert)).incident["id"] == first  # it fires again, and the workflow has not heard of it
    async with house.sessions.begin() as session:
        now = (await session.execute(NOW)).scalar_one()
        columns = {"status": Status.RESOLVED, "resolved_at": now, "resolved_by": "grafana", "cleared_at": cleared}
        await commit_record(session, first, 1, columns, (), ())
    row = await house.row(first)
    assert (row["alert_count"], row["cleared_at"]) == (1, cleared)
    joined = await house.admit(alert)
    assert not joined.created and joined.incident["id"] != first and joined.incident["alert_count"] == 2


async def test_what_only_told_something_of_an_incident_stays_with_it(house: House) -> None:
    alert = an_alert()
    first = (await house.admit(alert)).incident["id"]
    async with house.sessions.begin() as session:
        decided = (await session.execute(NOW)).scalar_one()
        kept = (await session.scalars(select(Alert))).one()
        for fate in ("resolved", "noted", "silenced", "late"):
            facts = {name: getattr(kept, name) for name in Alert.__table__.columns.keys()}  # noqa: SIM118
            session.add(
                Alert(
                    **facts
                    | {
                        "id": new_id(),
                        "fate": fate,
                        "received_at": decided + timedelta(seconds=1),
                        "deduplicated": True,
                    }
                )
            )
        columns = {"status": Status.RESOLVED, "resolved_at": decided, "resolved_by": "ana@example.com"}
        await session.flush()
        await commit_record(session, first, 1, columns, (), ())
    async with house.sessions() as session:
        assert set(await session.scalars(select(Alert.incident_id))) == {first}
    assert (await house.row(first))["alert_count"] == 1
