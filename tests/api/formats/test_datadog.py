"""What datadog sends, and what becomes of it."""

import pytest

from api.formats import FORMATS
from tests.api.formats import golden

EXPECTED: dict[str, list[dict[str, object]]] = {
    "no_data": [
        {
            "action": "trigger",
            "title": "Orders per minute",
            "severity": "SEV2",
            "fingerprint": "98:*",
            "description": "No orders were seen.",
            "labels": {"monitor": "true", "monitor_id": "98"},
            "links": {"https://app.datadoghq.eu/event/event?id=6923414568101000002": "Datadog"},
            "detected_at": "2026-11-21T05:40:02+00:00",
        }
    ],
    "recovered": [
        {
            "action": "resolve",
            "title": "CPU is high on web-1",
            "service": "checkout",
            "severity": "SEV1",
            "fingerprint": "4c4a3e1f0b7b5b1d",
            "labels": {
                "host": "web-1",
                "env": "prod",
                "monitor": "true",
                "service": "checkout",
                "team": "shop",
                "monitor_id": "123456",
            },
            "links": {"https://app.datadoghq.eu/event/event?id=6923414568101000001": "Datadog"},
            "detected_at": "2026-11-21T05:45:02+00:00",
        }
    ],
    "triggered": [
        {
            "action": "trigger",
            "title": "CPU is high on web-1",
            "service": "checkout",
            "severity": "SEV1",
            "fingerprint": "4c4a3e1f0b7b5b1d",
            "description": "CPU of web-1 was above 95 % for 5 minutes.",
            "labels": {
                "host": "web-1",
                "env": "prod",
                "monitor": "true",
                "service": "checkout",
                "team": "shop",
                "monitor_id": "123456",
            },
            "links": {"https://app.datadoghq.eu/event/event?id=6923414568101000000": "Datadog"},
            "detected_at": "2026-11-21T05:40:02+00:00",
        }
    ],
}


@pytest.mark.parametrize("case", sorted(golden.cases("datadog")))
def test_a_golden_body(case: str) -> None:
    assert [golden.said(signal) for signal in golden.read("datadog", case)] == EXPECTED[case]
