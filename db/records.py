"""Commits what an incident's workflow decided, and tells the live pages.

Recording RESOLVED releases the incident's correlation slots under their locks, and takes back the alerts
that were attached after the workflow's decision: they are correlated anew, so none ends on a closed incident.
An incident that was merged into another hands slots and alerts over instead.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.intake import CHANNEL_INCIDENT
from db.merging import Ends, absorb, lock_both
from db.models import CorrelationSlot, Event, Incident, Notification, Team, new_id
from db.moving import take_back
from domain.events import Event as EventValue
from domain.incident import Orchestration, Status
from domain.page import Unsent
from domain.severity import Severity


class IncidentColumns(BaseModel):
    """The columns that the workflow owns, with their types; a record names some of them."""

    status: Status | None = None
    severity: Severity | None = None
    title: str | None = None
    description: str | None = None
    impacted_scopes: list[str] | None = None
    labels: dict[str, str] | None = None
    roles: dict[str, str] | None = None
    responders: dict[str, str] | None = None
    acknowledgements: list[str] | None = None
    team_id: UUID | None = None
    team: str | None = Field(None, exclude=True)
    """Its name is the workflow's; the row has the id."""
    snoozed_until: datetime | None = None
    wants_war_room: bool | None = None
    lead: str | None = None
    lid_link: str | None = None
    war_room_id: str | None = None
    war_room_link: str | None = None
    orchestration: Orchestration | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    first_acknowledged_at: datetime | None = None
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    cleared_at: datetime | None = None
    merged_into: UUID | None = None
    resolution_note: str | None = None
    root_cause: str | None = None
    policy: dict[str, Any] | None = None
    ladder_started_at: datetime | None = None
    ladder_generation: int | None = None
    ladder_advance_seconds: float | None = None
    ladder_first_to: str | None = None

    model_config = {"extra": "forbid"}


class SlotsChanged(Exception):
    """Another incident was merged into this one while it was being resolved: to be done again."""


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
    if values.get("team_id") is not None:  # one that is gone must not hold up the record for ever
        values["team_id"] = await session.scalar(select(Team.id).where(Team.id == values["team_id"]))
    resolved, into = values.get("status") is Status.RESOLVED, values.get("merged_into")
    # Slots before incidents, and each in their order: so intake locks them, too.
    slots = await _lock_slots(session, incident_id) if resolved else []
    ends = await lock_both(session, incident_id, into) if resolved and into else {}
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
        if slots != await _lock_slots(session, incident_id, wait=False):
            raise SlotsChanged
        if not (into and await _merge(session, ends, incident_id, into, values.get("resolved_by"))):
            await session.execute(delete(CorrelationSlot).where(CorrelationSlot.incident_id == incident_id))
            await session.execute(_QUIET_AGAIN, {"incident_id": incident_id})
            await _go_on(session, incident_id, values, merged=into is not None)
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
    row = page.model_dump(include={"id", "incident_id", "step", "recipient", "channel", "reason", "turn"})
    await session.execute(
        insert(Notification)
        .values(row | values | {"provider": "none"})
        .on_conflict_do_update(index_elements=[Notification.id], set_=values, where=Notification.status == "pending")
    )


_QUIET_AGAIN = text("""
UPDATE alert_states SET status = 'quiet'
WHERE incident_id = :incident_id AND status = 'firing' AND quiet_until > clock_timestamp()
""")
"""What repeated quietly while its incident was open is looked at again when its quiet time is over."""


async def _go_on(session: AsyncSession, incident_id: UUID, values: dict[str, Any], *, merged: bool) -> None:
    """What came after the decision goes on elsewhere; of an incident that should have gone on in another, everything:
    that one was over by then, and nobody said that this one is."""
    if merged:
        await session.execute(update(Incident).where(Incident.id == incident_id).values(merged_into=None))
        await take_back(session, incident_id, None)
    else:
        await take_back(session, incident_id, values.get("cleared_at") or values["resolved_at"])


async def _merge(session: AsyncSession, ends: Ends, absorbed: UUID, into: UUID, actor: str | None) -> bool:
    """Hand everything over to another incident; whether that was still possible."""
    moved, said = await absorb(session, ends, absorbed, into, actor)
    for one, event in said.items():
        await add_events(session, one, "merge", [event])
        await notify(session, one)
    return moved


async def _lock_slots(session: AsyncSession, incident_id: UUID, *, wait: bool = True) -> Sequence[str]:
    """The keys under which an incident takes alerts in; whoever holds its row may read them without waiting."""
    query = select(CorrelationSlot.key).where(CorrelationSlot.incident_id == incident_id).order_by(CorrelationSlot.key)
    return (await session.scalars(query.with_for_update() if wait else query)).all()
