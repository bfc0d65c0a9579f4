"""Histories of open incidents and of heartbeats must replay by today's code: one for each path through it."""

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from config.temporal import DATA_CONVERTER
from tests.support.record_histories import HISTORIES, SCENARIOS
from worker import sandbox
from workflows.heartbeat import HeartbeatWorkflow
from workflows.incident import IncidentWorkflow

FILES = sorted(HISTORIES.glob("*.json"))


@pytest.mark.parametrize("history", [file.read_text() for file in FILES], ids=[file.stem for file in FILES])
async def test_replays(history: str) -> None:
    replayer = Replayer(
        workflows=[IncidentWorkflow, HeartbeatWorkflow], data_converter=DATA_CONVERTER, workflow_runner=sandbox()
    )
    await replayer.replay_workflow(WorkflowHistory.from_json("as-recorded", history))


def test_every_path_has_its_history() -> None:
    assert {file.stem for file in FILES} == {getattr(scenario, "__name__", "") for scenario in SCENARIOS}
