"""Outside systems that misbehave as they are told."""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any

from db.engine import Sessions
from domain.incident import Incident
from domain.page import Page
from providers.protocols import Channel, DocumentStore, ProviderError, Refused, WarRoom
from worker import Providers, builtin_providers


class Trouble:
    """Whether a call hangs, fails or goes through; changed while it runs."""

    def __init__(self, mode: str = "well") -> None:
        """
        Args:
            mode: `well`, `hangs`, `fails` (and may be tried again) or `refuses`.
        """
        self.mode = mode
        self.calls: Counter[str] = Counter()
        self._released = asyncio.Event()

    async def meet(self, what: str) -> None:
        """What a provider does first."""
        self.calls[what] += 1
        if self.mode == "hangs":
            await self._released.wait()
        elif self.mode == "fails":
            raise ProviderError("the vendor answers 500")
        elif self.mode == "refuses":
            raise Refused("the vendor\0 says no")

    def mend(self) -> None:
        """From now on all is well, and what hung goes on."""
        self.mode = "well"
        self._released.set()


class Documents:
    """A document store in trouble."""

    def __init__(self, store: DocumentStore, trouble: Trouble) -> None:
        self._store = store
        self._trouble = trouble

    async def create(self, incident: Incident, name: str, body: str) -> str:
        await self._trouble.meet("create")
        return await self._store.create(incident, name, body)

    async def update(self, incident: Incident, name: str, body: str) -> None:
        await self._trouble.meet("update")
        await self._store.update(incident, name, body)


class Rooms:
    """A war room in trouble."""

    def __init__(self, rooms: WarRoom, trouble: Trouble) -> None:
        self._rooms = rooms
        self._trouble = trouble

    async def open(self, incident: Incident, name: str, topic: str) -> tuple[str, str]:
        await self._trouble.meet("open")
        return await self._rooms.open(incident, name, topic)

    async def invite(self, room_id: str, members: Sequence[str]) -> None:
        await self._rooms.invite(room_id, members)

    async def post(self, room_id: str, key: str, text: str) -> None:
        await self._rooms.post(room_id, key, text)

    async def archive(self, room_id: str) -> None:
        await self._trouble.meet("archive")
        await self._rooms.archive(room_id)


class Phone:
    """A channel in trouble, with a name of its own on the ledger."""

    name = "phone-company"
    keeps_ledger = False
    needs_address = False

    def __init__(self, inbox: Channel, trouble: Trouble) -> None:
        self._inbox = inbox
        self._trouble = trouble

    async def send(self, page: Page) -> str:
        await self._trouble.meet(page.recipient)
        return await self._inbox.send(page)


def troubled(sessions: Sessions, **troubles: Trouble) -> Providers:
    """The built-in providers, in trouble where it is said: `documents`, `rooms`, or a channel's name."""
    well = builtin_providers(sessions)
    changes: dict[str, Any] = {"channels": {}}
    for name, trouble in troubles.items():
        if name == "documents":
            changes["documents"] = Documents(well.documents, trouble)
        elif name == "rooms":
            changes["war_rooms"] = Rooms(well.war_rooms, trouble)
        else:
            changes["channels"][name] = Phone(well.inbox, trouble)
    return dataclasses.replace(well, **changes)
