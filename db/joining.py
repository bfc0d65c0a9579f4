"""Alerts that join a certain incident, whatever their own key says, as long as it is open."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import psycopg

from db.intake import Admitted, IntakeItem, admit
from db.models.base import new_text_id
from domain.intake.correlation import SPLIT_PREFIX


@dataclass(frozen=True, slots=True)
class Joining:
    """An alert, and where it belongs."""

    item: IntakeItem
    """With its own key."""
    incident_id: UUID
    key: str | None
    """One that led there a moment ago; None: there is none any more."""


_MAKE = """
INSERT INTO correlation_slots (key, incident_id, last_alert_at, batch_due_at)
SELECT %s, id, clock_timestamp(), clock_timestamp() FROM incidents
WHERE id = %s AND status <> 'RESOLVED' FOR NO KEY UPDATE
"""
"""Whoever resolves an incident looks for its keys once more when it has locked the row: none is overlooked."""
_LOCK = "SELECT key, incident_id FROM correlation_slots WHERE key = ANY(%s) ORDER BY key FOR UPDATE"


async def join(connection: psycopg.AsyncConnection[Any], joining: Sequence[Joining]) -> list[Admitted | None]:
    """Admit alerts where they belong; None for those whose incident is over by now: nothing is written of them.

    Keys that are locked go nowhere else, so that nothing is opened under the key of an incident that has just ended.

    Args:
        connection: in no transaction.
        joining: the alerts.

    Returns:
        What became of each, in their order.
    """
    if not joining:
        return []
    keys = [one.key or await _made(connection, one.incident_id) for one in joining]
    async with connection.transaction():
        rows = await (await connection.execute(_LOCK, (keys,))).fetchall()
        leads_to = {row["key"]: row["incident_id"] for row in rows}
        items = [
            replace(one.item, key=key, window_seconds=None, own=(one.item.key, one.item.window_seconds))
            for key, one in zip(keys, joining, strict=True)
            if leads_to.get(key) == one.incident_id
        ]
        admitted = iter(await admit(connection, items) if items else ())
    return [
        next(admitted) if leads_to.get(key) == one.incident_id else None for key, one in zip(keys, joining, strict=True)
    ]


async def _made(connection: psycopg.AsyncConnection[Any], incident_id: UUID) -> str:
    """A key that leads to an incident if that is open, and under which no other alert comes."""
    key = f"{SPLIT_PREFIX}{new_text_id()}"
    await connection.execute(_MAKE, (key, incident_id))
    return key
