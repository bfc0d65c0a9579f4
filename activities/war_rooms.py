"""Opens the war room, talks in it, closes it."""

from temporalio import activity

from activities.contracts import Room, RoomMessage, RoomOrder, WarRoomContract
from activities.failures import as_application_error
from domain import texts
from providers.protocols import WarRoom


class WarRoomActivities(WarRoomContract):
    """The war room of an incident, wherever responders talk."""

    def __init__(self, provider: WarRoom) -> None:
        self._provider = provider

    @activity.defn(name="open_war_room")
    async def open_war_room(self, order: RoomOrder) -> Room:
        """Open the room, or find the one that an earlier attempt opened, and invite its members."""
        incident = order.incident
        with as_application_error():
            room_id, link = await self._provider.open(incident, texts.room_name(incident), texts.room_topic(incident))
            await self._provider.invite(room_id, order.members)
        return Room(id=room_id, link=link)

    @activity.defn(name="post_to_war_room")
    async def post_to_war_room(self, message: RoomMessage) -> None:
        """Post a message, once."""
        with as_application_error():
            await self._provider.post(message.room_id, message.key, message.text)

    @activity.defn(name="archive_war_room")
    async def archive_war_room(self, message: RoomMessage) -> None:
        """Post the last message and close the room; a closed one stays so."""
        with as_application_error():
            await self._provider.post(message.room_id, message.key, message.text)
            await self._provider.archive(message.room_id)
