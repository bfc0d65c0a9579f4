"""What is already known about an alert, and signals about one that fires: back to normal, acknowledged, a note.

A signal here never decides about the incident: it is kept, the alert's state changes, and the incident's workflow
gets a command through the outbox, in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from db.intake import IntakeItem
from db.keeping import Kept, keep
from db.outbox import put_command_row
from domain.intake.episode import History

CHANGES_KEPT = 100


@dataclass(frozen=True, slots=True)
class Episode:
    """What is known of an alert."""

    identity: str
    status: str
    history: History
    last_fired_at: datetime
    slot_key: str
    leads_to: UUID | None
    """The incident to which that key leads: another one when the key's window was over."""
    incident_id: UUID | None
    """Where it belongs."""
    is_open: bool
    """Whether that incident is open."""
    resolved_at: datetime | None
    """When that incident was resolved."""
    number: int | None
    lead: str | None

    @property
    def fires_in(self) -> UUID | None:
        """The open incident where it fires."""
        return self.incident_id if self.is_open and self.status == "firing" else None


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of a signal about an alert that may be firing."""

    fate: str
    reason: str | None = None
    incident_id: UUID | None = None
    number: int | None = None
    rank: int = 4
    """The incident's severity, 1 to 4."""
    news: bool = True
    """Whether it changes anything for an incident."""


_KNOWN = """
SELECT state.identity, state.status, state.started_at, state.over_started_at, state.resolved_at AS over_at,
       state.last_fired_at, state.slot_key, slot.incident_id AS leads_to, state.incident_id,
       coalesce(incident.status <> 'RESOLVED', false) AS is_open, incident.resolved_at, incident.number, incident.lead
FROM alert_states AS state
LEFT JOIN correlation_slots AS slot ON slot.key = state.slot_key
LEFT JOIN incidents AS incident ON incident.id = state.incident_id
WHERE state.identity = ANY(%s)
"""


async def known_episodes(connection: psycopg.AsyncConnection[Any], identities: Sequence[str]) -> dict[str, Episode]:
    """What is known of these alerts, by identity."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_KNOWN, (list(identities),))
        return {row["identity"]: Episode(history=_history(row), **row) for row in await cursor.fetchall()}


def _history(row: dict[str, Any]) -> History:
    return History(row.pop("started_at"), row.pop("over_started_at"), row.pop("over_at"))


_INHIBITING = """
SELECT DISTINCT ON (incident.service_id) incident.service_id, incident.id AS incident_id, incident.number,
       incident.correlation_key, services.name
FROM incidents AS incident
JOIN correlation_slots AS slot ON slot.key = incident.correlation_key AND slot.incident_id = incident.id
JOIN services ON services.id = incident.service_id
WHERE incident.service_id = ANY(%s) AND incident.status <> 'RESOLVED' AND incident.time_scale IS NULL
  AND incident.cleared_at IS NULL
  AND incident.severity IN ('SEV1_CRITICAL', 'SEV2_HIGH')
  AND incident.created_at > clock_timestamp() - make_interval(secs => %s)
ORDER BY incident.service_id, incident.created_at
"""


@dataclass(frozen=True, slots=True)
class Inhibiting:
    """An open incident of a service that others depend on."""

    service_id: UUID
    incident_id: UUID
    number: int
    correlation_key: str
    name: str


async def inhibiting_incidents(
    connection: psycopg.AsyncConnection[Any], services: Sequence[UUID], seconds: float
) -> dict[UUID, Inhibiting]:
    """The open SEV1 and SEV2 incidents of these services that are no older than so many seconds; the first of each."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_INHIBITING, (list(services), seconds))
        return {row["service_id"]: Inhibiting(**row) for row in await cursor.fetchall()}


