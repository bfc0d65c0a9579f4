"""Starts incidents' workflows and talks to them. The rest of the product knows Temporal only through here."""

from datetime import timedelta

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from config.temporal import QUEUE
from domain.alert import AlertBatch
from domain.commands import Command
from domain.incident import Incident
from gateway.heartbeats import HeartbeatWorkflows
from workflows import search_attributes
from workflows.incident import IncidentWorkflow
from workflows.state import IncidentState

RPC_TIMEOUT = timedelta(seconds=5)


def workflow_id(number: int) -> str:
    """`incident-INC-42`."""
    return f"incident-INC-{number}"


class ForeignWorkflow(Exception):
    """A workflow of that id belongs to another incident: two databases share one Temporal namespace."""


class NoWorkflow(Exception):
    """There is no running workflow of that incident."""


class Workflows:
    """The workflows of incidents, and those of heartbeats."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.heartbeats = HeartbeatWorkflows(client)

    async def start(self, state: IncidentState, *, again: bool = False) -> None:
        """Start an incident's workflow; one that runs already is as good.

        Args:
            state: what it begins with.
            again: also when an earlier run of it has ended, as after a termination by hand.

        Raises:
            ForeignWorkflow: the id is taken by another incident.
            RPCError: Temporal does not answer.
        """
        incident = state.incident
        reuse = WorkflowIDReusePolicy.ALLOW_DUPLICATE if again else WorkflowIDReusePolicy.REJECT_DUPLICATE
        try:
            await self._client.start_workflow(
                IncidentWorkflow.run,
                state,
                id=workflow_id(incident.number),
                task_queue=QUEUE,
                id_reuse_policy=reuse,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                memo={"incident_id": str(incident.id), "title": incident.title},
                search_attributes=_attributes(incident),
                static_summary=f"{incident.severity.short} {incident.service}: {incident.title}"[:200],
                static_details=_details(incident),
                rpc_timeout=RPC_TIMEOUT,
            )
        except WorkflowAlreadyStartedError:
            await self._require_same(incident)

    async def command(self, number: int, command: Command) -> None:
        """Give a command and return when it is committed.

        Raises:
            WorkflowUpdateFailedError: the state forbids it. NoWorkflow: nobody is there. RPCError and its kin:
            Temporal or its workers do not answer.
        """
        handle = self._client.get_workflow_handle(workflow_id(number))
        try:
            await handle.execute_update("command", command, id=command.id)
        except RPCError as error:
            raise _no_workflow(error) from error

    async def signal(self, number: int, signal: str, payload: Command | AlertBatch) -> None:
        """Leave a message that needs no worker to be up.

        Raises:
            NoWorkflow: nobody is there. RPCError: Temporal does not answer.
        """
        handle = self._client.get_workflow_handle(workflow_id(number))
        try:
            await handle.signal(signal, payload, rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            raise _no_workflow(error) from error

    async def is_running(self, number: int) -> bool:
        """Whether an incident's workflow is open."""
        try:
            execution = await self._client.get_workflow_handle(workflow_id(number)).describe(rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return execution.status is WorkflowExecutionStatus.RUNNING

    async def is_reachable(self, timeout_seconds: float = 1.0) -> bool:
        """Whether Temporal answers within so many seconds."""
        try:
            return await self._client.service_client.check_health(timeout=timedelta(seconds=timeout_seconds))
        except (RPCError, RuntimeError):
            return False

    async def storage_id(self) -> str | None:
        """Names Temporal's storage: another name means that it began anew. None when Temporal does not answer."""
        request = DescribeNamespaceRequest(namespace=self._client.namespace)
        try:
            answer = await self._client.workflow_service.describe_namespace(request, timeout=RPC_TIMEOUT)
        except (RPCError, RuntimeError):
            return None
        return answer.namespace_info.id

    async def _require_same(self, incident: Incident) -> None:
        handle = self._client.get_workflow_handle(workflow_id(incident.number))
        memo = await (await handle.describe(rpc_timeout=RPC_TIMEOUT)).memo()
        if memo.get("incident_id") != str(incident.id):
            raise ForeignWorkflow(
                f"workflow {workflow_id(incident.number)} belongs to incident {memo.get('incident_id')}, not to "
                f"{incident.id}: does another Tocsin database use this Temporal namespace?"
            )


def _no_workflow(error: RPCError) -> Exception:
    return NoWorkflow(str(error)) if error.status is RPCStatusCode.NOT_FOUND else error


def _attributes(incident: Incident) -> TypedSearchAttributes:
    return TypedSearchAttributes(
        [
            SearchAttributePair(search_attributes.STATUS, incident.status.value),
            SearchAttributePair(search_attributes.SEVERITY, incident.severity.value),
            SearchAttributePair(search_attributes.SERVICE, incident.service),
            SearchAttributePair(search_attributes.TEAM, incident.team),
        ]
    )


def _details(incident: Incident) -> str:
    """Markdown for the Web UI."""
    drill = f"\n\nDRILL, {incident.scale:g} times as fast" if incident.time_scale else ""
    return f"[{incident.short_id}]({incident.url}) from {incident.source}\n\n{incident.description[:2000]}{drill}"
