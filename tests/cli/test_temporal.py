"""`--via temporal` and the doctor's look at Temporal: on a real server, and without one."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from temporalio.testing import WorkflowEnvironment

from cli.dev.temporal import binary
from config.temporal import QUEUE
from domain.commands import COMMAND, Comment, from_signal
from tests.cli.conftest import Tocsin
from tests.support.ports import free_port
from tests.support.servers import START_SECONDS


@pytest.fixture
async def server(bare: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WorkflowEnvironment]:
    """A Temporal server that the command line finds. No worker is needed: a signal is in the history at once."""
    for patience in ("cli.temporal.RPC_TIMEOUT", "cli.checks.temporal.RPC_TIMEOUT"):
        monkeypatch.setattr(patience, timedelta(seconds=START_SECONDS))
    monkeypatch.setattr("cli.temporal.CONNECT_SECONDS", START_SECONDS)
    async with await WorkflowEnvironment.start_local(
        port=free_port(),
        dev_server_existing_path=binary(),
        dev_server_startup_timeout=timedelta(seconds=START_SECONDS),
    ) as environment:
        monkeypatch.setenv("TEMPORAL_ADDRESS", environment.client.service_client.config.target_host)
        yield environment


@pytest.fixture
def nowhere(bare: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address at which there is no Temporal server."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")


async def _signals(server: WorkflowEnvironment) -> list[tuple[str, dict[str, Any]]]:
    history = await server.client.get_workflow_handle("incident-INC-42").fetch_history()
    heard = [event.workflow_execution_signaled_event_attributes for event in history.events]
    return [(one.signal_name, json.loads(one.input.payloads[0].data)) for one in heard if one.signal_name]


async def test_commands_reach_the_workflow(server: WorkflowEnvironment, tocsin: Tocsin) -> None:
    await server.client.start_workflow("IncidentWorkflow", id="incident-INC-42", task_queue=QUEUE)
    for arguments in (
        ("ack", "inc-42", "--note", "mine", "--actor", "ana@example.com"),
        ("mitigate", "INC-42"),
        ("resolve", "INC-42", "--note", "rolled back", "--root-cause", "a bad deploy"),
        ("note", "INC-42", "looking at it"),
    ):
        result = await asyncio.to_thread(tocsin, *arguments, "--via", "temporal")
        assert (result.exit_code, result.stderr) == (0, "")
        assert "INC-42" in result.stdout

    (ack, ack_sent), (mitigate, mitigate_sent), (resolve, resolve_sent), (command, note_sent) = await _signals(server)
    assert (ack, mitigate, resolve, command) == ("acknowledge", "mitigate", "resolve", "command")
    assert (ack_sent["actor"], ack_sent["note"], ack_sent["via"]) == ("ana@example.com", "mine", "cli")
    assert mitigate_sent["actor"], "whoever is logged in"
    read = from_signal("resolve", resolve_sent, "fallback")
    assert str(UUID(read.id)) == read.id
    assert read.model_dump(include={"resolution_note", "root_cause"}) == {
        "resolution_note": "rolled back",
        "root_cause": "a bad deploy",
    }
    note = COMMAND.validate_python(note_sent)
    assert isinstance(note, Comment)
    assert note.text == "looking at it"


async def test_an_incident_without_a_workflow_is_refused(server: WorkflowEnvironment, tocsin: Tocsin) -> None:
    result = await asyncio.to_thread(tocsin, "ack", "INC-7", "--via", "temporal")
    assert result.exit_code == 1
    assert "incident-INC-7" in result.stderr


async def test_the_doctor_misses_workers(server: WorkflowEnvironment, tocsin: Tocsin) -> None:
    report = json.loads((await asyncio.to_thread(tocsin, "doctor", "--json")).stdout)
    found = [(check["check"], check["ok"]) for check in report["checks"]]
    assert [one for one in found if one[0] in {"temporal", "namespace", "workers"}] == [
        ("temporal", True),
        ("namespace", True),
        ("workers", False),
        ("workers", False),
        ("workers", False),
    ]


async def test_the_doctor_misses_the_namespace(
    server: WorkflowEnvironment, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "elsewhere")
    report = json.loads((await asyncio.to_thread(tocsin, "doctor", "--json")).stdout)
    (namespace,) = [check for check in report["checks"] if check["check"] == "namespace"]
    assert "namespace create -n elsewhere" in namespace["advice"]


def test_temporal_that_is_away_is_status_3(nowhere: None, tocsin: Tocsin) -> None:
    result = tocsin("ack", "INC-42", "--via", "temporal")
    assert result.exit_code == 3
    assert "TEMPORAL_ADDRESS" in result.stderr


def test_temporal_that_does_not_answer_is_status_3(bare: None, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.temporal.CONNECT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{deaf.getsockname()[1]}")
        assert tocsin("ack", "INC-42", "--via", "temporal").exit_code == 3


def test_the_workflow_is_named_by_the_short_id(nowhere: None, tocsin: Tocsin) -> None:
    result = tocsin("ack", "019a0000-0000-7000-8000-000000000042", "--via", "temporal")
    assert result.exit_code == 2
    assert "INC-42" in result.stderr
