"""Commits what an incident's workflow decided, and tells the live pages.

Recording RESOLVED releases the incident's correlation slot under the slot's lock, and takes back the alerts
that were attached after the workflow's decision: they are correlated anew, so none ends on a closed incident.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.intake import CHANNEL_INCIDENT, IntakeItem, admit
from db.models import Alert, CorrelationSlot, Event, Incident, Notification, new_id
from domain.alert import Alert as AlertValue
from domain.events import Event as EventValue
from domain.incident import Orchestration, Status
from domain.page import Unsent
from domain.severity import Severity


class IncidentColumns(BaseModel):
    """The columns that the workflow owns, with their types; a record names some of them."""

    status: Status | None = None
    severity: Severity | None = None
    lead: str | None = None
    lid_link: str | None = None
    war_room_id: str | None = None
    war_room_link: str | None = None
    orchestration: Orchestration | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolution_note: str | None = None
    root_cause: str | None = None
    policy: dict[str, Any] | None = None
    ladder_started_at: datetime | None = None
    ladder_generation: int | None = None
    ladder_advance_seconds: float | None = None

    model_config = {"extra": "forbid"}


async def commit_record(
    session: AsyncSession,
    incident_id: UUID,
    revision: int,
    columns: dict[str, Any],
    events: Sequence[EventValue],
    unsent: Sequence[Unsent],
) -> None:
    """Write one record in the session's transaction; a revision that was written before changes nothing."""
    values = IncidentColumns.model_validate(columns).model_dump(exclude_unset=True)
    resolved = values.get("status") is Status.RESOLVED
    if resolved:  # before the incident's row, in the order in which intake locks them
        await session.execute(delete(CorrelationSlot).where(CorrelationSlot.incident_id == incident_id))
    written = await session.execute(
        update(Incident)
        .where(Incident.id == incident_id, Incident.revision < revision)
        .values(revision=revision, **values)
    )
    if written.rowcount == 0:  # type: ignore[attr-defined]
        return
    await add_events(session, incident_id, f"r{revision}", events)
    for page in unsent:
        await _mark_unsent(session, page)
    if resolved:
        await _take_back(session, incident_id, values["resolved_at"])
    await notify(session, incident_id)


async def add_events(session: AsyncSession, incident_id: UUID, key: str, events: Sequence[EventValue]) -> None:
    """Append timeline entries; a key, the entry's own or the record's, makes writing them twice write them once."""
    rows = [
        {
            "id": new_id(),
            "incident_id": incident_id,
            "key": event.key or f"{key}.{number}",
            "type": event.type.value,
            "message": event.message.replace("\0", ""),  # a vendor's error may hold anything
            "actor": event.actor,
            "created_at": event.at,
            "data": event.data,
        }
        for number, event in enumerate(events)
    ]
    if rows:
        await session.execute(insert(Event).on_conflict_do_nothing(), rows)


async def notify(session: AsyncSession, incident_id: UUID) -> None:
    """Tell whoever looks at the incident that it changed, when the transaction commits."""
    await session.execute(
        text("SELECT pg_notify(:channel, :incident)"), {"channel": CHANNEL_INCIDENT, "incident": str(incident_id)}
    )


async def _mark_unsent(session: AsyncSession, unsent: Unsent) -> None:
    """`failed` is on the ledger whatever happened; `skipped` only marks a row that was begun."""
    page, values = unsent.page, {"status": unsent.status, "error": unsent.error.replace("\0", "")[:2000]}
    if unsent.status == "skipped":
        await session.execute(
            update(Notification).where(Notification.id == page.id, Notification.status == "pending").values(values)
        )
        return
    row = page.model_dump(include={"id", "incident_id", "step", "recipient", "channel", "reason"})
    await session.execute(
        insert(Notification)
        .values(row | values | {"provider": "none"})
        .on_conflict_do_update(index_elements=[Notification.id], set_=values, where=Notification.status == "pending")
    )


async def _take_back(session: AsyncSession, incident_id: UUID, decided_at: datetime) -> None:
    """Correlate anew what was attached after the decision to resolve."""
    query = (
        select(Alert)
        .where(Alert.incident_id == incident_id, Alert.received_at > decided_at, Alert.deduplicated)
        .order_by(Alert.received_at)
    )
    late = (await session.scalars(query)).all()
    if not late:
        return
    items = [
        IntakeItem(
            alert=AlertValue.model_validate({name: alert.item[name] for name in AlertValue.model_fields}),
            service_id=UUID(alert.item["service_id"]),
            key=alert.item["key"],
            window_seconds=alert.item["window_seconds"],
            raw="null",
            moved_alert_id=alert.id,
        )
        for alert in late
    ]
    connection = await (await session.connection()).get_raw_connection()
    assert connection.driver_connection is not None
    await admit(connection.driver_connection, items)  # in this transaction
    await session.execute(
        update(Incident).where(Incident.id == incident_id).values(alert_count=Incident.alert_count - len(late))
    )
