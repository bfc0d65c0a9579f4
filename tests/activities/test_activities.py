"""Every activity may run twice; a provider's refusal is final, its failure is not."""

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.contracts import Record, RoomMessage, RoomOrder, WhoAnswers
from activities.documents import DocumentActivities
from activities.paging import PagingActivities
from activities.records import RecordActivities
from activities.war_rooms import WarRoomActivities
from db.documents import DocumentVersions
from db.rooms import WarRooms
from domain.events import Event, EventType
from tests.support.house import House
from tests.support.providers import Trouble, troubled
from tests.support.values import LADDER, NOON, a_page, an_alert

run = ActivityEnvironment().run


async def test_a_page_is_sent_once(house: House) -> None:
    page = a_page((await house.admit(an_alert())).incident["id"])
    providers = troubled(house.sessions)
    paging = PagingActivities(house.sessions, providers.channels, providers.inbox)
    for _ in range(2):
        delivered = await run(paging.deliver, page)
        assert (delivered.status, delivered.provider) == ("sent", "inbox")
    assert len(await house.inbox(page.incident_id)) == 1


@pytest.mark.parametrize(("mode", "final"), [("fails", False), ("refuses", True)])
async def test_a_failed_attempt_stays_pending_with_its_reason(house: House, mode: str, final: bool) -> None:
    page = a_page((await house.admit(an_alert())).incident["id"])
    trouble = Trouble(mode)
    providers = troubled(house.sessions, slack=trouble)
    paging = PagingActivities(house.sessions, providers.channels, providers.inbox)
    with pytest.raises(ApplicationError) as failed:
        await run(paging.deliver, page)
    assert failed.value.non_retryable == final
    (row,) = await house.ledger(page.incident_id)
    assert (row.status, row.provider) == ("pending", "phone-company")
    assert "vendor" in (row.error or "")
    trouble.mend()
    await run(paging.deliver, page)
    (row,) = await house.ledger(page.incident_id)
    assert (row.status, row.attempts, row.error) == ("sent", 2, None)


async def test_a_document_has_a_version_for_each_change(house: House) -> None:
    admitted = await house.admit(an_alert())
    incident = (await house.initial_state(admitted.incident["id"])).incident
    store = troubled(house.sessions).documents
    documents = DocumentActivities(house.sessions, store, "# {{ title }}\n{{ timeline }}")
    for _ in range(2):
        assert await run(documents.create_document, incident) == f"{incident.url}/document"
    records = RecordActivities(house.sessions, house.catalogue)
    note = Event(type=EventType.NOTE, message="found it", at=NOON)
    for _ in range(2):
        await run(records.record, Record(incident_id=incident.id, revision=1, events=(note,)))
    for _ in range(2):
        await run(documents.update_document, incident)
    newest, oldest = await DocumentVersions(house.sessions).all(incident.id)
    assert (newest.version, oldest.version) == (2, 1)
    assert newest.body.count("found it") == 1 and "found it" not in oldest.body


async def test_a_room_is_opened_talked_in_and_closed_once(house: House) -> None:
    admitted = await house.admit(an_alert())
    incident = (await house.initial_state(admitted.incident["id"])).incident
    rooms = WarRoomActivities(troubled(house.sessions).war_rooms)
    order = RoomOrder(incident=incident, members=("ana@example.com", "dpo@example.com"))
    room, again = [await run(rooms.open_war_room, order) for _ in range(2)]
    assert room == again
    for key, text in (("opening", "hello"), ("opening", "hello"), ("closing", "bye")):
        await run(rooms.post_to_war_room, RoomMessage(room_id=room.id, key=key, text=text))
    for _ in range(2):
        await run(rooms.archive_war_room, RoomMessage(room_id=room.id, key="closing", text="bye"))
    kept = WarRooms(house.sessions)
    found = await kept.of_incident(incident.id)
    assert found is not None and found.archived_at is not None
    assert found.name == f"inc-{incident.number}-redis-prod"
    assert sorted(await kept.members(found.id)) == ["ana@example.com", "dpo@example.com"]
    assert [message.text for message in await kept.messages(found.id)] == ["hello", "bye"]


async def test_who_answers(house: House) -> None:
    service = (await house.item(an_alert(service_name="checkout-api"))).service_id
    question = WhoAnswers(service_id=service, policy=LADDER)
    directory = await run(RecordActivities(house.sessions, house.catalogue).who_answers, question)
    assert (directory.team, directory.on_call) == ("Backend Payment", ("bo@example.com",))
    assert directory.manager == "dee@example.com" and directory.titles["CTO"] == ("fay@example.com",)
