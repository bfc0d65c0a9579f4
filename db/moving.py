"""Moves alerts that are kept already from one incident to another, and what is known of them with them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from db.intake import Admitted, IntakeItem, admit
from db.models import Alert, AlertState, Event, Incident, new_id
from db.outbox import NOW, put_command
from domain.alert import Alert as AlertValue
from domain.commands import Clear
from domain.events import EventType
from domain.severity import Severity

COUNTED = ("new", "attached")
"""Fates of the alerts that an incident counts; others only told something of it."""


def kept_alerts() -> Select[Alert]:
    """Alerts in the order in which they came, without their bodies, which may be large."""
    return select(Alert).options(defer(Alert.raw, raiseload=True)).order_by(Alert.received_at, Alert.id)


def item_of(alert: Alert) -> IntakeItem:
    """A kept alert, to be correlated anew.

    Its state is not fired again, for it may be back to normal by now: `follow` takes it along as it is.
    """
    return IntakeItem(
        alert=AlertValue.model_validate({name: alert.item[name] for name in AlertValue.model_fields}),
        service_id=UUID(alert.item["service_id"]),
        key=alert.item["key"],
        window_seconds=alert.item["window_seconds"],
        raw="null",
        alert_id=alert.id,
        reason=alert.reason,
    )


async def admit_here(session: AsyncSession, items: Sequence[IntakeItem]) -> list[Admitted]:
    """Correlate, in the session's transaction."""
    connection = await (await session.connection()).get_raw_connection()
    assert connection.driver_connection is not None
    return await admit(connection.driver_connection, items)


async def follow(session: AsyncSession, alerts: Sequence[Alert], left: UUID, joined: UUID, key: str) -> None:
    """What is known of these alerts goes with them, so that their repetitions follow."""
    identities = {identity for alert in alerts if (identity := alert.item.get("identity"))}
    await session.execute(
        update(AlertState)
        .where(AlertState.identity.in_(sorted(identities)), AlertState.incident_id == left)
        .values(incident_id=joined, slot_key=key)
    )


async def take_back(session: AsyncSession, incident_id: UUID, decided_at: datetime | None) -> None:
    """Correlate anew what joined an incident after it was decided that it is over: alerts, and merged incidents.

    An alert that came and went meanwhile stays: its end has been heard, and nothing would ever end it elsewhere.

    Args:
        session: whose transaction has released the incident's slots.
        incident_id: the incident that is over.
        decided_at: when that was decided; None: everything is to go on elsewhere.
    """
    query = kept_alerts().where(Alert.incident_id == incident_id, Alert.fate.in_(COUNTED))
    if decided_at is not None:
        came_later = and_(Alert.received_at > decided_at, ~_ended())
        conditions = [came_later, *await _merged_since(session, incident_id, decided_at)]
        query = query.where(Alert.deduplicated, or_(*conditions))
    late = (await session.scalars(query)).all()
    if not late:
        return
    items = [item_of(alert) for alert in late]
    joined: dict[tuple[UUID, str], list[Alert]] = {}
    opened: dict[UUID, Severity] = {}
    for alert, item, admitted in zip(late, items, await admit_here(session, items), strict=True):
        joined.setdefault((admitted.incident["id"], item.key), []).append(alert)
        opened[admitted.incident["id"]] = Severity(admitted.incident["severity"])
    for (other, key), alerts in joined.items():
        await follow(session, alerts, incident_id, other, key)
    await session.execute(
        update(Incident).where(Incident.id == incident_id).values(alert_count=Incident.alert_count - len(late))
    )
    for other, severity in opened.items():
        await propose_if_quiet(session, other, severity.rank)


async def propose_if_quiet(session: AsyncSession, incident_id: UUID, rank: int) -> None:
    """Alerts have come or gone: when none that is left fires, somebody should be asked whether it is over."""
    without_identity = exists().where(
        Alert.incident_id == incident_id, Alert.fate.in_(COUNTED), Alert.item["identity"].as_string().is_(None)
    )
    firing = exists().where(AlertState.incident_id == incident_id, AlertState.status == "firing")
    if await session.scalar(select(or_(without_identity, firing))):
        return
    now = (await session.execute(NOW)).scalar_one()
    command = Clear(id=f"quiet:{new_id()}", actor="tocsin", via="alerts", as_of=now, auto=False)
    await put_command(session, incident_id, rank, command.model_dump(mode="json"))


def merge_reason(short_id: str) -> str:
    """Why an alert is where it is."""
    return f"merged from {short_id}"


def _ended() -> ColumnElement[bool]:
    """Whether an alert is back to normal by now."""
    return exists().where(AlertState.identity == Alert.item["identity"].as_string(), AlertState.status == "resolved")


async def _merged_since(session: AsyncSession, incident_id: UUID, at: datetime) -> list[ColumnElement[bool]]:
    """Which alerts came with incidents that were merged into this one after an instant."""
    merged = select(Event.data["merged"].as_string()).where(
        Event.incident_id == incident_id,
        Event.type == EventType.MERGED,
        Event.created_at > at,
        func.jsonb_exists(Event.data, "merged"),
    )
    return [Alert.reason.endswith(merge_reason(short_id)) for short_id in await session.scalars(merged)]
