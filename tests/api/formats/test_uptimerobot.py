"""What uptimerobot sends, and what becomes of it."""

import pytest

from api.formats import FORMATS
from tests.api.formats import golden

EXPECTED: dict[str, list[dict[str, object]]] = {
    "down": [
        {
            "action": "trigger",
            "title": "shop is down",
            "service": "shop",
            "severity": "SEV3",
            "fingerprint": "777749809",
            "description": "HTTP 503 - Service Unavailable",
            "links": {"https://shop.example": "What is watched"},
            "detected_at": "2026-11-21T05:40:02+00:00",
        }
    ],
    "ssl": [
        {
            "action": "trigger",
            "title": "The certificate of shop expires in 7 days",
            "service": "shop",
            "severity": "SEV2",
            "fingerprint": "777749809:ssl",
            "description": "The certificate expires on 2026-11-28.",
            "links": {"https://shop.example": "What is watched"},
            "detected_at": "2026-11-21T05:40:02+00:00",
        }
    ],
    "up": [
        {
            "action": "resolve",
            "title": "shop is up",
            "service": "shop",
            "severity": "SEV3",
            "fingerprint": "777749809",
            "description": "HTTP 200 - OK\n\nIt lasted 900 seconds.",
            "links": {"https://shop.example": "What is watched"},
            "detected_at": "2026-11-21T05:55:02+00:00",
        }
    ],
}


@pytest.mark.parametrize("case", sorted(golden.cases("uptimerobot")))
def test_a_golden_body(case: str) -> None:
    assert [golden.said(signal) for signal in golden.read("uptimerobot", case)] == EXPECTED[case]
