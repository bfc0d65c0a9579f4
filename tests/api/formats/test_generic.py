"""What generic sends, and what becomes of it."""

import pytest

from api.formats import FORMATS
from tests.api.formats import golden

EXPECTED: dict[str, list[dict[str, object]]] = {
    "firing": [
        {
            "action": "trigger",
            "title": "Nightly backup failed",
            "service": "backup",
            "severity": "SEV2",
            "fingerprint": "backup/nightly",
            "description": "tar: no space left",
            "labels": {"source": "cron-1", "host": "store-1", "attempt": "3"},
            "links": {"https://logs.example/backup": "Log", "https://runbooks.example/backup": "Link"},
            "detected_at": "2026-11-21T05:40:02+00:00",
        }
    ],
    "foreign": [{"action": "trigger", "title": "Something that no adapter knows", "severity": "SEV3"}],
    "resolved": [
        {
            "action": "resolve",
            "title": "Nightly backup failed",
            "service": "backup",
            "severity": "SEV3",
            "fingerprint": "backup/nightly",
            "detected_at": "2026-11-21T05:40:02+00:00",
        }
    ],
    "several": [
        {"action": "trigger", "title": "One", "severity": "SEV3", "fingerprint": "a"},
        {
            "action": "acknowledge",
            "title": "Two",
            "severity": "SEV3",
            "fingerprint": "b",
            "note": "on it",
            "actor": "jo",
        },
    ],
}


@pytest.mark.parametrize("case", sorted(golden.cases("generic")))
def test_a_golden_body(case: str) -> None:
    assert [golden.said(signal) for signal in golden.read("generic", case)] == EXPECTED[case]
