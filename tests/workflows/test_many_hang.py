"""Fifty incidents whose document hangs and whose room answers 500: everybody is paged all the same."""

import asyncio
from uuid import uuid4

from tests.support.house import House, Told
from tests.support.providers import Trouble, troubled
from tests.support.waiting import eventually

INCIDENTS = 50
AT_ONCE = 4
GRACE_SECONDS = 4.0


async def report(house: House, gate: asyncio.Semaphore) -> Told:
    """One incident; connections are few, and the workflows that begin meanwhile share this process with them."""
    async with gate:
        return await house.report(fingerprint=uuid4().hex)


async def test_fifty_hang_at_once_and_their_first_pages_leave(house: House) -> None:
    documents, rooms = Trouble("hangs"), Trouble("fails")
    gate = asyncio.Semaphore(AT_ONCE)
    house = house.with_settings(link_grace_seconds=GRACE_SECONDS)
    async with house.working(troubled(house.sessions, documents=documents, rooms=rooms)):
        incidents = await asyncio.gather(*(report(house, gate) for _ in range(INCIDENTS)))
        for incident in incidents:
            await eventually(incident.seconds_to_first_page, 120)
        waits = [await incident.seconds_to_first_page() or 0 for incident in incidents]
        print(f"first pages after {min(waits):.2f} … {max(waits):.2f} s")
        assert min(waits) > GRACE_SECONDS * 0.5
        assert {(await incident.row())["lid_link"] for incident in incidents} == {None}
        documents.mend()
        rooms.mend()
        for incident in incidents:
            await incident.until_finished(seconds=120)
        assert None not in {(await incident.row())["lid_link"] for incident in incidents}
