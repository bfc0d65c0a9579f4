"""What zabbix sends, and what becomes of it."""

import pytest

from api.formats import FORMATS
from tests.api.formats import golden

EXPECTED: dict[str, list[dict[str, object]]] = {
    "acknowledged": [
        {
            "action": "acknowledge",
            "title": "Disk /var is full on db-1",
            "service": "postgres",
            "severity": "SEV2",
            "fingerprint": "23101",
            "description": "Less than 1 % is free.\n\nFree space on /var: 0.8 %",
            "labels": {
                "service": "postgres",
                "scope": "capacity",
                "host": "db-1",
                "host_ip": "192.0.2.10",
                "event_id": "1048",
            },
            "links": {"https://zabbix.example/tr_events.php?triggerid=23101&eventid=1048": "Zabbix"},
            "started_at": "2026-11-21T05:40:02+00:00",
            "note": "I grow the disk",
            "actor": "Jo Miller",
        }
    ],
    "own_body": [
        {
            "action": "trigger",
            "title": "Problem: nginx does not run",
            "service": "shop",
            "severity": "SEV1",
            "fingerprint": "4711",
            "description": "Problem started at 05:40:02 on 2026.11.21",
            "labels": {"service": "shop", "component": "nginx", "host": "web-1", "event_id": "4711"},
        }
    ],
    "problem": [
        {
            "action": "trigger",
            "title": "Disk /var is full on db-1",
            "service": "postgres",
            "severity": "SEV2",
            "fingerprint": "23101",
            "description": "Less than 1 % is free.\n\nFree space on /var: 0.8 %",
            "labels": {
                "service": "postgres",
                "scope": "capacity",
                "host": "db-1",
                "host_ip": "192.0.2.10",
                "event_id": "1048",
            },
            "links": {"https://zabbix.example/tr_events.php?triggerid=23101&eventid=1048": "Zabbix"},
            "started_at": "2026-11-21T05:40:02+00:00",
        }
    ],
    "recovery": [
        {
            "action": "resolve",
            "title": "Disk /var is full on db-1",
            "service": "postgres",
            "severity": "SEV2",
            "fingerprint": "23101",
            "description": "Less than 1 % is free.\n\nFree space on /var: 22 %",
            "labels": {
                "service": "postgres",
                "scope": "capacity",
                "host": "db-1",
                "host_ip": "192.0.2.10",
                "event_id": "1048",
            },
            "links": {"https://zabbix.example/tr_events.php?triggerid=23101&eventid=1048": "Zabbix"},
            "started_at": "2026-11-21T05:40:02+00:00",
        }
    ],
}


@pytest.mark.parametrize("case", sorted(golden.cases("zabbix")))
def test_a_golden_body(case: str) -> None:
    assert [golden.said(signal) for signal in golden.read("zabbix", case)] == EXPECTED[case]
