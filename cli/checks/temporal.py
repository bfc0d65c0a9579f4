"""Temporal: reachable, with its namespace and search attributes, and workers that poll both task queues."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeTaskQueueRequest,
    GetSystemInfoRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from cli.checks.report import Finding
from cli.errors import Unreachable
from cli.temporal import RPC_TIMEOUT, open_client
from config.settings import Settings
from config.temporal import PAGING_QUEUE, QUEUE

POLLED_WITHIN = timedelta(seconds=75)
"""A waiting worker polls anew every minute; Temporal remembers a dead one for five."""

_WORK = (
    (QUEUE, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, "workflows"),
    (QUEUE, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY, "documents and war rooms"),
    (PAGING_QUEUE, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY, "paging and records"),
)


def examine(_known: Settings) -> Iterator[Finding]:
    """Look at the Temporal server that the settings name, and at who works for it."""
    yield from asyncio.run(_examine())


async def _examine() -> list[Finding]:
    try:
        client = await open_client()
        findings = [await _server(client)]
        findings.append(await _namespace(client))
        if findings[-1].ok:
            findings += [await _pollers(client, queue, kind, what) for queue, kind, what in _WORK]
    except (Unreachable, RPCError) as error:
        return [Finding("temporal", False, str(error), "start it, or correct TEMPORAL_ADDRESS")]
    return findings


async def _server(client: Client) -> Finding:
    info = await client.workflow_service.get_system_info(GetSystemInfoRequest(), timeout=RPC_TIMEOUT)
    return Finding("temporal", True, f"server {info.server_version} at {client.service_client.config.target_host}")


async def _namespace(client: Client) -> Finding:
    try:
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=client.namespace), timeout=RPC_TIMEOUT
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        advice = f"run `temporal operator namespace create -n {client.namespace}`, or correct TEMPORAL_NAMESPACE"
        return Finding("namespace", False, f"{client.namespace} is not there", advice)
    return Finding("namespace", True, client.namespace)


async def _pollers(client: Client, queue: str, kind: "TaskQueueType.ValueType", what: str) -> Finding:
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind),
        timeout=RPC_TIMEOUT,
    )
    oldest = datetime.now(UTC) - POLLED_WITHIN
    alive = {poller.identity for poller in answer.pollers if poller.last_access_time.ToDatetime(UTC) > oldest}
    found = f"{len(alive)} poll {queue} for {what}"
    if not alive:
        return Finding("workers", False, found, "start `tocsin worker`; its log says why one does not stay")
    return Finding("workers", True, found)
