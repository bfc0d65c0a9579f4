"""The history of an incident, for `tocsin why`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from config.settings import Settings
from db.catalogue.reading import CatalogueReader
from db.models import Notification
from db.models import Policy as PolicyRow
from db.starting import StartingPoint, starting_point
from db.timeline import timeline
from domain.ahead import facts_of
from domain.catalogue import Catalogue
from domain.climb import PlannedStep, Situation
from domain.escalation import plan
from domain.foresight.why import LedgerEntry, Past, Sentence, why
from domain.organisation import directory_of
from domain.policy import Policy
from domain.severity import Severity
from gateway.starting import alerts_so_far, climb_so_far, default_policy_name, incident_of, kept_policy


async def why_of(
    session: AsyncSession, reader: CatalogueReader, incident_id: UUID, settings: Settings
) -> list[Sentence]:
    """The history of an incident in sentences, oldest first.

    Raises:
        LookupError: there is no such incident.
    """
    default = default_policy_name(settings)
    point = await starting_point(session, reader, incident_id, default)
    if point is None:
        raise LookupError(f"no incident {incident_id}")
    catalogue = await reader.read(session)
    past = _past(point, await _version(session, catalogue, point))
    events = await timeline(session, incident_id)
    planned = _planned(catalogue, point, settings)
    return why(past, catalogue, events, await _ledger(session, incident_id), planned, default)


def _planned(catalogue: Catalogue, point: StartingPoint, settings: Settings) -> list[PlannedStep]:
    """The whole plan of the present generation, as it would have been had nobody done anything."""
    started_at: datetime | None = point.row["ladder_started_at"]
    if started_at is None:
        return []
    policy, climb = kept_policy(point, settings), climb_so_far(point, settings)
    facts = facts_of(incident_of(point, settings), alerts_so_far(point)).model_copy(update={"acknowledged": ()})
    directory = directory_of(catalogue, point.row["team"], policy, started_at)
    return plan(Situation(policy, facts, directory, climb))


def _past(point: StartingPoint, version: int | None) -> Past:
    row = point.row
    return Past(
        short_id=f"INC-{row['number']}",
        title=row["title"],
        severity=Severity(row["severity"]),
        service=row["service"],
        requested_service=row["requested_service_name"],
        team=row["team"],
        source=row["source"],
        created_at=row["created_at"],
        policy=Policy.model_validate(row["policy"]) if row["policy"] else None,
        version=version,
        stopped_at=_stopped_at(row),
    )


def _stopped_at(row: RowMapping) -> datetime | None:
    times = [row[name] for name in ("acknowledged_at", "mitigated_at", "resolved_at")]
    return min((at for at in times if at is not None), default=None)


async def _version(session: AsyncSession, catalogue: Catalogue, point: StartingPoint) -> int | None:
    """The number of the version that the incident has, when that is the present one."""
    kept = point.row["policy"]
    now = catalogue.policy_named.get((kept or {}).get("name", ""))
    if kept is None or now is None or Policy.model_validate(kept) != now.rules:
        return None
    version: int | None = await session.scalar(select(PolicyRow.version).where(PolicyRow.name == now.name))
    return version


async def _ledger(session: AsyncSession, incident_id: UUID) -> Sequence[LedgerEntry]:
    query = (
        select(
            Notification.step,
            Notification.recipient,
            Notification.channel,
            Notification.reason,
            Notification.status,
            Notification.error,
            Notification.created_at,
        )
        .where(Notification.incident_id == incident_id)
        .order_by(Notification.created_at, Notification.id)
    )
    return [LedgerEntry(*row) for row in await session.execute(query)]