_LOCK = """
SELECT id, number, severity FROM incidents WHERE id = %s AND status <> 'RESOLVED' FOR NO KEY UPDATE
"""
_BELONGS_TO = "SELECT incident_id FROM alert_states WHERE identity = %s"
_LEADS_TO = "SELECT incident_id FROM correlation_slots WHERE key = %s"
_STATE = """
SELECT status, incident_id, started_at, over_started_at, resolved_at AS over_at, changes
FROM alert_states WHERE identity = %s FOR UPDATE
"""
_NOW = "SELECT clock_timestamp() AS now"
_RESOLVE = """
INSERT INTO alert_states AS known (
    identity, status, slot_key, incident_id, alert_id, over_started_at, resolved_at, changes, last_fired_at, fire_count)
VALUES (%(identity)s, 'resolved', %(key)s, %(incident)s, %(alert)s, %(over)s, %(now)s, '{}', %(now)s, 0)
ON CONFLICT (identity) DO UPDATE SET
    status = 'resolved', resolved_at = excluded.resolved_at, quiet_until = NULL,
    over_started_at = excluded.over_started_at, incident_id = coalesce(excluded.incident_id, known.incident_id),
    -- Only what fired goes back to normal: a sender that goes on saying so does not flap.
    changes = CASE known.status WHEN 'resolved' THEN known.changes
              ELSE (known.changes || excluded.resolved_at)[greatest(1, cardinality(known.changes) + 2 - %(kept)s):] END
"""
"""`resolved_at` is when an end was last heard: what a threshold held before it does not fire when it is released."""
_STILL = """
SELECT 1 FROM alert_states WHERE incident_id = %(incident)s AND status = 'firing'
UNION ALL
SELECT 1 FROM alerts
WHERE incident_id = %(incident)s AND fate IN ('new', 'attached') AND item->>'identity' IS NULL
  AND (fingerprint = %(fingerprint)s) IS NOT TRUE
LIMIT 1
"""
"""Whether something of an incident is not back to normal: an alert fires, or somebody reported what cannot go back."""


async def clear(
    connection: psycopg.AsyncConnection[Any],
    kept: Kept,
    command: dict[str, Any],
    flapping: tuple[int, float] | None,
    own_key: str | None,
) -> Followed:
    """An alert went back to normal; when it was the last of its incident, the workflow gets the command.

    The incident's row is locked, so that an alert that fires meanwhile either is seen here or comes after.

    Args:
        connection: in no transaction.
        kept: the signal as it is kept; its item's key and identity say what it is about.
        command: of kind `clear`, without `as_of`.
        flapping: how many changes within how many seconds are too many; then the incident is resolved only
            after it was quiet for as long.
        own_key: the correlation key that names this alert alone; there it is looked for when it is not known.
    """
    item = kept.item
    assert item.identity is not None
    async with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        incident = await _open_incident(cursor, item.identity, own_key)
        await cursor.execute(_STATE, (item.identity,))
        state = await cursor.fetchone()
        history = _history(state) if state else History()
        followed = _followed(state, history, incident, item)
        now, over = await _now(cursor), history.over_with(item.started_at)
        if followed.news or _overtakes(state, history, over):
            values = {
                "identity": item.identity,
                "key": item.key,
                "incident": incident["id"] if incident else None,
                "alert": kept.alert_id,
                "over": over,
                "now": now,
                "kept": CHANGES_KEPT,
            }
            await cursor.execute(_RESOLVE, values)
        if followed.news and incident is not None:
            await cursor.execute(_STILL, {"incident": incident["id"], "fingerprint": item.alert.fingerprint})
            if await cursor.fetchone() is None:
                command = _damped(command | {"as_of": now.isoformat()}, state, flapping, now)
                await put_command_row(connection, incident["id"], followed.rank, command)
            else:
                followed = replace(followed, reason="others of the incident still fire")
        await keep(connection, [_kept_as(kept, followed)])
    return followed


async def propose_if_left(
    connection: psycopg.AsyncConnection[Any], incident_id: UUID, alert_id: UUID, went_to: int
) -> None:
    """An alert that fired in an incident goes on in another one: when none that is left fires, somebody should be
    asked whether it is over.

    Args:
        connection: in no transaction.
        incident_id: where it fired.
        alert_id: the alert that went on.
        went_to: the number of the incident where it fires now.
    """
    async with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        incident = await _locked(cursor, incident_id)
        if incident is None:
            return
        await cursor.execute(_STILL, {"incident": incident_id, "fingerprint": None})
        if await cursor.fetchone() is not None:
            return
        command = {
            "kind": "clear",
            "id": f"left.{alert_id}",
            "actor": "tocsin",
            "via": "alerts",
            "as_of": (await _now(cursor)).isoformat(),
            "auto": False,
            "note": f"its last alert that fired goes on in INC-{went_to}",
        }
        await put_command_row(connection, incident_id, int(incident["severity"][3]), command)


