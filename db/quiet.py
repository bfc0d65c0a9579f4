"""Alerts that fire quietly, and whose silence or maintenance window is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.house import source_value
from db.models import Alert, Source
from domain.intake.source import Source as SourceValue

LEASE_SECONDS = 30

_LEASE = text("""
UPDATE alert_states SET quiet_until = clock_timestamp() + make_interval(secs => :lease)
WHERE identity IN (
    SELECT identity FROM alert_states WHERE status = 'quiet' AND quiet_until <= clock_timestamp()
    ORDER BY quiet_until LIMIT :limit FOR UPDATE SKIP LOCKED)
RETURNING alert_id
""")


@dataclass(frozen=True, slots=True)
class QuietAlert:
    """The latest alert of one that fires quietly."""

    alert_id: UUID
    record: dict[str, Any]
    """What intake kept of it."""
    raw: Any
    source: SourceValue


async def lease_quiet(session: AsyncSession, limit: int) -> Sequence[QuietAlert]:
    """Take some whose time is over; whoever dies with them in hand leaves them to the next after the lease."""
    ids = (await session.scalars(_LEASE, {"limit": limit, "lease": LEASE_SECONDS})).all()
    query = (
        select(Alert, Source)
        .outerjoin(Source, Source.id == Alert.source_id)
        .where(Alert.id.in_(ids))
        .order_by(Alert.received_at)
    )
    rows = (await session.execute(query)).tuples().all()
    return [QuietAlert(alert.id, alert.item, alert.raw, _sender(alert, source)) for alert, source in rows]


async def look_again(session: AsyncSession) -> None:
    """A silence or a maintenance window changed: what was quiet because of it is decided anew."""
    await session.execute(text("UPDATE alert_states SET quiet_until = clock_timestamp() WHERE status = 'quiet'"))


def _sender(alert: Alert, source: Source | None) -> SourceValue:
    """The source as it is now; of one that is gone, or of an API token, what the alert tells."""
    if source is not None:
        return source_value(source).model_copy(update={"kind": alert.item.get("kind", source.kind)})
    return SourceValue(id=alert.source_id, name=alert.source, kind=alert.item.get("kind", alert.source))
