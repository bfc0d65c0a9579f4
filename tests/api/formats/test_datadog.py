"""Datadog: its transitions, and variables that it does not fill in."""

from typing import Any

import pytest

from api.formats import FORMATS
from domain.intake.signal import Action, Signal
from tests.api.formats import golden


def _changed(**fields: Any) -> Signal:
    return FORMATS["datadog"](golden.body("datadog", "triggered") | fields, {})[0]


@pytest.mark.parametrize(
    "transition",
    ["Triggered", "Re-Triggered", "Warn", "Re-Warn", "No Data", "Re-No Data", "Renotify", "Null", "", None, "New word"],
)
def test_these_are_triggers(transition: Any) -> None:
    assert _changed(transition=transition).action is Action.TRIGGER


@pytest.mark.parametrize(
    "fields",
    [
        {"transition": "Recovered"},
        {"transition": "recovered"},
        {"transition": "", "alert_type": "success"},
        {"transition": "$ALERT_TRANSITION", "title": "[Recovered on {host:a}] CPU"},
    ],
)
def test_these_resolve(fields: dict[str, str]) -> None:
    assert _changed(**fields).action is Action.RESOLVE


@pytest.mark.parametrize(
    ("fields", "fingerprint"),
    [
        ({}, "4c4a3e1f0b7b5b1d"),
        ({"cycle_key": ""}, "9bd4ac313a4d1e8fae2482df7b77628"),
        ({"cycle_key": "$ALERT_CYCLE_KEY", "aggreg_key": None}, "123456:host:web-1"),
        ({"cycle_key": "", "aggreg_key": "", "monitor_id": ""}, None),
    ],
)
def test_the_fingerprint(fields: dict[str, Any], fingerprint: str | None) -> None:
    assert _changed(**fields).fingerprint == fingerprint


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({}, "P1"),
        ({"priority": ""}, "error"),
        ({"priority": "$ALERT_PRIORITY", "alert_type": "warning"}, "warning"),
        ({"priority": None, "alert_type": "success"}, None),
    ],
)
def test_the_severity(fields: dict[str, Any], word: str | None) -> None:
    assert _changed(**fields).severity == word


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("[Triggered] CPU", "CPU"),
        ("[P2] [Warn on {host:a}] CPU [prod]", "CPU [prod]"),
        ("[prod] CPU", "[prod] CPU"),
        ("[Triggered]", "[Triggered]"),
    ],
)
def test_marks_are_no_part_of_the_title(title: str, expected: str) -> None:
    assert _changed(title=title).title == expected
