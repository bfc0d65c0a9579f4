"""What incidentio sends, and what becomes of it."""

import pytest

from api.formats import FORMATS
from tests.api.formats import golden

EXPECTED: dict[str, list[dict[str, object]]] = {
    "firing": [
        {
            "action": "trigger",
            "title": "Queue of mails does not shrink",
            "service": "mailer",
            "severity": "SEV2",
            "fingerprint": "4293868629",
            "description": "**12,000** mails wait.",
            "labels": {"service": "mailer", "team": "ops, mail", "severity": "major"},
            "links": {"https://monitor.example/alerts/4293868629": "Source"},
        }
    ],
    "resolved": [
        {
            "action": "resolve",
            "title": "Queue of mails does not shrink",
            "service": "mailer",
            "severity": "SEV2",
            "fingerprint": "4293868629",
            "description": "**12,000** mails wait.",
            "labels": {"service": "mailer", "team": "ops, mail", "severity": "major"},
            "links": {"https://monitor.example/alerts/4293868629": "Source"},
        }
    ],
}


@pytest.mark.parametrize("case", sorted(golden.cases("incidentio")))
def test_a_golden_body(case: str) -> None:
    assert [golden.said(signal) for signal in golden.read("incidentio", case)] == EXPECTED[case]
