"""Alerts as they were received, in the form in which rules can be tried on them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.house import source_value
from db.models import Alert, Incident, Source
from domain.intake.signal import Signal
from domain.intake.simulation import NOT_YET, Recorded
from domain.intake.source import Correlation, Preset, SourceSettings
from domain.intake.source import Source as SourceValue
from domain.intake.verdict import Fate

Sources = Mapping[UUID, SourceValue]

REPORT = "api"
"""The kind of what came by `POST /incidents/`."""


async def known_sources(session: AsyncSession) -> Sources:
    """Sources as they are set now, by id."""
    return {source.id: source_value(source) for source in await session.scalars(select(Source))}


async def recorded_alert(session: AsyncSession, id: UUID) -> Recorded | None:
    """One alert."""
    row = (await session.execute(_alerts().where(Alert.id == id))).one_or_none()
    return _recorded(row, await known_sources(session)) if row else None


async def begin_of_latest(
    session: AsyncSession, since: datetime, source_id: UUID | None, limit: int
) -> tuple[UUID, bool]:
    """Before which id the latest alerts begin, and whether there are older ones since then which are left out.

    Args:
        session: of the database.
        since: none is older than this.
        source_id: of this source alone.
        limit: how many at most.
    """
    begin = first_id_at(since)
    query = select(Alert.id).where(Alert.id > begin).order_by(Alert.id.desc()).offset(limit).limit(1)
    if source_id is not None:
        query = query.where(Alert.source_id == source_id)
    last_left_out = await session.scalar(query)
    return last_left_out or begin, last_left_out is not None


async def recorded_after(
    session: AsyncSession, after: UUID, source_id: UUID | None, sources: Sources, limit: int
) -> tuple[list[Recorded], UUID | None]:
    """The next alerts in the order of time, and where the following page begins; None after the last.

    What was refused could not be read, and drills are no alerts of anything: both are left out.
    """
    query = _alerts().where(Alert.id > after).order_by(Alert.id).limit(limit)
    if source_id is not None:
        query = query.where(Alert.source_id == source_id)
    rows = (await session.execute(query)).all()
    kept = [_recorded(row, sources) for row in rows if row.fate != Fate.REFUSED and not row.item.get("time_scale")]
    return kept, rows[-1].id if len(rows) == limit else None


def first_id_at(at: datetime) -> UUID:
    """Ids are in the order of time (UUIDv7): no alert of this instant or later has a smaller one."""
    milliseconds = max(0, int((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1)))
    return UUID(int=milliseconds << 80)


def _alerts() -> Any:
    return select(
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
        Alert.item,
        Alert.raw,
        Alert.incident_id,
        Incident.resolved_at,
    ).outerjoin(Incident, Incident.id == Alert.incident_id)


def _recorded(row: Row[Any], sources: Sources) -> Recorded:
    signal = _signal(row)
    belonged = row.incident_id is not None
    return Recorded(
        id=row.id,
        signal=signal or _of_columns(row),
        source=_source(row, sources),
        received_at=row.received_at,
        over_at=(row.resolved_at or NOT_YET) if belonged else None,
        governed=signal is not None,
    )


def _signal(row: Row[Any]) -> Signal | None:
    """What the door's adapter read; None for what came by `POST /incidents/`."""
    signal = row.item.get("signal")
    if not isinstance(signal, dict):
        return None
    try:
        return Signal.model_validate(signal | {"raw": row.raw})
    except ValidationError:
        return None


def _of_columns(row: Row[Any]) -> Signal:
    known: Sequence[str] = ("description", "links", "detected_at")
    fields = {name: row.item[name] for name in known if name in row.item}
    return Signal(
        title=row.title,
        severity=row.severity,
        service_name=row.service_name,
        fingerprint=row.fingerprint,
        labels=row.labels,
        raw=row.raw,
        **fields,
    )


def _source(row: Row[Any], sources: Sources) -> SourceValue:
    """Who sent it, as that is set today; of a source that was deleted, what is known still."""
    kind = row.item.get("kind") or REPORT
    known = sources.get(row.source_id)
    if known is not None:
        return known.model_copy(update={"kind": kind})
    settings = SourceSettings()
    if kind == REPORT and row.fingerprint is None:
        settings = SourceSettings(correlation=Correlation(preset=Preset.SERVICE))
    return SourceValue(id=row.source_id, name=row.source, kind=kind, settings=settings)
