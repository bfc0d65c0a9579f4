"""`--via temporal`: a command sent to an incident's workflow without any API process.

Whoever may signal the namespace may act as anyone: the workflow believes the name that is sent.
"""

import asyncio
import getpass
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from cli.errors import Refused, Unreachable, WrongUsage
from cli.settings import settings
from config.temporal import connect

RPC_TIMEOUT = timedelta(seconds=4)
CONNECT_SECONDS = 5.0
_AWAY = {
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.RESOURCE_EXHAUSTED,
}


def signal(incident: str, kind: str, actor: str | None, fields: Mapping[str, str]) -> None:
    """Signal the workflow of an `INC-42`.

    Args:
        incident: its short id, for that is in the workflow's id.
        kind: the command, as in `domain.commands`.
        actor: who acts; whoever is logged in if None.
        fields: what the command carries beside that.

    Raises:
        Refused: there is no such workflow, or it is not ours to signal.
        Unreachable: Temporal does not answer.
    """
    if not incident.startswith("INC-"):
        raise WrongUsage("--via temporal needs the short id, such as INC-42: the workflow is named after it")
    command = {"id": str(uuid4()), "kind": kind, "actor": actor or _logged_in(), "via": "cli", **fields}
    # A note has no signal of its own: it goes by the one that carries every command.
    name = "command" if kind == "comment" else kind
    asyncio.run(_send(f"incident-{incident}", name, command))


async def _send(workflow_id: str, name: str, command: Mapping[str, Any]) -> None:
    client = await open_client()
    try:
        await client.get_workflow_handle(workflow_id).signal(name, command, rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise Refused(f"no workflow {workflow_id} runs in namespace {client.namespace}: {error.message}") from error
        if error.status in _AWAY:
            raise Unreachable(f"Temporal does not answer: {error.message}") from error
        raise Refused(f"Temporal refuses: {error.message}") from error


async def open_client() -> Client:
    """A connected client.

    Raises:
        Unreachable: Temporal does not answer.
    """
    with settings() as known:
        connecting = connect(known, lazy=False)
    try:
        return await asyncio.wait_for(connecting, CONNECT_SECONDS)
    except (RuntimeError, RPCError, TimeoutError) as error:
        why = str(error) or f"no answer within {CONNECT_SECONDS:.0f} s"
        raise Unreachable(f"Temporal cannot be reached: {why}. TEMPORAL_ADDRESS says where") from error


def _logged_in() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user often has no name
        return "unknown"
