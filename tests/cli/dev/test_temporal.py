"""The embedded Temporal server."""

import asyncio
from pathlib import Path

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from cli.dev import ports, temporal
from cli.dev.process import spawn, terminate
from tests.support.ports import free_port
from tests.support.servers import START_SECONDS
from workflows.search_attributes import ALL


def test_serves_with_search_attributes_and_long_retention(tmp_path: Path) -> None:
    port, ui_port = free_port(), free_port()
    address = f"{ports.LOOPBACK}:{port}"
    spec = temporal.spec(tmp_path / "temporal.db", port=port, ui_port=ui_port)
    assert "server start-dev" in " ".join(spec.argv)
    assert not temporal.serves(address)
    process = spawn(spec, tmp_path)
    try:
        temporal.wait_until_serving(address, timeout_seconds=START_SECONDS)
        assert temporal.raise_retention(address)
        assert not temporal.raise_retention(address)
        assert asyncio.run(_retention_days(address)) == 30
        query = " AND ".join(f"{key.name} = 'x'" for key in ALL)
        assert asyncio.run(_count(address, query)) == 0
    finally:
        assert terminate(process, spec, 60)


async def _retention_days(address: str) -> int:
    client = await Client.connect(address)
    known = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="default"))
    return known.config.workflow_execution_retention_ttl.ToTimedelta().days


async def _count(address: str, query: str) -> int:
    client = await Client.connect(address)
    return (await client.count_workflows(query)).count
