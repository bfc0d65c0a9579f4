"""Alerts as their own sender names them: by the alias that it gave, by our id, by the number of the incident."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_RECEIVED = text(
    "SELECT id, fingerprint, fate, reason, incident_id, received_at FROM alerts WHERE id = :id AND source_id = :source"
)
_FIRST = text(
    "SELECT id FROM alerts WHERE incident_id = :incident AND source_id = :source AND fingerprint = :fingerprint"
    " ORDER BY received_at, id LIMIT 1"
)
_OF_INCIDENT = text(
    "SELECT alert.fingerprint FROM alerts AS alert JOIN incidents AS incident ON incident.id = alert.incident_id"
    " WHERE incident.number = :number AND alert.source_id = :source AND alert.fingerprint IS NOT NULL"
    " ORDER BY alert.received_at, alert.id LIMIT 1"
)
_KNOWN = """
SELECT first.id, latest.fingerprint, latest.title, latest.severity, latest.labels, latest.source,
       latest.item->>'description' AS description, first.received_at AS created_at,
       state.last_fired_at, state.fire_count, state.status AS state,
       incident.number, incident.status, incident.acknowledged_by, incident.lead
FROM alert_states AS state
JOIN alerts AS latest ON latest.id = state.alert_id
LEFT JOIN incidents AS incident ON incident.id = state.incident_id
CROSS JOIN LATERAL (
    SELECT id, received_at FROM (
        (SELECT id, received_at FROM alerts
         WHERE incident_id = state.incident_id AND source_id = :source AND fingerprint = latest.fingerprint
         ORDER BY received_at, id LIMIT 1)
        UNION ALL SELECT latest.id, latest.received_at) AS candidate
    ORDER BY received_at LIMIT 1) AS first
"""
_ONE = text(f"{_KNOWN} WHERE state.identity = :identity")
_OPEN = text(f"""{_KNOWN}
WHERE state.status = 'firing' AND starts_with(state.identity, :scope)
  AND state.incident_id IN (SELECT id FROM incidents WHERE status <> 'RESOLVED')
ORDER BY first.received_at DESC, first.id OFFSET :offset LIMIT :limit
""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class Received:
    """One alert or command as it was received, and the alert that it is about."""

    alert_id: UUID
    """Of the first alert of its alias in the same incident."""
    row: RowMapping


async def received(session: AsyncSession, source_id: UUID, id: UUID) -> Received | None:
    """What a source sent under an id that we gave it."""
    row = (await session.execute(_RECEIVED, {"id": id, "source": source_id})).mappings().one_or_none()
    if row is None:
        return None
    values = {"incident": row["incident_id"], "source": source_id, "fingerprint": row["fingerprint"]}
    first = await session.scalar(_FIRST, values)
    return Received(first or row["id"], row)


async def alias_of_incident(session: AsyncSession, source_id: UUID, number: int) -> str | None:
    """The alias of the alert with which a source opened or joined an incident first."""
    alias: str | None = await session.scalar(_OF_INCIDENT, {"number": number, "source": source_id})
    return alias


async def known_alert(session: AsyncSession, source_id: UUID, scope: str, alias: str) -> RowMapping | None:
    """What is known of a source's alert.

    Args:
        session: of the database.
        source_id: the source.
        scope: its `Source.scope`.
        alias: the alert's.
    """
    values = {"source": source_id, "identity": f"{scope}{alias}"}
    return (await session.execute(_ONE, values)).mappings().one_or_none()


async def open_alerts(
    session: AsyncSession, source_id: UUID, scope: str, offset: int, limit: int
) -> list[dict[str, Any]]:
    """A source's alerts that fire and whose incidents are open, the newest first."""
    values = {"source": source_id, "scope": scope, "offset": offset, "limit": limit}
    return [dict(row) for row in (await session.execute(_OPEN, values)).mappings()]
