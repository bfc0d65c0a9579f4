"""Document and room side by side, then the broadcast, then the ladder; paging waits for nobody."""

import time

import pytest

from domain.severity import Severity
from tests.support.house import House
from tests.support.providers import Trouble, troubled
from tests.support.waiting import eventually


async def test_document_and_room_then_broadcast_then_ladder(product: House) -> None:
    incident = await product.report()
    await incident.until_finished()
    await incident.until_steps("p1.created", "p1.r1.s1")
    types = await incident.types()
    assert types[0] == "STATUS_CHANGE"
    assert max(types.index("DOCUMENT_CREATED"), types.index("WAR_ROOM_CREATED")) < types.index("ALERT_SENT")
    assert await incident.pages("sent") == [
        ("p1.created", "#sre-core", "slack"),
        ("p1.created", "ana@example.com", "email"),
        ("p1.created", "ana@example.com", "sms"),
        ("p1.r1.s1", "ana@example.com", "slack"),
    ]
    first = (await product.inbox(incident.id))[0]
    assert [link["text"] for link in first.links] == [f"INC-{incident.number}", "Document", "War room"]
    row = await incident.row()
    assert (row["orchestration"], row["status"]) == ("COMPLETE", "TRIGGERED")
    assert row["lid_link"] and row["war_room_id"]


@pytest.mark.parametrize(
    ("severity", "pages", "room"),
    [(Severity.SEV3_MEDIUM, [("p1.created", "#sre-core", "slack")], False), (Severity.SEV4_LOW, [], False)],
)
async def test_low_severities_have_a_document_and_tell_a_channel_or_nobody(
    product: House, severity: Severity, pages: list[tuple[str, str, str]], room: bool
) -> None:
    incident = await product.report(severity=severity)
    await incident.until_finished()
    row = await incident.row()
    assert row["lid_link"]
    assert (row["war_room_id"] is not None) == room
    assert await incident.pages() == pages


async def test_a_hanging_document_and_a_broken_room_delay_the_first_page_by_the_grace_and_repair_mends_them(
    house: House,
) -> None:
    documents, rooms = Trouble("hangs"), Trouble("refuses")
    house = house.with_settings(link_grace_seconds=1)
    async with house.working(troubled(house.sessions, documents=documents, rooms=rooms)):
        began = time.monotonic()
        incident = await house.report()
        await incident.until_step("p1.created")
        assert 0.9 < time.monotonic() - began < 30, "the grace of 1 s, and what a busy machine adds"
        await eventually(lambda: house.inbox(incident.id))
        assert (await house.inbox(incident.id))[0].links[1:] == []
        await incident.until_type("FAILURE")
        assert await incident.texts("FAILURE") == ["The war room could not be made: Refused: the vendor says no"]
        documents.mend()
        await incident.until_step("p1.links", pages=2)
        links = [m for m in await house.inbox(incident.id) if m.step == "p1.links"]
        assert sorted((m.recipient, m.channel) for m in links) == [("#sre-core", "slack"), ("ana@example.com", "email")]
        assert [link["text"] for link in links[0].links] == [f"INC-{incident.number}", "Document"]
        await incident.until_finished()

        created = documents.calls["create"]  # more than one attempt, when the machine stood still while it hung
        rooms.mend()
        await incident.give("repair")
        await incident.until_finished(count=2)
        row = await incident.row()
        assert row["war_room_id"] and row["orchestration"] == "COMPLETE"
        assert (documents.calls["create"], rooms.calls["open"]) == (created, 2)  # only what was missing


async def test_a_provider_that_fails_for_a_while_is_asked_again(house: House) -> None:
    rooms = Trouble("fails")
    async with house.working(troubled(house.sessions, rooms=rooms)):
        incident = await house.report()
        await eventually(lambda: rooms.calls["open"])
        rooms.mend()
        await incident.until_type("WAR_ROOM_CREATED")
        assert "FAILURE" not in await incident.types()


async def test_acknowledged_before_the_first_page_nobody_is_paged_but_document_and_room_are_made(house: House) -> None:
    documents = Trouble("hangs")
    async with house.working(troubled(house.sessions, documents=documents)):
        incident = await house.report()
        await eventually(lambda: documents.calls["create"])
        await incident.give("acknowledge")
        documents.mend()
        await incident.until_finished()
        row = await incident.row()
        assert row["lid_link"] and row["war_room_id"]
        assert await incident.pages() == []


async def test_a_page_that_is_given_up_is_on_the_timeline_and_repair_sends_it(house: House) -> None:
    phone = Trouble("refuses")
    async with house.working(troubled(house.sessions, sms=phone)):
        incident = await house.report()
        await incident.until_finished()
        await incident.until_step("p1.r1.s1")
        await incident.until_type("FAILURE")
        (failed,) = [row for row in await house.ledger(incident.id) if row.status == "failed"]
        assert (failed.channel, failed.provider, failed.attempts) == ("sms", "phone-company", 1)
        assert "says no" in (failed.error or "")
        phone.mend()
        await incident.give("repair")
        await incident.until_step("p1.created")
        assert len(await incident.pages("sent")) == 4


async def test_a_page_between_two_attempts_is_called_off_by_the_acknowledgement(house: House) -> None:
    phone = Trouble("fails")
    async with house.working(troubled(house.sessions, sms=phone)):
        incident = await house.report()
        await eventually(lambda: phone.calls["ana@example.com"])
        await incident.give("acknowledge")

        async def skipped() -> bool:
            return [row.status for row in await house.ledger(incident.id) if row.channel == "sms"] == ["skipped"]

        await eventually(skipped)
        phone.mend()
        assert "sms" not in {message.channel for message in await house.inbox(incident.id)}
