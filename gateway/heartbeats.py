"""Starts the workflows of heartbeats and tells them of pings."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from config.temporal import QUEUE
from domain.intake.heartbeat import Switch, span
from workflows.heartbeat import HeartbeatState, HeartbeatWorkflow

RPC_TIMEOUT = timedelta(seconds=5)


def heartbeat_workflow_id(source_id: UUID) -> str:
    """`heartbeat-<source id>`."""
    return f"heartbeat-{source_id}"


class HeartbeatWorkflows:
    """The workflows of armed switches. One that runs is left as it is; one that has ended may begin again."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start(self, switch: Switch) -> None:
        """See that there is one.

        Raises:
            RPCError: Temporal does not answer.
        """
        await self._start(switch)

    async def ping(self, switch: Switch) -> None:
        """Tell it of a ping; the first one starts it.

        Raises:
            RPCError: Temporal does not answer.
        """
        await self._start(switch, start_signal="ping", start_signal_args=[switch])

    async def changed(self, source_id: UUID) -> None:
        """Tell it that its settings have changed; where there is none, nobody needs to know.

        Raises:
            RPCError: Temporal does not answer.
        """
        handle = self._client.get_workflow_handle(heartbeat_workflow_id(source_id))
        try:
            await handle.signal(HeartbeatWorkflow.changed, rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def _start(self, switch: Switch, **signal: Any) -> None:
        await self._client.start_workflow(
            HeartbeatWorkflow.run,
            HeartbeatState(switch=switch),
            id=heartbeat_workflow_id(switch.source_id),
            task_queue=QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            memo={"source": switch.source},
            static_summary=f"Heartbeat of {switch.source}, every {span(switch.period_seconds)}"[:200],
            rpc_timeout=RPC_TIMEOUT,
            **signal,
        )
