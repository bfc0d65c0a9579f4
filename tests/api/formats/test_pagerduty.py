"""What pagerduty sends, and what becomes of it."""

import pytest

from api.formats import FORMATS
from tests.api.formats import golden

EXPECTED: dict[str, list[dict[str, object]]] = {
    "acknowledge": [
        {"action": "acknowledge", "title": "samplekeyhere", "severity": "SEV3", "fingerprint": "samplekeyhere"}
    ],
    "resolve": [{"action": "resolve", "title": "samplekeyhere", "severity": "SEV3", "fingerprint": "samplekeyhere"}],
    "trigger": [
        {
            "action": "trigger",
            "title": "Example alert on host1.example.com",
            "service": "postgres",
            "severity": "SEV1",
            "fingerprint": "samplekeyhere",
            "description": "log:\nline one\nline two\n\ndisk:\n  free: 1%",
            "labels": {
                "source": "monitoringtool:host1.example.com/prod",
                "component": "postgres",
                "group": "prod-datapipe",
                "class": "deploy",
                "ping time": "1500ms",
                "load avg": "0.75",
            },
            "links": {
                "https://runbooks.example/pg": "Runbook",
                "https://charts.example/1": "Load",
                "https://monitoring.example.com": "Sample Monitoring Service",
            },
            "detected_at": "2026-11-21T05:40:02.315000+00:00",
        }
    ],
}


@pytest.mark.parametrize("case", sorted(golden.cases("pagerduty")))
def test_a_golden_body(case: str) -> None:
    assert [golden.said(signal) for signal in golden.read("pagerduty", case)] == EXPECTED[case]
