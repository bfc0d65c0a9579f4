"""The activities as workflows see them: names, arguments and results, without any of their dependencies."""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from temporalio import activity

from domain.directory import Directory
from domain.events import Event
from domain.incident import Incident
from domain.intake.heartbeat import Switch
from domain.page import Page, Unsent
from domain.policy import Policy


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Delivered(_Value):
    """What became of a page: `sent`, or `skipped` because it was no longer wanted."""

    status: str
    provider: str


class Record(_Value):
    """What the workflow decided, under its revision: named columns, timeline entries, pages that did not leave."""

    incident_id: UUID
    revision: int
    columns: dict[str, Any] = {}
    events: tuple[Event, ...] = ()
    unsent: tuple[Unsent, ...] = ()


class WhoAnswers(_Value):
    """Whose people are asked for, under which policy, and from when on."""

    service_id: UUID
    policy: Policy
    """By which the incident climbs."""
    since: datetime | None = None
    """The first instant that is asked about, UTC; None: now."""
    team_id: UUID | None = None
    """The team to which the incident was reassigned."""
    incident_id: UUID | None = None
    people: tuple[str, ...] = ()
    """Whom the incident itself names: its lead, those who were asked to join, who has a role."""


class RoomOrder(_Value):
    """The war room of an incident, and whom to invite."""

    incident: Incident
    members: tuple[str, ...] = ()


class Room(_Value):
    """An open war room."""

    id: str
    link: str


class RoomMessage(_Value):
    """A message of Tocsin's own in a war room; `key` keeps it from being posted twice."""

    room_id: str
    key: str
    text: str


class WhoseHeartbeat(_Value):
    """The source whose heartbeat is meant."""

    source_id: UUID


class HeartbeatReport(WhoseHeartbeat):
    """The instant at which a heartbeat is judged."""

    at: datetime


class RecordContract(ABC):
    """Writing down what the workflow decided."""

    @activity.defn(name="record")
    @abstractmethod
    async def record(self, record: Record) -> None:
        """Commit all of it in one transaction; an older revision changes nothing."""

    @activity.defn(name="who_answers")
    @abstractmethod
    async def who_answers(self, question: WhoAnswers) -> Directory:
        """Who answers for a service from an instant on."""


class PagingContract(ABC):
    """Telling people."""

    @activity.defn(name="deliver")
    @abstractmethod
    async def deliver(self, page: Page) -> Delivered:
        """Send one page, once."""


class DocumentContract(ABC):
    """The incident document."""

    @activity.defn(name="create_document")
    @abstractmethod
    async def create_document(self, incident: Incident) -> str:
        """Create the document, or find the one that an earlier attempt created; its address."""

    @activity.defn(name="update_document")
    @abstractmethod
    async def update_document(self, incident: Incident) -> None:
        """Bring the document up to the timeline."""


class WarRoomContract(ABC):
    """The war room."""

    @activity.defn(name="open_war_room")
    @abstractmethod
    async def open_war_room(self, order: RoomOrder) -> Room:
        """Open the room, or find the one that an earlier attempt opened, and invite its members."""

    @activity.defn(name="post_to_war_room")
    @abstractmethod
    async def post_to_war_room(self, message: RoomMessage) -> None:
        """Post a message, once."""

    @activity.defn(name="archive_war_room")
    @abstractmethod
    async def archive_war_room(self, message: RoomMessage) -> None:
        """Post the last message and close the room; a closed one stays so."""


class HeartbeatContract(ABC):
    """The dead-man's switches of sources."""

    @activity.defn(name="look_for_ping")
    @abstractmethod
    async def look_for_ping(self, whose: WhoseHeartbeat) -> Switch | None:
        """The switch with the latest ping that is kept; None when it is no longer armed."""

    @activity.defn(name="report_heartbeat")
    @abstractmethod
    async def report_heartbeat(self, report: HeartbeatReport) -> Switch | None:
        """Report what has changed at that instant: ran out, or returned; nothing when it is reported already."""

    @activity.defn(name="disarm_heartbeat")
    @abstractmethod
    async def disarm_heartbeat(self, whose: WhoseHeartbeat) -> None:
        """The heartbeat was taken away: what it reported is over, and its pings are forgotten."""
