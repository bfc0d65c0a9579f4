"""Answers to repeat: what a request with an `Idempotency-Key` was answered the first time."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg


class KeyReused(Exception):
    """The key came with another body before."""


@dataclass(frozen=True)
class Replay:
    """The incident and the status with which the first request was answered."""

    incident_id: UUID
    status: int


async def replayed(
    connection: psycopg.AsyncConnection[Any], user_id: UUID, key: str, request_hash: bytes
) -> Replay | None:
    """Take the key, in the connection's transaction; a second taker waits for the first and gets its answer.

    Raises:
        KeyReused: the key came with another body before.
    """
    taken = await connection.execute(
        "INSERT INTO idempotency_keys (user_id, key, request_hash) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (user_id, key, request_hash),
    )
    if taken.rowcount == 1:
        return None
    cursor = await connection.execute(
        "SELECT request_hash, incident_id, status FROM idempotency_keys WHERE user_id = %s AND key = %s",
        (user_id, key),
    )
    row = await cursor.fetchone()
    if row is None or bytes(row["request_hash"]) != request_hash:
        raise KeyReused(key)
    return Replay(row["incident_id"], row["status"])


async def remember(
    connection: psycopg.AsyncConnection[Any], user_id: UUID, key: str, incident_id: UUID, status: int
) -> None:
    """Keep the answer, in the transaction that took the key; keys older than a day are forgotten."""
    await connection.execute(
        "UPDATE idempotency_keys SET incident_id = %s, status = %s WHERE user_id = %s AND key = %s",
        (incident_id, status, user_id, key),
    )
    await connection.execute("DELETE FROM idempotency_keys WHERE created_at < now() - interval '1 day'")
