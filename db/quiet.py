"""Alerts that fire quietly, and whose silence or maintenance window is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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


_REASONS = text("""
SELECT id::text || matchers::text, starts_at, ends_at FROM silences WHERE ends_at > clock_timestamp()
UNION ALL SELECT md5(maintenance_windows::text), NULL, NULL FROM maintenance_windows
""")

_LOOK_AGAIN = text("""
UPDATE alert_states SET quiet_until = clock_timestamp()
WHERE status = 'quiet' AND quiet_until > clock_timestamp() + make_interval(secs => :lease)
""")
"""But not those that somebody has in hand: what ends so soon is waited for."""

Reason = tuple[str, datetime | None, datetime | None]


async def reasons(session: AsyncSession) -> frozenset[Reason]:
    """Why alerts are quiet or will be: silences that are not over, and maintenance windows, as they are now."""
    return frozenset(tuple(row) for row in await session.execute(_REASONS))


def withdrawn(before: frozenset[Reason], after: frozenset[Reason], now: datetime) -> bool:
    """Whether one of them was ended early, changed or deleted; what simply ran out was expected."""
    return any(ends_at is None or ends_at > now for _, _, ends_at in before - after)


async def look_again(session: AsyncSession) -> None:
    """A silence or a maintenance window was withdrawn: what was quiet because of it is decided anew."""
    await session.execute(_LOOK_AGAIN, {"lease": LEASE_SECONDS})


def _sender(alert: Alert, source: Source | None) -> SourceValue:
    """The source as it is now; of one that is gone, or of an API token, what the alert tells."""
    if source is not None:
        return source_value(source).model_copy(update={"kind": alert.item.get("kind", source.kind)})
    return SourceValue(id=alert.source_id, name=alert.source, kind=alert.item.get("kind", alert.source))
