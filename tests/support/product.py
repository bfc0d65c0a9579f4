"""Fixtures of the rooms that test the product as processes: import them into a room's conftest.

An API process and a worker, reached by HTTP, shared by the files of tests. Tests of parts in their own process
have another database and namespace: no test has both.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg import sql
from temporalio.client import Client
from temporalio.service import RPCError

from db.tokens import hash_token
from tests.support.processes import Stack
from tests.support.servers import Addresses, copy_template, process_name

CATALOGUE = ("routes", "services", "teams", "schedules", "policies", "scopes", "users")
"""Its tables, whatever names others first."""
RETRIES = 200
AT_ONCE = 10
"""So many workflows are ended."""


class Product:
    """The processes of one test process on a database and a namespace of their own, and what is to be forgotten.

    They are kept from file to file: to start them takes longer than most files.
    """

    def __init__(self, addresses: Addresses, name: str, home: Path) -> None:
        self._addresses = addresses
        copy_template(addresses.postgres, f"tocsin_{name}")
        self.database_url = addresses.database(f"tocsin_{name}")
        self.stack = Stack(self.database_url, addresses, name, home)
        with psycopg.connect(self.database_url) as connection:
            self._kept = {table: _ids(connection, table) for table in CATALOGUE}

    def forget(self) -> None:
        """The next file of tests shall find nothing of this one. Rows first: then nothing begins a workflow anew."""
        self.stack.close_clients()
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            forget_everything(connection, self._kept)
        asyncio.run(_terminate_all_of(self._addresses, self.stack.namespace))


def product_name(name: str) -> str:
    """What the database and the namespace of a test process's product are called after."""
    return f"{name}-product"


@pytest.fixture(scope="session")
def shared_product(
    pytestconfig: pytest.Config, addresses: Addresses, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Product]:
    """One for all files of this process. Belongs into the outermost conftest: each room would get one of its own."""
    product = Product(addresses, product_name(process_name(pytestconfig)), tmp_path_factory.mktemp("product"))
    yield product
    product.stack.stop()


@pytest.fixture(scope="module")
def stack(request: pytest.FixtureRequest, shared_product: Product) -> Iterator[Stack]:
    """The product as processes, with as many APIs as the file's `APIS` says; what it has made is gone afterwards."""
    shared_product.stack.start(getattr(request.module, "APIS", 1))
    yield shared_product.stack
    shared_product.forget()


@pytest.fixture(scope="module")
def api(stack: Stack) -> Iterator[httpx.Client]:
    """The administrator's client."""
    with stack.client() as client:
        yield client


@pytest.fixture(scope="module")
def database(shared_product: Product) -> Iterator[psycopg.Connection[Any]]:
    """A look into the product's database."""
    with psycopg.connect(shared_product.database_url, autocommit=True) as connection:
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


def forget_everything(connection: psycopg.Connection[Any], kept: dict[str, list[Any]]) -> None:
    """Empty the database but for the catalogue as it was."""
    for _ in range(RETRIES):
        with contextlib.suppress(psycopg.errors.DeadlockDetected, psycopg.errors.ForeignKeyViolation):
            _forget(connection, kept)
            return
        time.sleep(0.1)  # the product wrote at the same moment: let it finish
    _forget(connection, kept)


def _forget(connection: psycopg.Connection[Any], kept: dict[str, list[Any]]) -> None:
    connection.execute("TRUNCATE incidents, correlation_slots, idempotency_keys, sources CASCADE")
    connection.execute("TRUNCATE alert_states, held_alerts, rules, silences, maintenance_windows CASCADE")
    connection.execute("TRUNCATE notices CASCADE")
    for table, ids in kept.items():
        connection.execute(sql.SQL("DELETE FROM {} WHERE id <> ALL(%s)").format(sql.Identifier(table)), (ids,))


def _ids(connection: psycopg.Connection[Any], table: str) -> list[Any]:
    query = sql.SQL("SELECT id FROM {}").format(sql.Identifier(table))
    return [row[0] for row in connection.execute(query).fetchall()]


async def terminate_all(client: Client) -> None:
    """End every workflow of the client's namespace, several at once: some files leave hundreds behind."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def terminate(workflow_id: str) -> None:
        async with gate:
            with contextlib.suppress(RPCError):  # it has ended meanwhile
                await client.get_workflow_handle(workflow_id).terminate("the tests are over")

    async with asyncio.TaskGroup() as group:
        async for execution in client.list_workflows('ExecutionStatus = "Running"'):
            group.create_task(terminate(execution.id))


async def _terminate_all_of(addresses: Addresses, namespace: str) -> None:
    await terminate_all(await Client.connect(addresses.temporal, namespace=namespace))
