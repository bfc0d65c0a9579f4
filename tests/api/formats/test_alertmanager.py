"""What alertmanager sends, and what becomes of it."""

import pytest

from api.formats import FORMATS
from tests.api.formats import golden

EXPECTED: dict[str, list[dict[str, object]]] = {
    "firing": [
        {
            "action": "trigger",
            "title": "5xx above 5%",
            "service": "checkout",
            "severity": "SEV1",
            "fingerprint": "b1c11497b32ce15e",
            "labels": {
                "alertname": "HighErrorRate",
                "service": "checkout",
                "severity": "critical",
                "instance": "web-1",
            },
            "links": {
                "https://runbooks.example/checkout": "Runbook",
                "http://prom.example/graph": "Alert rule",
                "http://vm:19093": "Alertmanager",
            },
            "started_at": "2026-11-21T05:40:02.597339+00:00",
        },
        {
            "action": "trigger",
            "title": "5xx above 5%",
            "service": "checkout",
            "severity": "SEV1",
            "fingerprint": "5308e11450d376b3",
            "labels": {
                "alertname": "HighErrorRate",
                "service": "checkout",
                "severity": "critical",
                "instance": "web-2",
            },
            "links": {"http://prom.example/graph?g0": "Alert rule", "http://vm:19093": "Alertmanager"},
            "started_at": "2026-11-21T05:40:02.604813+00:00",
        },
    ],
    "firing_prom": [
        {
            "action": "trigger",
            "title": "self is up",
            "service": "checkout",
            "severity": "SEV1",
            "fingerprint": "e94b23def1e6afab",
            "labels": {
                "alertname": "AlwaysUp",
                "instance": "127.0.0.1:19090",
                "job": "self",
                "service": "checkout",
                "severity": "critical",
            },
            "links": {
                "http://vm:19090/graph?g0.expr=up+%3D%3D+1&g0.tab=1": "Alert rule",
                "http://vm:19093": "Alertmanager",
            },
            "started_at": "2026-11-21T05:42:45.730000+00:00",
        }
    ],
    "firing_v034": [
        {
            "action": "trigger",
            "title": "5xx above 5%",
            "service": "checkout",
            "severity": "SEV1",
            "fingerprint": "b1c11497b32ce15e",
            "labels": {
                "alertname": "HighErrorRate",
                "service": "checkout",
                "severity": "critical",
                "instance": "web-1",
            },
            "links": {
                "https://runbooks.example/checkout": "Runbook",
                "http://prom.example/graph": "Alert rule",
                "http://vm:19093": "Alertmanager",
            },
            "started_at": "2026-11-21T05:41:53.358349+00:00",
        },
        {
            "action": "trigger",
            "title": "5xx above 5%",
            "service": "checkout",
            "severity": "SEV1",
            "fingerprint": "5308e11450d376b3",
            "labels": {
                "alertname": "HighErrorRate",
                "service": "checkout",
                "severity": "critical",
                "instance": "web-2",
            },
            "links": {"http://prom.example/graph?g0": "Alert rule", "http://vm:19093": "Alertmanager"},
            "started_at": "2026-11-21T05:41:53.367041+00:00",
        },
    ],
    "resolved": [
        {
            "action": "resolve",
            "title": "5xx above 5%",
            "service": "checkout",
            "severity": "SEV1",
            "fingerprint": "b1c11497b32ce15e",
            "labels": {
                "alertname": "HighErrorRate",
                "service": "checkout",
                "severity": "critical",
                "instance": "web-1",
            },
            "links": {"http://prom.example/graph?g0": "Alert rule", "http://vm:19093": "Alertmanager"},
            "started_at": "2026-11-21T05:40:02.597339+00:00",
        },
        {
            "action": "resolve",
            "title": "5xx above 5%",
            "service": "checkout",
            "severity": "SEV1",
            "fingerprint": "5308e11450d376b3",
            "labels": {
                "alertname": "HighErrorRate",
                "service": "checkout",
                "severity": "critical",
                "instance": "web-2",
            },
            "links": {"http://prom.example/graph?g0": "Alert rule", "http://vm:19093": "Alertmanager"},
            "started_at": "2026-11-21T05:40:02.604813+00:00",
        },
    ],
    "resolved_v034": [
        {
            "action": "resolve",
            "title": "5xx above 5%",
            "service": "checkout",
            "severity": "SEV1",
            "fingerprint": "b1c11497b32ce15e",
            "labels": {
                "alertname": "HighErrorRate",
                "service": "checkout",
                "severity": "critical",
                "instance": "web-1",
            },
            "links": {"http://prom.example/graph?g0": "Alert rule", "http://vm:19093": "Alertmanager"},
            "started_at": "2026-11-21T05:41:53.358349+00:00",
        },
        {
            "action": "resolve",
            "title": "5xx above 5%",
            "service": "checkout",
            "severity": "SEV1",
            "fingerprint": "5308e11450d376b3",
            "labels": {
                "alertname": "HighErrorRate",
                "service": "checkout",
                "severity": "critical",
                "instance": "web-2",
            },
            "links": {"http://prom.example/graph?g0": "Alert rule", "http://vm:19093": "Alertmanager"},
            "started_at": "2026-11-21T05:41:53.367041+00:00",
        },
    ],
    "truncated": [
        {
            "action": "resolve",
            "title": "PodCrashLooping (cart-6d5f)",
            "service": "cart",
            "severity": "SEV2",
            "fingerprint": "0f00aa11bb22cc33",
            "description": "Pod cart-6d5f restarted 5 times in 10 minutes.\n\n7 more alerts of this group were left out by the sender (max_alerts).",
            "labels": {
                "alertname": "PodCrashLooping",
                "namespace": "shop",
                "severity": "warning",
                "app": "cart",
                "pod": "cart-6d5f",
            },
            "links": {
                "https://grafana.example/d/pods": "Dashboard",
                "http://prom.example/graph?g0": "Alert rule",
                "https://alertmanager.example": "Alertmanager",
            },
            "started_at": "2026-11-21T04:00:00+00:00",
        },
        {
            "action": "trigger",
            "title": "PodCrashLooping (cart-7e6a)",
            "service": "cart",
            "severity": "SEV2",
            "fingerprint": "1f00aa11bb22cc33",
            "description": "7 more alerts of this group were left out by the sender (max_alerts).",
            "labels": {
                "alertname": "PodCrashLooping",
                "namespace": "shop",
                "severity": "warning",
                "app": "cart",
                "pod": "cart-7e6a",
            },
            "links": {"https://alertmanager.example": "Alertmanager"},
            "started_at": "2026-11-21T05:00:00.500000+00:00",
        },
    ],
}


@pytest.mark.parametrize("case", sorted(golden.cases("alertmanager")))
def test_a_golden_body(case: str) -> None:
    assert [golden.said(signal) for signal in golden.read("alertmanager", case)] == EXPECTED[case]
