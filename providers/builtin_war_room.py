"""The built-in war room: a page with members, messages and an archive inside the product."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.incident import Incident

TOCSIN = "Tocsin"


class Rooms(Protocol):
    """Where the rooms are kept."""

    async def open(self, incident_id: UUID, name: str, topic: str) -> UUID:
        """Open an incident's room, or find it; its id."""
        ...

    async def invite(self, room_id: UUID, members: Sequence[str]) -> None:
        """Add members; who is in stays in."""
        ...

    async def post(self, room_id: UUID, key: str, author: str, text: str) -> None:
        """Add a message; the same key once."""
        ...

    async def archive(self, room_id: UUID) -> None:
        """Close the room; the first closing counts."""
        ...


class BuiltinWarRoom:
    """The room is a page beside the incident's own."""

    name = "builtin"

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def open(self, incident: Incident, name: str, topic: str) -> tuple[str, str]:
        """Open the room of an incident, or find it; its id and its address."""
        room_id = await self._rooms.open(incident.id, name, topic)
        return str(room_id), f"{incident.url}/room"

    async def invite(self, room_id: str, members: Sequence[str]) -> None:
        """Add members."""
        await self._rooms.invite(UUID(room_id), members)

    async def post(self, room_id: str, key: str, text: str) -> None:
        """Post a message of Tocsin's own."""
        await self._rooms.post(UUID(room_id), key, TOCSIN, text)

    async def archive(self, room_id: str) -> None:
        """Close the room."""
        await self._rooms.archive(UUID(room_id))
