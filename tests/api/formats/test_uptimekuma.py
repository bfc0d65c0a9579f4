"""What uptimekuma sends, and what becomes of it."""

import pytest

from api.formats import FORMATS
from tests.api.formats import golden

EXPECTED: dict[str, list[dict[str, object]]] = {
    "certificate": [
        {
            "action": "trigger",
            "title": "[shop][https://shop.example/health] server certificate shop.example will expire in 7 days",
            "service": "shop",
            "severity": "SEV3",
            "fingerprint": "10:certificate",
            "description": "[shop][https://shop.example/health] server certificate shop.example will expire in 7 days",
            "labels": {"type": "http"},
            "links": {"https://shop.example/health": "What is watched"},
        }
    ],
    "down": [
        {
            "action": "trigger",
            "title": "shop is down",
            "service": "shop",
            "severity": "SEV3",
            "fingerprint": "10",
            "description": "connect ECONNREFUSED 192.0.2.7:443",
            "labels": {"env": "prod", "type": "http"},
            "links": {"https://shop.example/health": "What is watched"},
            "detected_at": "2026-11-21T05:40:02.120000+00:00",
        }
    ],
    "test": [{"action": "trigger", "title": "Tocsin Testing", "severity": "SEV3", "description": "Tocsin Testing"}],
    "up": [
        {
            "action": "resolve",
            "title": "shop is up",
            "service": "shop",
            "severity": "SEV3",
            "fingerprint": "10",
            "description": "200 - OK",
            "labels": {"env": "prod", "type": "http"},
            "links": {"https://shop.example/health": "What is watched"},
            "detected_at": "2026-11-21T05:40:02.120000+00:00",
            "note": "[shop] [✅ Up] 200 - OK",
        }
    ],
}


@pytest.mark.parametrize("case", sorted(golden.cases("uptimekuma")))
def test_a_golden_body(case: str) -> None:
    assert [golden.said(signal) for signal in golden.read("uptimekuma", case)] == EXPECTED[case]
