"""The incidents of the past and what was paged for them, for `tocsin replay`."""

import asyncio
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from config.settings import Settings
from db.models import Incident, Notification, Service, Team
from domain.catalogue import Catalogue
from domain.condition import Facts
from domain.foresight.replay import PastIncident, PastPage, as_json, replay
from domain.policy import Policy
from domain.severity import Severity
from gateway.starting import default_policy_name

_OF_A_POLICY = r"^p1\."
"""Steps of an incident's first plan: what people did by hand, and the good news at the end, no policy decides. Later
plans, after somebody reassigned it, changed it or gave it back, are not tried either."""


async def replayed(
    session: AsyncSession, catalogue: Catalogue, policy: Policy, days: int, team: str | None, settings: Settings
) -> dict[str, Any]:
    """What the last days would have paged by another policy, beside what they did.

    Args:
        session: of one transaction.
        catalogue: as it is.
        policy: what is tried.
        days: how far back.
        team: only this team's incidents.
        settings: of this process.
    """
    now = datetime.now(UTC)
    since = now - timedelta(days=days)
    incidents = await past_incidents(session, since, now, team)
    found = await asyncio.to_thread(replay, catalogue, policy, incidents, default_policy_name(settings), team)
    return {"policy": policy.name, "since": since, "until": now, **as_json(found)}


async def past_incidents(
    session: AsyncSession, since: datetime, now: datetime, team: str | None = None
) -> list[PastIncident]:
    """The incidents that began in a time, drills left out, oldest first."""
    query = (
        select(*Incident.__table__.columns, Service.name.label("service"), Team.name.label("team"))
        .join(Service, Service.id == Incident.service_id)
        .join(Team, Team.id == func.coalesce(Incident.team_id, Service.team_id))
        .where(Incident.created_at >= since, Incident.created_at < now, Incident.time_scale.is_(None))
        .where(Incident.merged_into.is_(None))
        .order_by(Incident.created_at, Incident.id)
    )
    if team is not None:
        query = query.where(Team.name == team)
    rows = (await session.execute(query)).mappings().all()
    pages = await _pages(session, since, now)
    return [_incident(row, tuple(pages[row["id"]]), now) for row in rows]


async def _pages(session: AsyncSession, since: datetime, now: datetime) -> defaultdict[UUID, list[PastPage]]:
    query = (
        select(Notification.incident_id, Notification.recipient, Notification.created_at)
        .join(Incident, Incident.id == Notification.incident_id)
        .where(Incident.created_at >= since, Incident.created_at < now, Incident.time_scale.is_(None))
        .where(Notification.status.in_(("sent", "delivered")), Notification.step.regexp_match(_OF_A_POLICY))
        .order_by(Notification.created_at)
    )
    found: defaultdict[UUID, list[PastPage]] = defaultdict(list)
    for incident_id, recipient, at in await session.execute(query):
        found[incident_id].append(PastPage(recipient=recipient, at=at))
    return found


def _incident(row: RowMapping, pages: tuple[PastPage, ...], now: datetime) -> PastIncident:
    started = row["ladder_started_at"] or row["created_at"]
    return PastIncident(
        name=f"INC-{row['number']}",
        service=row["service"],
        team=row["team"],
        facts=Facts(
            severity=Severity(row["severity"]),
            scopes=tuple(row["impacted_scopes"]),
            labels=row["labels"],
            service=row["service"],
            alerts=((row["created_at"], 1), (row["last_alert_at"], row["alert_count"])),
        ),
        policy=(row["policy"] or {}).get("name"),
        started_at=row["created_at"] if row["ladder_generation"] > 1 else started,
        acknowledged_at=row["first_acknowledged_at"] or row["acknowledged_at"],
        over_at=min(at for at in (row["mitigated_at"], row["resolved_at"], now) if at is not None),
        pages=pages,
    )
