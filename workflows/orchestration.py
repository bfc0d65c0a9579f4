"""Makes the document and opens the war room, side by side; a branch that fails never stops another."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.pager import Pager
from workflows.policies import PROVIDER
from workflows.recorder import Recorder
from workflows.state import IncidentState

with workflow.unsafe.imports_passed_through():
    from activities.contracts import DocumentContract, RoomMessage, RoomOrder, WarRoomContract
    from domain import texts
    from domain.ahead import facts_of
    from domain.channels import ChannelName
    from domain.climb import created_step
    from domain.events import Event, EventType
    from domain.incident import Orchestration as Progress
    from domain.incident import Response, Status
    from domain.lifecycle import Outcome
    from domain.recipients import Delivery, Moment, people_of
    from domain.target import OnCall


class Orchestration:
    """Runs until nothing is missing or every branch has given up; `repair` runs it once more."""

    def __init__(self, state: IncidentState, recorder: Recorder, pager: Pager) -> None:
        self._state = state
        self._recorder = recorder
        self._pager = pager
        self._wanted = state.orchestration is not Progress.COMPLETE
        self.broadcast_decided = False
        """The first message has left, or it was decided that it will not."""
        self.missed_links: tuple[Delivery, ...] = ()
        """Who got the first message before its links were ready: the links follow."""

    @property
    def links_settled(self) -> bool:
        """Document and war room are ready, have failed, or are not needed."""
        return self._document_settled and self._room_settled

    @property
    def idle(self) -> bool:
        """Nothing is being made."""
        return not self._wanted

    def _broadcast_ended(self) -> bool:
        step = created_step(self._state.climb.generation if self._state.climb else 1)
        return self.broadcast_decided and not self._pager.busy_with(step)

    @property
    def _document_settled(self) -> bool:
        return self._state.incident.lid_link is not None or self._state.document_failed

    @property
    def _room_settled(self) -> bool:
        incident = self._state.incident
        return not incident.needs_war_room or incident.war_room_id is not None or self._state.war_room_failed

    def want(self) -> None:
        """Something is missing: make it."""
        self._state.document_failed = self._state.war_room_failed = False
        self._wanted = True

    async def run(self) -> None:
        """Make what is missing whenever it is wanted, for ever."""
        while True:
            await workflow.wait_condition(lambda: self._wanted)
            self._note({"orchestration": Progress.RUNNING})
            await self._make_everything()
            self._wanted = False
            self._note({"orchestration": Progress.COMPLETE}, EventType.ORCHESTRATION_FINISHED, "Orchestration finished")

    async def _make_everything(self) -> None:
        """Until nothing is missing at the very end: a severity that rises or a `repair` meanwhile wants more."""
        while not (self.links_settled and self._broadcast_ended()):
            await asyncio.gather(self._document(), self._war_room())
            if self.links_settled:
                self._send_missed_links()
                await workflow.wait_condition(lambda: self._broadcast_ended() or not self.links_settled)
        self._send_missed_links()

    def _send_missed_links(self) -> None:
        incident = self._state.incident
        generation = self._state.climb.generation if self._state.climb else 1
        if incident.status is Status.TRIGGERED and (incident.lid_link or incident.war_room_link):
            readers = [d for d in self.missed_links if d.channel in (ChannelName.SLACK, ChannelName.EMAIL)]
            self._pager.send(f"p{generation}.links", readers, texts.links_ready(incident))
            self.missed_links = ()

    async def _document(self) -> None:
        if self._document_settled:
            return
        try:
            link = await workflow.execute_activity_method(
                DocumentContract.create_document,
                self._state.incident,
                start_to_close_timeout=PROVIDER.attempt,
                heartbeat_timeout=PROVIDER.heartbeat,
                schedule_to_close_timeout=PROVIDER.altogether,
                retry_policy=PROVIDER.retry,
                summary=f"Document {texts.document_name(self._state.incident)}"[:200],
            )
        except ActivityError as error:
            self._state.document_failed = True
            self._failed("document", error)
        else:
            self._note({"lid_link": link}, EventType.DOCUMENT_CREATED, "Incident document created", link=link)

    async def _war_room(self) -> None:
        if self._room_settled:
            return
        name = texts.room_name(self._state.incident)
        try:
            room = await workflow.execute_activity_method(
                WarRoomContract.open_war_room,
                RoomOrder(incident=self._state.incident, members=self._members()),
                start_to_close_timeout=PROVIDER.attempt,
                heartbeat_timeout=PROVIDER.heartbeat,
                schedule_to_close_timeout=PROVIDER.altogether,
                retry_policy=PROVIDER.retry,
                summary=f"War room {name}",
            )
        except ActivityError as error:
            self._state.war_room_failed = True
            self._failed("war room", error)
            return
        columns = {"war_room_id": room.id, "war_room_link": room.link}
        self._note(columns, EventType.WAR_ROOM_CREATED, f"War room {name} created", link=room.link)
        await self._brief(room.id)

    async def _brief(self, room_id: str) -> None:
        """The first message in the room carries the document's link when it is ready in time."""
        grace = timedelta(seconds=self._state.link_grace_seconds)
        try:
            await workflow.wait_condition(
                lambda: self._document_settled, timeout=grace, timeout_summary="War room waits for the document's link"
            )
        except TimeoutError:
            workflow.logger.info("The war room is opened without the document's link")
        try:
            await workflow.execute_activity_method(
                WarRoomContract.post_to_war_room,
                RoomMessage(room_id=room_id, key="opening", text=texts.room_opening(self._state.incident)),
                start_to_close_timeout=PROVIDER.attempt,
                heartbeat_timeout=PROVIDER.heartbeat,
                schedule_to_close_timeout=PROVIDER.altogether,
                retry_policy=PROVIDER.retry,
                summary="First message in the war room",
            )
        except ActivityError as error:
            self._failed("war room's first message", error)

    def _members(self) -> tuple[str, ...]:
        """Lead, on call, and the teams' own of the touched scopes; nobody twice (REQUIREMENTS R-B-06, X-09)."""
        incident, directory = self._state.incident, self._state.directory
        lead = (incident.lead,) if incident.lead else ()
        scopes = [address for scope in incident.impacted_scopes for address in directory.scope_emails.get(scope, ())]
        on_call = people_of(OnCall(), Moment(facts_of(incident), directory, workflow.now())).people
        joined = [who for who, answer in incident.responders.items() if answer is Response.ACCEPTED]
        return tuple(dict.fromkeys((*lead, *on_call, *incident.roles.values(), *joined, *scopes)))

    def _failed(self, what: str, error: ActivityError) -> None:
        self._note({}, EventType.FAILURE, f"The {what} could not be made: {error.cause or error}")

    def _note(self, columns: dict[str, Any], kind: EventType | None = None, text: str = "", **data: str) -> None:
        for name, value in columns.items():
            if name == "orchestration":
                self._state.orchestration = value
        facts = {name: value for name, value in columns.items() if name != "orchestration"}
        self._state.incident = self._state.incident.model_copy(update=facts)
        events = (Event(type=kind, message=text, at=workflow.now(), data=dict(data)),) if kind else ()
        self._recorder.record(Outcome(changes=columns, events=events))
