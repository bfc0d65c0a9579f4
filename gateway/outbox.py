"""Delivers what the outbox says: by whoever committed it at once, else by the relay. One way for both."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.service import RPCError

from config.settings import Settings
from db import incidents, outbox
from db.catalogue.reading import CatalogueReader
from db.engine import Sessions
from db.merging import merged_batches
from db.models import Incident
from db.outbox import OutboxRow
from db.records import add_events, notify
from db.starting import starting_point
from domain.alert import AlertBatch
from domain.commands import COMMAND, FROM_INTAKE
from domain.incident import Status
from domain.lifecycle import late
from domain.severity import Severity
from gateway.naming import policy_for_severity
from gateway.starting import default_policy_name, initial_state
from gateway.workflows import ForeignWorkflow, NoWorkflow, Workflows

logger = structlog.get_logger(__name__)

DELIVERY_TIMEOUT_SECONDS = 8
"""Less than the lease, so that nobody else delivers the row meanwhile."""


class OutboxDelivery:
    """Takes rows from the outbox and tells Temporal."""

    def __init__(
        self, sessions: Sessions, workflows: Workflows, settings: Settings, catalogue: CatalogueReader
    ) -> None:
        self._sessions = sessions
        self._workflows = workflows
        self._settings = settings
        self._catalogue = catalogue

    async def deliver_due(self, limit: int, incident_id: UUID | None = None) -> tuple[int, int]:
        """Deliver the first due row of each incident, side by side; how many were delivered, and how many not."""
        async with self._sessions.begin() as session:
            rows = await outbox.lease(session, limit, incident_id)
        outcomes = await asyncio.gather(*(self._deliver(row) for row in rows))
        return outcomes.count(True), outcomes.count(False)

    async def drain(self, incident_id: UUID) -> None:
        """Deliver all of one incident's rows that are due, in their order."""
        while (await self.deliver_due(1, incident_id))[0]:
            pass

    async def _deliver(self, row: OutboxRow) -> bool:
        try:
            async with asyncio.timeout(DELIVERY_TIMEOUT_SECONDS):
                await self._tell(row)
        except asyncio.CancelledError:  # this process stops, or the person who waits has waited long enough
            await self._give_back(row)
            raise
        except (RPCError, TimeoutError, NoWorkflow, ForeignWorkflow, RuntimeError) as error:
            log = logger.error if isinstance(error, ForeignWorkflow) else logger.warning
            log("outbox: not delivered", incident_id=str(row.incident_id), kind=row.kind, error=str(error) or "timeout")
            async with self._sessions.begin() as session:
                await outbox.failed(session, row, str(error) or "Temporal did not answer in time")
            return False
        except Exception as error:  # a fault of ours with one incident must not hold up the others
            logger.exception("outbox: not delivered", incident_id=str(row.incident_id), kind=row.kind)
            async with self._sessions.begin() as session:
                await outbox.failed(session, row, f"{type(error).__name__}: {error}")
            return False
        return True

    async def _give_back(self, row: OutboxRow) -> None:
        async with self._sessions.begin() as session:
            await outbox.given_back(session, row)

    async def _tell(self, row: OutboxRow) -> None:
        match row.kind:
            case "start":
                await self._start(row.incident_id, again=bool(row.payload.get("again")))
                await self._done(row)
            case "alerts":
                await self._alerts(row)
            case "command":
                await self._command(row)
            case _:
                raise ValueError(f"outbox row {row.id} is of no kind that is known: {row.kind}")

    async def _start(self, incident_id: UUID, *, again: bool = False) -> None:
        async with self._sessions() as session:
            default = default_policy_name(self._settings)
            point = await starting_point(session, self._catalogue, incident_id, default)
        if point is None or point.row["status"] == Status.RESOLVED:
            return
        await self._workflows.start(initial_state(point, self._settings), again=again)

    async def _alerts(self, row: OutboxRow) -> None:
        async with self._sessions() as session:
            incident = await session.get_one(Incident, row.incident_id)
            batch = _batch(
                incident.alert_count,
                await outbox.alerts_since(session, row),
                await merged_batches(session, row.id),  # after the count: what that holds must be in here
            )
            if batch is not None:
                batch = await self._with_policy(session, row.incident_id, batch)
        if batch is None:  # the alerts were taken back when their incident was resolved
            await self._done(row)
            return
        try:
            await self._workflows.signal(incident.number, "alerts", batch)
        except NoWorkflow:
            if incident.status != Status.RESOLVED:
                await self._start(row.incident_id, again=True)
                await self._workflows.signal(incident.number, "alerts", batch)
        async with self._sessions.begin() as session:
            await outbox.alerts_delivered(session, row, batch.alert_count)

    async def _with_policy(self, session: AsyncSession, incident_id: UUID, batch: AlertBatch) -> AlertBatch:
        """With the policy of the severity to which the alerts raise their incident."""
        row = await incidents.find(session, incident_id)
        if row is None or batch.highest.rank >= Severity(row["severity"]).rank:
            return batch
        policy = await policy_for_severity(session, self._catalogue, self._settings, row, batch.highest)
        return batch.model_copy(update={"policy": policy})

    async def _command(self, row: OutboxRow) -> None:
        command = COMMAND.validate_python(row.payload)
        async with self._sessions() as session:
            incident = await session.get_one(Incident, row.incident_id)
        try:
            await self._workflows.signal(incident.number, "command", command)
        except NoWorkflow:
            if incident.status == Status.RESOLVED:
                await self._note_late(row)
            else:
                await self._start(row.incident_id, again=True)
                await self._workflows.signal(incident.number, "command", command)
        await self._done(row)

    async def _note_late(self, row: OutboxRow) -> None:
        """The workflow has ended: nobody else writes this incident any more."""
        command = COMMAND.validate_python(row.payload)
        if isinstance(command, FROM_INTAKE):
            return
        async with self._sessions.begin() as session:
            incident = await session.get_one(Incident, row.incident_id)
            now = (await session.execute(outbox.NOW)).scalar_one()
            event = late(command, f"INC-{incident.number} is already RESOLVED", now)
            await add_events(session, row.incident_id, f"late.{command.id}", [event])
            await notify(session, row.incident_id)

    async def _done(self, row: OutboxRow) -> None:
        async with self._sessions.begin() as session:
            await outbox.delivered(session, row.id)


def _batch(count: int, since: Any, merged: Sequence[dict[str, Any]]) -> AlertBatch | None:
    """What the workflow hears of new alerts: those that came, and those of incidents that were merged into it.

    Args:
        count: alerts of the incident in all.
        since: what came, as `db.outbox.alerts_since` has it.
        merged: what merged incidents brought, each without the count.
    """
    brought = [AlertBatch(alert_count=count, **one) for one in merged]
    if since.at is not None:
        last = since.titles[-1]
        brought.append(
            AlertBatch(alert_count=count, sources=since.sources, highest=since.highest, latest_title=last, at=since.at)
        )
    if not brought:
        return None
    worst, latest = min(brought, key=lambda one: one.highest.rank), max(brought, key=lambda one: one.at)
    sources = sorted({source for one in brought for source in one.sources})
    return latest.model_copy(update={"sources": tuple(sources), "highest": worst.highest})
