"""One way for every command: to the workflow at once, or into the outbox when nobody answers in time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

import structlog
from sqlalchemy import select
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from db import outbox
from db.engine import Sessions
from db.models import Incident
from db.records import add_events, notify
from db.splitting import NotOpen, split
from domain.commands import Command, Comment
from domain.events import Event, EventType
from domain.incident import Status
from domain.severity import Severity
from gateway.dispatcher import Dispatcher
from gateway.outbox import OutboxDelivery
from gateway.workflows import NoWorkflow, Workflows

logger = structlog.get_logger(__name__)


class Answer(Enum):
    """What became of a command."""

    DONE = 200
    QUEUED = 202


class Forbidden(Exception):
    """The incident's state forbids the command; the message says why."""


class UnknownIncident(Exception):
    """There is no such incident."""


@dataclass(frozen=True)
class _Addressee:
    id: UUID
    number: int
    status: str
    rank: int


class Commands:
    """Gives commands to incidents."""

    def __init__(
        self,
        sessions: Sessions,
        workflows: Workflows,
        delivery: OutboxDelivery,
        dispatcher: Dispatcher,
        wait_seconds: float = 2.0,
    ) -> None:
        """Say with what, and how long somebody waits for Temporal before the command waits in the outbox instead."""
        self._sessions = sessions
        self._workflows = workflows
        self._delivery = delivery
        self._dispatcher = dispatcher
        self._wait_seconds = wait_seconds

    async def give(self, incident_id: UUID, command: Command) -> Answer:
        """Give a command: DONE when it is committed, QUEUED when Temporal or its workers did not answer in time.

        Raises:
            Forbidden: the state forbids it. UnknownIncident: there is none.
        """
        addressee = await self._addressee(incident_id)
        if addressee.status == Status.RESOLVED and not isinstance(command, Comment):
            raise Forbidden(f"INC-{addressee.number} is already RESOLVED: {command.kind} is not possible")
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._wait_for_earlier(incident_id)
                await self._workflows.command(addressee.number, command)
        except WorkflowUpdateFailedError as failed:
            raise _forbidden(failed) from failed
        except NoWorkflow:
            return await self._without_workflow(incident_id, command)
        except (RPCError, TimeoutError, RuntimeError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            logger.warning("command: queued", incident=addressee.number, kind=command.kind, error=str(error))
            return await self._queue(addressee, command)
        return Answer.DONE

    async def split(
        self, incident_id: UUID, alert_ids: Sequence[UUID], title: str | None, actor: str, via: str
    ) -> UUID:
        """Split alerts off into an incident of their own; its id. It needs no workflow: both hear of it by the outbox.

        Raises:
            Forbidden: the incident is over. db.splitting.WrongAlerts: these cannot be split off.
        """
        try:
            async with self._sessions.begin() as session:
                parted = await split(session, incident_id, alert_ids, title, actor, via)
        except NotOpen as why:
            raise Forbidden(str(why)) from why
        self._dispatcher.nudge(parted.new_id, parted.new_rank)
        self._dispatcher.nudge(parted.incident_id, parted.rank)
        return parted.new_id

    async def _wait_for_earlier(self, incident_id: UUID) -> None:
        """What was queued before goes first: per incident the outbox is first in, first out."""
        while True:
            async with self._sessions() as session:
                if not await outbox.waiting(session, incident_id):
                    return
            await self._delivery.drain(incident_id)
            await asyncio.sleep(0.02)

    async def _without_workflow(self, incident_id: UUID, command: Command) -> Answer:
        """The workflow has ended, or was lost: the row tells which."""
        addressee = await self._addressee(incident_id)
        if addressee.status != Status.RESOLVED:
            return await self._queue(addressee, command)
        if isinstance(command, Comment):
            await self._add_note(incident_id, command)
            return Answer.DONE
        raise Forbidden(f"INC-{addressee.number} is already RESOLVED: {command.kind} is not possible")

    async def _queue(self, addressee: _Addressee, command: Command) -> Answer:
        async with self._sessions.begin() as session:
            await outbox.put_command(session, addressee.id, addressee.rank, command.model_dump(mode="json"))
        self._dispatcher.nudge(addressee.id, addressee.rank)
        return Answer.QUEUED

    async def _add_note(self, incident_id: UUID, command: Comment) -> None:
        """A note on an incident whose workflow has ended: nobody else writes it any more."""
        async with self._sessions.begin() as session:
            now = (await session.execute(outbox.NOW)).scalar_one()
            event = Event(
                type=EventType.NOTE, message=command.text, at=now, actor=command.actor, data={"via": command.via}
            )
            await add_events(session, incident_id, f"note.{command.id}", [event])
            await notify(session, incident_id)

    async def _addressee(self, incident_id: UUID) -> _Addressee:
        query = select(Incident.id, Incident.number, Incident.status, Incident.severity)
        async with self._sessions() as session:
            row = (await session.execute(query.where(Incident.id == incident_id))).one_or_none()
        if row is None:
            raise UnknownIncident(str(incident_id))
        return _Addressee(row.id, row.number, row.status, Severity(row.severity).rank)


def _forbidden(failed: WorkflowUpdateFailedError) -> Exception:
    """Only our own refusals are the caller's fault."""
    cause = failed.cause
    if isinstance(cause, ApplicationError) and cause.type == "IllegalTransition":
        return Forbidden(cause.message)
    return failed
