"""What arrived and what became of it, for whoever watches intake."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Alert, Incident
from db.recorded import first_id_at

ID_BEFORE = timedelta(days=1, hours=1)
"""So much older than its receipt an alert's id may be: that of a mail has the mail's own date, of a day ago at most."""


async def received_alerts(
    session: AsyncSession,
    limit: int,
    *,
    before: UUID | None = None,
    source_id: UUID | None = None,
    fates: Sequence[str] = (),
) -> Sequence[RowMapping]:
    """Alerts with the number of their incident, the latest first.

    Args:
        session: of the database.
        limit: how many at most.
        before: the alert where the page before ended.
        source_id: of this source alone.
        fates: of these fates alone.
    """
    query = (
        select(
            Alert.id,
            Alert.received_at,
            Alert.title,
            Alert.severity,
            Alert.service_name,
            Alert.source,
            Alert.source_id,
            Alert.fingerprint,
            Alert.labels,
            Alert.fate,
            Alert.reason,
            Alert.raw,
            Incident.number,
        )
        .outerjoin(Incident, Incident.id == Alert.incident_id)
        .order_by(Alert.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Alert.id < before)
    if source_id is not None:
        query = query.where(Alert.source_id == source_id)
    if fates:
        query = query.where(Alert.fate.in_(fates))
    return (await session.execute(query)).mappings().all()


async def fates_of_sources(session: AsyncSession, hours: int = 24) -> dict[UUID, dict[str, int]]:
    """How many alerts of each source came to which end in the last hours."""
    oldest = first_id_at(datetime.now(UTC) - timedelta(hours=hours) - ID_BEFORE)
    query = (
        select(Alert.source_id, Alert.fate, func.count())
        .where(
            Alert.source_id.is_not(None),
            Alert.id >= oldest,  # by the index of the key: what is older is not looked at
            Alert.received_at > func.now() - func.make_interval(0, 0, 0, 0, hours),
        )
        .group_by(Alert.source_id, Alert.fate)
    )
    found: dict[UUID, dict[str, int]] = {}
    for source_id, fate, count in await session.execute(query):
        if source_id is not None:
            found.setdefault(source_id, {})[fate] = count
    return found
