"""What sentry sends, and what becomes of it."""

import pytest

from api.formats import FORMATS
from tests.api.formats import golden

EXPECTED: dict[str, list[dict[str, object]]] = {
    "comment": [
        {
            "action": "note",
            "title": "Seen since the release of this morning",
            "service": "shop-backend",
            "severity": "SEV3",
            "fingerprint": "1117540176",
            "detected_at": "2026-11-21T05:50:00+00:00",
            "note": "Seen since the release of this morning",
            "actor": "Jo Miller",
        }
    ],
    "event_alert": [
        {
            "action": "trigger",
            "title": "ZeroDivisionError: division by zero",
            "service": "shop-backend",
            "severity": "SEV1",
            "fingerprint": "1117540176",
            "description": "shop.cart in checkout\n\nRule: More than 10 errors in a minute",
            "labels": {
                "browser": "Firefox 140",
                "customer": "gold",
                "environment": "production",
                "platform": "python",
                "release": "shop@2.4.1",
                "project": "shop-backend",
            },
            "links": {
                "https://sentry.io/organizations/example/issues/1117540176/events/e4874d664c3540c1a32eab185f12c5ab/": "Sentry",
                "https://sentry.io/api/0/organizations/example/issues/1117540176/": "Issue (API)",
            },
            "detected_at": "2026-11-21T05:40:02.162000+00:00",
        }
    ],
    "issue_archived": [
        {
            "action": "note",
            "title": "ZeroDivisionError: division by zero",
            "service": "shop-backend",
            "severity": "SEV1",
            "fingerprint": "1117540176",
            "description": "shop.cart in checkout\n\ndivision by zero",
            "labels": {"shortId": "SHOP-1", "platform": "python", "project": "shop-backend"},
            "links": {"https://sentry.io/organizations/example/issues/1117540176/": "Sentry"},
            "detected_at": "2026-11-21T05:40:02.162000+00:00",
            "note": "Sentry: archived by Jo Miller",
            "actor": "Jo Miller",
        }
    ],
    "issue_created": [
        {
            "action": "trigger",
            "title": "ZeroDivisionError: division by zero",
            "service": "shop-backend",
            "severity": "SEV1",
            "fingerprint": "1117540176",
            "description": "shop.cart in checkout\n\ndivision by zero",
            "labels": {"shortId": "SHOP-1", "platform": "python", "project": "shop-backend"},
            "links": {"https://sentry.io/organizations/example/issues/1117540176/": "Sentry"},
            "detected_at": "2026-11-21T05:40:02.162000+00:00",
            "actor": "Sentry",
        }
    ],
    "issue_resolved": [
        {
            "action": "resolve",
            "title": "ZeroDivisionError: division by zero",
            "service": "shop-backend",
            "severity": "SEV1",
            "fingerprint": "1117540176",
            "description": "shop.cart in checkout\n\ndivision by zero",
            "labels": {"shortId": "SHOP-1", "platform": "python", "project": "shop-backend"},
            "links": {"https://sentry.io/organizations/example/issues/1117540176/": "Sentry"},
            "detected_at": "2026-11-21T05:40:02.162000+00:00",
            "note": "Sentry: resolved by Jo Miller",
            "actor": "Jo Miller",
        }
    ],
    "metric_critical": [
        {
            "action": "trigger",
            "title": "Too many errors",
            "service": "shop-backend",
            "severity": "SEV1",
            "fingerprint": "4242",
            "description": "1000 events in the last 10 minutes\nFilter: level:error",
            "labels": {"dataset": "events", "project": "shop-backend"},
            "links": {"https://sentry.io/organizations/example/alerts/rules/details/7/?alert=42": "Sentry"},
            "detected_at": "2026-11-21T05:40:00+00:00",
            "started_at": "2026-11-21T05:39:00+00:00",
        }
    ],
    "metric_resolved": [
        {
            "action": "resolve",
            "title": "Too many errors",
            "service": "shop-backend",
            "severity": "SEV3",
            "fingerprint": "4242",
            "description": "1000 events in the last 10 minutes\nFilter: level:error",
            "labels": {"dataset": "events", "project": "shop-backend"},
            "links": {"https://sentry.io/organizations/example/alerts/rules/details/7/?alert=42": "Sentry"},
            "detected_at": "2026-11-21T05:40:00+00:00",
            "started_at": "2026-11-21T05:39:00+00:00",
        }
    ],
    "plugin": [
        {
            "action": "trigger",
            "title": "ZeroDivisionError: division by zero",
            "service": "shop-backend",
            "severity": "SEV1",
            "fingerprint": "1117540176",
            "description": "shop.cart in checkout\n\nZeroDivisionError: division by zero",
            "labels": {"environment": "production", "project": "shop-backend"},
            "links": {"https://sentry.example/organizations/example/issues/1117540176/": "Sentry"},
            "detected_at": "2026-11-21T05:40:02.162000+00:00",
        }
    ],
}


@pytest.mark.parametrize("case", sorted(golden.cases("sentry")))
def test_a_golden_body(case: str) -> None:
    assert [golden.said(signal) for signal in golden.read("sentry", case)] == EXPECTED[case]
