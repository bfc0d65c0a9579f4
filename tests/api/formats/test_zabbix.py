"""Zabbix: problems, recoveries, updates; macros without a value."""

from typing import Any

import pytest

from api.formats import FORMATS
from domain.intake.signal import Action, Signal
from tests.api.formats import golden


def _changed(**fields: Any) -> Signal:
    return FORMATS["zabbix"](golden.body("zabbix", "problem") | fields, {})[0]


def test_problem_update_and_recovery_meet() -> None:
    signals = [golden.read("zabbix", name)[0] for name in ("problem", "acknowledged", "recovery")]
    assert len({signal.identity for signal in signals}) == len({signal.started_at for signal in signals}) == 1
    assert [signal.ended_at is not None for signal in signals] == [False, False, True]


@pytest.mark.parametrize(
    ("fields", "action"),
    [
        ({"event_value": 0}, Action.RESOLVE),
        ({"event_value": None, "status": "OK"}, Action.RESOLVE),
        ({"event_value": "{EVENT.VALUE}", "status": "RESOLVED"}, Action.RESOLVE),
        ({"event_value": "1", "status": "OK"}, Action.TRIGGER),
        ({"event_update_status": "1", "update_action": "commented"}, Action.NOTE),
        ({"event_update_status": 1, "update_action": "acknowledged and changed severity"}, Action.ACKNOWLEDGE),
        ({"event_update_status": "1", "update_action": "unacknowledged"}, Action.NOTE),
        ({"event_update_status": "0", "update_action": "acknowledged"}, Action.TRIGGER),
    ],
)
def test_what_is_asked_for(fields: dict[str, Any], action: Action) -> None:
    assert _changed(**fields).action is action


@pytest.mark.parametrize(
    ("fields", "short"),
    [
        ({"severity": "Disaster"}, "SEV1"),
        ({"severity": "High"}, "SEV2"),
        ({"severity": "Average"}, "SEV3"),
        ({"severity": "Information"}, "SEV4"),
        ({"severity": "Not classified"}, "SEV3"),
        ({"severity": "5", "event_nseverity": None}, "SEV1"),
        ({"severity": "", "event_nseverity": 1}, "SEV4"),
        ({"severity": "{EVENT.SEVERITY}", "event_nseverity": "4"}, "SEV2"),
    ],
)
def test_the_severity(fields: dict[str, Any], short: str) -> None:
    assert golden.said(_changed(**fields))["severity"] == short


@pytest.mark.parametrize("empty", ["{TRIGGER.ID}", "*UNKNOWN*", "", None])
def test_macros_without_a_value_are_passed_over(empty: Any) -> None:
    assert _changed(trigger_id=empty).fingerprint == "1048"
    assert _changed(event_timestamp=empty).started_at is None


@pytest.mark.parametrize(
    "tags", ['[{"tag":"service","value":"a"}]', [{"tag": "service", "value": "a"}], "service:a, b"]
)
def test_tags_in_each_way_of_writing(tags: Any) -> None:
    assert _changed(tags=tags).labels["service"] == "a"
