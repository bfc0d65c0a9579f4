"""Alerts that fire quietly, and whose silence or maintenance window is over."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.house import readable, source_value, window_value
from db.models import Alert, MaintenanceWindow, Silence, Source
from domain.intake.maintenance import MaintenanceWindow as WindowValue
from domain.intake.source import Source as SourceValue

LEASE_SECONDS = 30
CLOCKS_DIFFER = timedelta(minutes=1)
"""So much at most the clocks of two processes."""

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
    identity: str
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
    rows = (await session.execute(query)).all()
    return [
        QuietAlert(alert.id, alert.item["identity"], alert.item, alert.raw, _sender(alert, source))
        for alert, source in rows
    ]


_LOOKED_AT = text("""
UPDATE alert_states SET quiet_until = NULL WHERE identity = :identity AND alert_id = :alert AND status = 'quiet'
""")


async def looked_at(session: AsyncSession, quiet: QuietAlert) -> None:
    """It waits for nothing any more, and need not be looked at again, unless it has fired anew meanwhile."""
    await session.execute(_LOOKED_AT, {"identity": quiet.identity, "alert": quiet.alert_id})


_LOOK_AGAIN = text("""
UPDATE alert_states SET quiet_until = clock_timestamp()
WHERE status = 'quiet' AND quiet_until > clock_timestamp() + make_interval(secs => :lease)
  AND (:all OR quiet_until <> ALL(CAST(:ends AS timestamptz[])))
""").bindparams(bindparam("all", type_=Boolean))
# Not those that somebody may have in hand: what ends so soon is waited for.


@dataclass(frozen=True, slots=True)
class Reasons:
    """What keeps alerts quiet at an instant."""

    ends: frozenset[datetime]
    """When each silence and each occurrence of a maintenance window is over."""
    windows: frozenset[WindowValue]
    """The maintenance windows as they are."""

    def to_wait_for(self, before: "Reasons | None") -> Collection[datetime] | None:
        """The ends for which alerts may go on waiting; None when a window may concern others than a moment ago."""
        return self.ends if before is not None and before.windows == self.windows else None


async def reasons(session: AsyncSession, now: datetime) -> Reasons:
    """What keeps alerts quiet now."""
    silences = await session.scalars(select(Silence.ends_at).where(Silence.ends_at > now))
    rows = await session.scalars(select(MaintenanceWindow))
    windows = frozenset(readable(rows, window_value))
    spans = [span for window in windows for span in window.occurrences(now - CLOCKS_DIFFER, now + CLOCKS_DIFFER)]
    return Reasons(frozenset(silences) | {end for _, end in spans}, windows)


async def look_again(session: AsyncSession, ends: Collection[datetime] | None) -> None:
    """Have alerts decided anew that wait for an end which nothing has any more.

    Args:
        session: committed by the caller.
        ends: what is there to wait for; None: all are decided anew.
    """
    values = {"lease": LEASE_SECONDS, "all": ends is None, "ends": list(ends or ())}
    await session.execute(_LOOK_AGAIN, values)


def _sender(alert: Alert, source: Source | None) -> SourceValue:
    """The source as it is now; of one that is gone, or of an API token, what the alert tells."""
    if source is not None:
        return source_value(source).model_copy(update={"kind": alert.item.get("kind", source.kind)})
    return SourceValue(id=alert.source_id, name=alert.source, kind=alert.item.get("kind", alert.source))
