"""Fixtures of the rooms that test the product as processes: import them into a room's conftest.

An API process and a worker for each file of tests, reached by HTTP.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from temporalio.client import Client

from db.tokens import hash_token
from tests.support.processes import Stack
from tests.support.servers import Addresses


@pytest.fixture(scope="module")
def stack(
    request: pytest.FixtureRequest,
    database_url: str,
    addresses: Addresses,
    namespace: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """The product as processes, with as many APIs as the file's `APIS` says; what it has made is gone afterwards."""
    stack = Stack(
        database_url, addresses, namespace, tmp_path_factory.mktemp("stack"), apis=getattr(request.module, "APIS", 1)
    )
    with psycopg.connect(database_url) as connection:
        services = [row[0] for row in connection.execute("SELECT id FROM services").fetchall()]
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
    asyncio.run(_terminate_all(addresses, namespace))
    with psycopg.connect(database_url, autocommit=True) as connection:
        forget_everything(connection, services)


@pytest.fixture(scope="module")
def api(stack: Stack) -> Iterator[httpx.Client]:
    """The administrator's client."""
    with stack.client() as client:
        yield client


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A look into the database."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def alert() -> Callable[..., dict[str, Any]]:
    """The body of an alert that no other test sends."""

    def make(**changes: Any) -> dict[str, Any]:
        body = {
            "title": "Redis does not answer",
            "description": "Connection refused since 03:12",
            "service_name": "redis-prod",
            "severity": "SEV1_CRITICAL",
            "detected_at": "2026-11-21T03:12:00Z",
            "fingerprint": uuid4().hex,
        }
        return {name: value for name, value in (body | changes).items() if value is not ...}

    return make


@pytest.fixture
def as_role(stack: Stack, database: psycopg.Connection[Any]) -> Callable[[str], httpx.Client]:
    """A client of a new person with a role."""

    def make(role: str) -> httpx.Client:
        token, user = uuid4().hex, uuid4()
        email = f"{role}-{user.hex[:8]}@example.com"
        database.execute("INSERT INTO users (id, email, name, role) VALUES (%s, %s, %s, %s)", (user, email, role, role))
        database.execute(
            "INSERT INTO api_tokens (id, user_id, name, hash) VALUES (%s, %s, 'test', %s)",
            (uuid4(), user, hash_token(token)),
        )
        return stack.client(token=token)

    return make


def forget_everything(connection: psycopg.Connection[Any], services: list[Any]) -> None:
    """Empty the database but for the catalogue as it was: the next file of tests shall find nothing of this one."""
    connection.execute("TRUNCATE incidents, correlation_slots, worker_heartbeats, idempotency_keys, sources CASCADE")
    connection.execute("TRUNCATE alert_states, held_alerts, rules, silences, maintenance_windows CASCADE")
    connection.execute("DELETE FROM services WHERE id <> ALL(%s)", (services,))


async def _terminate_all(addresses: Addresses, namespace: str) -> None:
    client = await Client.connect(addresses.temporal, namespace=namespace)
    async for execution in client.list_workflows('ExecutionStatus = "Running"'):
        await client.get_workflow_handle(execution.id).terminate("the tests are over")
