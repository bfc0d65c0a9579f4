"""The built-in war room: members, messages, an archive."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import Sessions
from db.models import WarRoom, WarRoomMember, WarRoomMessage, new_id
from db.records import notify


class WarRooms:
    """The rooms of incidents. What is done twice is done once."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def open(self, incident_id: UUID, name: str, topic: str) -> UUID:
        """Open an incident's room, or find it; its id."""
        opened = (
            insert(WarRoom)
            .values(id=new_id(), incident_id=incident_id, name=name, topic=topic)
            .on_conflict_do_update(index_elements=[WarRoom.incident_id], set_={"topic": topic})
            .returning(WarRoom.id)
        )
        async with self._sessions.begin() as session:
            return (await session.execute(opened)).scalar_one()

    async def invite(self, room_id: UUID, members: Sequence[str]) -> None:
        """Add members; who is in stays in."""
        rows = [{"room_id": room_id, "member": member} for member in members]
        if rows:
            async with self._sessions.begin() as session:
                await session.execute(insert(WarRoomMember).on_conflict_do_nothing(), rows)
                await _tell(session, room_id)

    async def post(self, room_id: UUID, key: str, author: str, text: str) -> None:
        """Add a message; the same key once."""
        async with self._sessions.begin() as session:
            await session.execute(
                insert(WarRoomMessage)
                .values(id=new_id(), room_id=room_id, key=key, author=author, text=text)
                .on_conflict_do_nothing(index_elements=[WarRoomMessage.room_id, WarRoomMessage.key])
            )
            await _tell(session, room_id)

    async def archive(self, room_id: UUID) -> None:
        """Close the room; the first closing counts."""
        async with self._sessions.begin() as session:
            await session.execute(
                update(WarRoom)
                .where(WarRoom.id == room_id, WarRoom.archived_at.is_(None))
                .values(archived_at=func.now())
            )
            await _tell(session, room_id)

    async def of_incident(self, incident_id: UUID) -> WarRoom | None:
        """The room of an incident, if it has one."""
        async with self._sessions() as session:
            return await session.scalar(select(WarRoom).where(WarRoom.incident_id == incident_id))

    async def members(self, room_id: UUID) -> Sequence[str]:
        """Who was invited, in order."""
        query = select(WarRoomMember.member).where(WarRoomMember.room_id == room_id).order_by(WarRoomMember.joined_at)
        async with self._sessions() as session:
            return (await session.scalars(query)).all()

    async def messages(self, room_id: UUID) -> Sequence[WarRoomMessage]:
        """What was said, oldest first."""
        query = select(WarRoomMessage).where(WarRoomMessage.room_id == room_id).order_by(WarRoomMessage.id)
        async with self._sessions() as session:
            return (await session.scalars(query)).all()


async def _tell(session: AsyncSession, room_id: UUID) -> None:
    """Whoever looks at the incident or its room sees the change."""
    incident_id = await session.scalar(select(WarRoom.incident_id).where(WarRoom.id == room_id))
    if incident_id is not None:
        await notify(session, incident_id)
