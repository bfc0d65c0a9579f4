"""Pending before the send, sent after it, and nothing begun once somebody has the incident in hand."""

import pytest
from sqlalchemy import text

from db.inbox import InboxMessages
from db.ledger import claim, mark_sent
from domain.page import Page
from tests.support.house import House
from tests.support.values import a_page, an_alert


async def attempt(house: House, page: Page) -> str | None:
    async with house.sessions.begin() as session:
        return await claim(session, page, "inbox")


async def page_of(house: House, **changes: object) -> Page:
    return a_page((await house.admit(an_alert())).incident["id"], **changes)


async def test_each_attempt_is_counted_until_it_was_sent(house: House) -> None:
    page = await page_of(house)
    assert [await attempt(house, page) for _ in range(2)] == [None, None]
    async with house.sessions.begin() as session:
        await mark_sent(session, page.id, "vendor-1")
        await mark_sent(session, page.id, "vendor-2")
    assert await attempt(house, page) == "sent"
    (row,) = await house.ledger(page.incident_id)
    assert (row.status, row.attempts, row.provider_message_id) == ("sent", 2, "vendor-1")


@pytest.mark.parametrize("attempts", [0, 1])
async def test_no_row_is_begun_after_the_acknowledgement_and_a_pending_one_is_skipped(
    house: House, attempts: int
) -> None:
    page = await page_of(house)
    for _ in range(attempts):
        await attempt(house, page)
    async with house.sessions.begin() as session:
        await session.execute(text("UPDATE incidents SET status = 'ACKNOWLEDGED'"))
    assert await attempt(house, page) == "skipped"
    assert [row.status for row in await house.ledger(page.incident_id)] == ["skipped"] * attempts
    assert await attempt(house, page.model_copy(update={"only_while_triggered": False})) is None


@pytest.mark.parametrize(("who", "status"), [("Ana@Example.com", "skipped"), ("bo@example.com", None)])
async def test_no_row_is_begun_for_whoever_has_acknowledged_in_whatever_case(
    house: House, who: str, status: str | None
) -> None:
    page = await page_of(house)
    async with house.sessions.begin() as session:
        await session.execute(
            text("UPDATE incidents SET acknowledgements = ARRAY['cy@example.com', :who]"), {"who": who}
        )
    assert await attempt(house, page) == status


async def test_message_and_ledger_are_one_transaction_and_twice_is_once(house: House) -> None:
    page = await page_of(house)
    await attempt(house, page)
    messages = InboxMessages(house.sessions)
    for _ in range(2):
        await messages.put(page)
    (message,) = await house.inbox(page.incident_id)
    (row,) = await house.ledger(page.incident_id)
    assert (row.status, row.provider_message_id) == ("sent", str(message.id))
