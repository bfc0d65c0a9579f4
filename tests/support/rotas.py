"""Schedules for tests of the REST API: made through it, and gone afterwards."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from db.tokens import hash_token

ANA, BO, CY, DEE = "ana@example.com", "bo@example.com", "cy@example.com", "dee@example.com"
WEEKLY = {
    "kind": "weekly",
    "interval": 1,
    "start": "2026-01-05T09:00:00+01:00",
    "participants": [[ANA], [BO, CY]],
}
"""By turns from Monday to Monday."""


def a_schedule(**changes: Any) -> dict[str, Any]:
    """The body of a schedule of one weekly layer, in Paris."""
    return {
        "name": f"rota {uuid4().hex[:8]}",
        "time_zone": "Europe/Paris",
        "layers": [{"name": "Primary", "level": 1, "rotations": [WEEKLY]}],
    } | changes


def always(*users: str, level: int = 1) -> dict[str, Any]:
    """A layer of these people, all the time."""
    rotation = {"kind": "weekly", "start": "2026-01-05T09:00:00Z", "participants": [list(users)]}
    return {"name": f"Level {level}", "level": level, "rotations": [rotation]}


def kept(api: httpx.Client, **changes: Any) -> dict[str, Any]:
    """A schedule that is kept."""
    answer = api.post("/schedules/", json=a_schedule(**changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def shifts(api: httpx.Client, reference: str, start: str, end: str, **query: Any) -> list[dict[str, Any]]:
    """The shifts of a schedule."""
    answer = api.get(f"/schedules/{reference}/shifts/", params={"from": start, "to": end, **query})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def on_call(api: httpx.Client, reference: str, at: str) -> list[str]:
    """Who is on call at level 1."""
    answer = api.get(f"/schedules/{reference}/on-call/", params={"at": at})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["users"])


def hours_from_now(hours: float) -> str:
    """An instant near now, to the second."""
    at = (datetime.now(UTC) + timedelta(hours=hours)).replace(microsecond=0)
    return at.isoformat().replace("+00:00", "Z")


def token_of(database: psycopg.Connection[Any], email: str) -> str:
    """A new API token of somebody."""
    token = uuid4().hex
    database.execute(
        "INSERT INTO api_tokens (id, user_id, name, hash) SELECT %s, id, 'test', %s FROM users WHERE email = %s",
        (uuid4(), hash_token(token), email),
    )
    return token


def notices(database: psycopg.Connection[Any], kind: str, recipient: str) -> list[str]:
    """What somebody was told of a kind, oldest first."""
    query = (
        "SELECT m.text FROM inbox_messages m JOIN notices n ON n.id = m.notice_id "
        "WHERE n.kind = %s AND n.recipient = %s ORDER BY m.id"
    )
    return [str(row[0]) for row in database.execute(query, (kind, recipient)).fetchall()]


def restored(database: psycopg.Connection[Any]) -> Iterator[None]:
    """Until the generator goes on, schedules may be made and given to teams; then all is as it was before."""
    before = [row[0] for row in database.execute("SELECT id FROM schedules").fetchall()]
    teams = database.execute("SELECT id, schedule_id, on_call_id FROM teams").fetchall()
    yield
    for id, schedule_id, on_call_id in teams:
        values = (schedule_id, on_call_id, id)
        database.execute("UPDATE teams SET schedule_id = %s, on_call_id = %s WHERE id = %s", values)
    database.execute("DELETE FROM schedules WHERE id <> ALL(%s)", (before,))
    database.execute("DELETE FROM inbox_messages WHERE notice_id IS NOT NULL")
    database.execute("DELETE FROM notices")
    database.execute("DELETE FROM calendar_feeds")
    database.execute("UPDATE users SET is_active = true")
