"""What grafana sends, and what becomes of it."""

import pytest

from api.formats import FORMATS
from tests.api.formats import golden

EXPECTED: dict[str, list[dict[str, object]]] = {
    "firing": [
        {
            "action": "trigger",
            "title": "Memory of checkout is above 90 %",
            "service": "checkout",
            "severity": "SEV1",
            "fingerprint": "c6eadffa33fcdf37",
            "description": "The pods are about to be killed.\n\nB = 94.23943737541909\nC = 1",
            "labels": {
                "alertname": "High memory usage",
                "grafana_folder": "Shop",
                "service": "checkout",
                "severity": "critical",
                "zone": "eu-1",
            },
            "links": {
                "https://runbooks.example/memory": "Runbook",
                "https://grafana.example/alerting/grafana/afz29v7z/view?orgId=1": "Alert rule",
                "https://grafana.example/d/mem?orgId=1": "Dashboard",
                "https://grafana.example/d/mem?orgId=1&viewPanel=4": "Panel",
                "https://grafana.example/public/img/attachments/kX2.png": "Picture",
                "https://grafana.example/alerting/silence/new?alertmanager=grafana&matcher=alertname%3DHigh+memory+usage": "Silence in Grafana",
                "https://grafana.example/": "Grafana",
            },
            "started_at": "2026-11-21T05:40:02.157076+00:00",
        },
        {
            "action": "resolve",
            "title": "Memory of checkout is above 90 %",
            "service": "checkout",
            "severity": "SEV1",
            "fingerprint": "d6eadffa33fcdf38",
            "labels": {
                "alertname": "High memory usage",
                "grafana_folder": "Shop",
                "service": "checkout",
                "severity": "critical",
                "zone": "eu-2",
            },
            "links": {
                "https://grafana.example/alerting/grafana/afz29v7z/view?orgId=1": "Alert rule",
                "https://grafana.example/": "Grafana",
            },
            "started_at": "2026-11-21T05:10:00+00:00",
        },
    ],
    "legacy_alerting": [
        {
            "action": "trigger",
            "title": "Response time",
            "service": "shop",
            "severity": "SEV2",
            "fingerprint": "17",
            "description": "Response times are too high.\n\nHigh value host=web-1 = 100.5\nHigher Value = ?",
            "labels": {"service": "shop", "severity": "warning"},
            "links": {
                "https://grafana.example/d/xyz?tab=alert&viewPanel=2&orgId=1": "Alert rule",
                "https://grafana.example/img/a.png": "Picture",
            },
        }
    ],
    "legacy_no_data": [
        {
            "action": "trigger",
            "title": "Orders per minute",
            "severity": "SEV3",
            "fingerprint": "18",
            "description": "There is no data.",
            "links": {"https://grafana.example/d/xyz?tab=alert&viewPanel=3&orgId=1": "Alert rule"},
        }
    ],
    "legacy_ok": [
        {
            "action": "resolve",
            "title": "Response time",
            "service": "shop",
            "severity": "SEV2",
            "fingerprint": "17",
            "description": "Response times are too high.",
            "labels": {"service": "shop", "severity": "warning"},
            "links": {"https://grafana.example/d/xyz?tab=alert&viewPanel=2&orgId=1": "Alert rule"},
        }
    ],
    "nodata": [
        {
            "action": "trigger",
            "title": "Queue length",
            "service": "mailer",
            "severity": "SEV3",
            "fingerprint": "6eadffa33fcdf379",
            "labels": {
                "alertname": "DatasourceNoData",
                "rulename": "Queue length",
                "job": "mailer",
                "datasource_uid": "P1809F7CD0C75ACF3",
                "ref_id": "A",
            },
            "links": {
                "https://grafana.example/alerting/grafana/q1/view": "Alert rule",
                "https://grafana.example/alerting/silence/new": "Silence in Grafana",
                "https://grafana.example/": "Grafana",
            },
            "started_at": "2026-11-21T05:40:00+00:00",
        }
    ],
}


@pytest.mark.parametrize("case", sorted(golden.cases("grafana")))
def test_a_golden_body(case: str) -> None:
    assert [golden.said(signal) for signal in golden.read("grafana", case)] == EXPECTED[case]