async def pass_on(
    connection: psycopg.AsyncConnection[Any], kept: Kept, command: dict[str, Any], own_key: str | None
) -> Followed:
    """An acknowledgement or a note about an alert: a command to the incident where it belongs."""
    item = kept.item
    assert item.identity is not None
    async with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        incident = await _open_incident(cursor, item.identity, own_key)
        if incident is None:
            followed = Followed(kept.fate, "nothing is open for it")
        else:
            rank = int(incident["severity"][3])
            followed = Followed(kept.fate, None, incident["id"], incident["number"], rank)
            await put_command_row(connection, incident["id"], rank, command)
        await keep(connection, [_kept_as(kept, followed)])
    return followed


async def _open_incident(
    cursor: psycopg.AsyncCursor[dict[str, Any]], identity: str, own_key: str | None
) -> dict[str, Any] | None:
    """The open incident where an alert belongs, else that of the key which names it alone; locked."""
    for query, name in ((_BELONGS_TO, identity), (_LEADS_TO, own_key)) * 2:
        # Twice, for it may have been merged into another while its row was waited for.
        await cursor.execute(query, (name,))
        found = await cursor.fetchone()
        incident = await _locked(cursor, found["incident_id"]) if found else None
        if incident is not None:
            return incident
    return None


async def _now(cursor: psycopg.AsyncCursor[dict[str, Any]]) -> datetime:
    await cursor.execute(_NOW)
    row = await cursor.fetchone()
    assert row is not None
    now: datetime = row["now"]
    return now


async def _locked(cursor: psycopg.AsyncCursor[dict[str, Any]], incident_id: UUID) -> dict[str, Any] | None:
    """An incident as long as it is open."""
    await cursor.execute(_LOCK, (incident_id,))
    return await cursor.fetchone()


def _followed(
    state: dict[str, Any] | None, history: History, incident: dict[str, Any] | None, item: IntakeItem
) -> Followed:
    """What becomes of a signal that an alert went back to normal."""
    if state and state["status"] != "resolved" and history.ended_before(item.started_at, item.ended_at):
        return Followed("late", "it is about an episode before the one that fires", news=False)
    if incident is None:
        was_quiet = state is not None and state["status"] == "quiet"
        return Followed("resolved", "it fired quietly" if was_quiet else "nothing is open for it")
    if state is not None and state["status"] == "resolved" and state["incident_id"] == incident["id"]:
        return Followed("resolved", "it was back to normal already", incident["id"], incident["number"], news=False)
    return Followed("resolved", None, incident["id"], incident["number"], int(incident["severity"][3]))


def _overtakes(state: dict[str, Any] | None, history: History, over: datetime | None) -> bool:
    """Whether an end comes before its start: kept in mind, so that the start which follows opens nothing."""
    return state is not None and state["status"] == "resolved" and over != history.over_started_at


def _damped(
    command: dict[str, Any], state: dict[str, Any] | None, flapping: tuple[int, float] | None, now: datetime
) -> dict[str, Any]:
    """The command with a longer delay when the alert flaps."""
    if flapping is None or state is None:
        return command
    count, seconds = flapping
    lately = sum((now - at).total_seconds() < seconds for at in state["changes"]) + 1
    if lately < count:
        return command
    note = f"it went back to normal {lately} times within {seconds:.0f} s: it flaps"
    return command | {"delay_seconds": max(command["delay_seconds"], seconds), "note": note}


def _kept_as(kept: Kept, followed: Followed) -> Kept:
    """The alert's row says which incident it was about, and why nothing came of it."""
    reason = "; ".join(word for word in (kept.item.reason, followed.reason) if word) or None
    return replace(kept, item=replace(kept.item, reason=reason), fate=followed.fate, incident_id=followed.incident_id)
