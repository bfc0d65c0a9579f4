"""What opsgenie sends, and what becomes of it."""

import pytest

from api.formats import FORMATS
from tests.api.formats import golden

EXPECTED: dict[str, list[dict[str, object]]] = {
    "create": [
        {
            "action": "trigger",
            "title": "Disk of db-1 is full",
            "service": "postgres",
            "severity": "SEV1",
            "fingerprint": "disk-full/db-1",
            "description": "The disk /var/lib/postgresql is 99 % full.",
            "labels": {
                "disk": "true",
                "env": "prod",
                "entity": "db-1",
                "source": "monitor-7",
                "service": "postgres",
                "device": "/dev/sdb",
                "usage": "99",
            },
            "note": "third time this week",
            "actor": "probe@example.com",
        }
    ],
    "small": [{"action": "trigger", "title": "An alert with the least that Opsgenie takes", "severity": "SEV3"}],
}


@pytest.mark.parametrize("case", sorted(golden.cases("opsgenie")))
def test_a_golden_body(case: str) -> None:
    assert [golden.said(signal) for signal in golden.read("opsgenie", case)] == EXPECTED[case]
