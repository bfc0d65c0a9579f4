"""Splits alerts off into an incident of their own: one transaction, of which both workflows hear by the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Alert, Incident, new_id
from db.moving import COUNTED, admit_here, follow, item_of, kept_alerts, propose_if_quiet
from db.outbox import NOW, put_command
from db.records import add_events, notify
from domain.commands import Split
from domain.events import Event, EventType
from domain.incident import Status
from domain.intake.correlation import SPLIT_PREFIX
from domain.lifecycle import split_off
from domain.severity import Severity


class NotOpen(Exception):
    """The incident is over; the message says so."""


class WrongAlerts(Exception):
    """These alerts cannot be split off; the message says why."""


@dataclass(frozen=True)
class Parted:
    """Two incidents, and how urgent it is to tell each of them: 1 to 4, as their severities."""

    incident_id: UUID
    rank: int
    new_id: UUID
    new_rank: int


async def split(
    session: AsyncSession, incident_id: UUID, alert_ids: Sequence[UUID], title: str | None, actor: str, via: str
) -> Parted:
    """Open an incident for some alerts of another one.

    The incident's row is locked, then a slot that nobody else knows is made, then the states of the alerts
    change: in this order intake takes them, too.

    Args:
        session: commit it afterwards.
        incident_id: where the alerts are.
        alert_ids: which ones.
        title: the new incident's; the first alert's if None.
        actor: who splits.
        via: the door.

    Raises:
        NotOpen: the incident is over. WrongAlerts: these cannot be split off.
    """
    old = await _locked(session, incident_id)
    alerts = await _chosen(session, old, set(alert_ids))
    counted = [alert for alert in alerts if alert.fate in COUNTED]
    key = f"{SPLIT_PREFIX}{new_id()}"
    new = await _open(session, old, counted, key, title)
    await _take_along(session, [alert.id for alert in alerts], new["id"])
    await follow(session, alerts, incident_id, new["id"], key)
    await session.execute(
        update(Incident).where(Incident.id == incident_id).values(alert_count=Incident.alert_count - len(counted))
    )
    parted = Parted(incident_id, Severity(old.severity).rank, new["id"], Severity(new["severity"]).rank)
    await _say(session, old, new, len(counted), actor, via)
    for one, rank in ((incident_id, parted.rank), (new["id"], parted.new_rank)):
        await propose_if_quiet(session, one, rank)
        await notify(session, one)
    return parted


async def _locked(session: AsyncSession, incident_id: UUID) -> Any:
    query = select(Incident.id, Incident.number, Incident.status, Incident.severity, Incident.service_id)
    old: Any = (await session.execute(query.where(Incident.id == incident_id).with_for_update(key_share=True))).one()
    if old.status == Status.RESOLVED:
        raise NotOpen(f"INC-{old.number} is already RESOLVED: split is not possible")
    return old


async def _chosen(session: AsyncSession, old: Any, wanted: set[UUID]) -> Sequence[Alert]:
    of_incident = kept_alerts().where(Alert.incident_id == old.id)
    alerts = (await session.scalars(of_incident.where(Alert.id.in_(sorted(wanted))))).all()
    strangers = sorted(str(one) for one in wanted - {alert.id for alert in alerts})
    if strangers:
        raise WrongAlerts(f"not alerts of INC-{old.number}: {', '.join(strangers[:10])}")
    if not any(alert.fate in COUNTED for alert in alerts):
        raise WrongAlerts("choose at least one alert that fired")
    stays = select(func.count()).where(
        Alert.incident_id == old.id, Alert.fate.in_(COUNTED), Alert.id.not_in(sorted(wanted))
    )
    if not await session.scalar(stays):
        raise WrongAlerts(f"these are all alerts of INC-{old.number}: at least one must stay")
    return alerts


async def _open(
    session: AsyncSession, old: Any, alerts: Sequence[Alert], key: str, title: str | None
) -> dict[str, Any]:
    why = f"split from INC-{old.number}"
    items = [
        replace(
            item_of(alert),
            key=key,
            service_id=old.service_id,
            window_seconds=None,
            reason="; ".join(word for word in (alert.reason, why) if word),
        )
        for alert in alerts
    ]
    if title is not None:  # the incident's: the alert keeps its own
        items[0] = replace(items[0], alert=items[0].alert.model_copy(update={"title": title}))
    return (await admit_here(session, items))[0].incident


async def _take_along(session: AsyncSession, alert_ids: Sequence[UUID], incident_id: UUID) -> None:
    """What was chosen and only told something of the incident goes, too."""
    await session.execute(
        update(Alert).where(Alert.id.in_(alert_ids), Alert.fate.not_in(COUNTED)).values(incident_id=incident_id)
    )


async def _say(session: AsyncSession, old: Any, new: dict[str, Any], count: int, actor: str, via: str) -> None:
    now = (await session.execute(NOW)).scalar_one()
    command = Split(
        id=f"split:{new['id']}",
        actor=actor,
        via=via,
        into=new["id"],
        into_short_id=f"INC-{new['number']}",
        alerts=count,
        at=now,
    )
    await add_events(session, old.id, command.id, [split_off(command)])
    some = "1 alert" if count == 1 else f"{count} alerts"
    data = {"via": via, "split_from": str(old.id), "alerts": count}
    text = f"Split off from INC-{old.number} by {actor} with {some}"
    event = Event(type=EventType.NOTE, message=text, at=now, actor=actor, data=data, key="split_off")
    await add_events(session, new["id"], command.id, [event])
    await put_command(session, old.id, Severity(old.severity).rank, command.model_dump(mode="json"))
