"""What cloudwatch sends, and what becomes of it."""

import pytest

from api.formats import FORMATS
from tests.api.formats import golden

EXPECTED: dict[str, list[dict[str, object]]] = {
    "alarm": [
        {
            "action": "trigger",
            "title": "checkout CPU high",
            "service": "checkout",
            "severity": "SEV3",
            "fingerprint": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout CPU high",
            "description": "The tasks of checkout are out of CPU.\n\nThreshold Crossed: 1 datapoint [97.1 (21/11/26 05:35:00)] was greater than the threshold (90.0).",
            "labels": {
                "region": "EU (Ireland)",
                "account": "123456789012",
                "namespace": "AWS/ECS",
                "metric": "CPUUtilization",
                "ServiceName": "checkout",
                "ClusterName": "prod",
                "topic": "alarms",
            },
            "links": {
                "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/checkout%20CPU%20high": "CloudWatch"
            },
            "detected_at": "2026-11-21T05:40:02.597000+00:00",
        }
    ],
    "bare": [
        {
            "action": "trigger",
            "title": "checkout CPU high",
            "service": "checkout",
            "severity": "SEV3",
            "fingerprint": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout CPU high",
            "description": "The tasks of checkout are out of CPU.\n\nThreshold Crossed: 1 datapoint [97.1 (21/11/26 05:35:00)] was greater than the threshold (90.0).",
            "labels": {
                "region": "EU (Ireland)",
                "account": "123456789012",
                "namespace": "AWS/ECS",
                "metric": "CPUUtilization",
                "ServiceName": "checkout",
                "ClusterName": "prod",
            },
            "links": {
                "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/checkout%20CPU%20high": "CloudWatch"
            },
            "detected_at": "2026-11-21T05:40:02.597000+00:00",
        }
    ],
    "composite": [
        {
            "action": "trigger",
            "title": "shop is down",
            "severity": "SEV3",
            "fingerprint": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:shop is down",
            "description": 'Checkout and cart at once.\n\narn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout CPU high transitioned to ALARM at Saturday 21 November, 2026 05:40:02 UTC\n\nRule: ALARM("checkout CPU high") AND ALARM("cart errors")\ncheckout CPU high: ALARM',
            "labels": {"region": "EU (Ireland)", "account": "123456789012", "topic": "alarms"},
            "links": {
                "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/shop%20is%20down": "CloudWatch"
            },
            "detected_at": "2026-11-21T05:40:03.001000+00:00",
        }
    ],
    "eventbridge": [
        {
            "action": "trigger",
            "title": "ServerCpuTooHigh",
            "severity": "SEV3",
            "fingerprint": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:ServerCpuTooHigh",
            "description": "Goes into alarm when server CPU utilization is too high!\n\nThreshold Crossed: 1 out of the last 1 datapoints was greater than the threshold (50.0).",
            "labels": {
                "region": "eu-west-1",
                "account": "123456789012",
                "namespace": "AWS/EC2",
                "metric": "CPUUtilization",
                "InstanceId": "i-12345678901234567",
            },
            "links": {
                "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/ServerCpuTooHigh": "CloudWatch"
            },
            "detected_at": "2026-11-21T05:40:02+00:00",
        }
    ],
    "insufficient_data": [
        {
            "action": "trigger",
            "title": "checkout CPU high",
            "service": "checkout",
            "severity": "SEV3",
            "fingerprint": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout CPU high",
            "description": "The tasks of checkout are out of CPU.\n\nThreshold Crossed: 1 datapoint [97.1 (21/11/26 05:35:00)] was greater than the threshold (90.0).",
            "labels": {
                "region": "EU (Ireland)",
                "account": "123456789012",
                "namespace": "AWS/ECS",
                "metric": "CPUUtilization",
                "ServiceName": "checkout",
                "ClusterName": "prod",
                "topic": "alarms",
            },
            "links": {
                "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/checkout%20CPU%20high": "CloudWatch"
            },
            "detected_at": "2026-11-21T05:40:02.597000+00:00",
        }
    ],
    "ok": [
        {
            "action": "resolve",
            "title": "checkout CPU high",
            "service": "checkout",
            "severity": "SEV3",
            "fingerprint": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout CPU high",
            "description": "The tasks of checkout are out of CPU.\n\nThreshold Crossed: 1 datapoint [97.1 (21/11/26 05:35:00)] was greater than the threshold (90.0).",
            "labels": {
                "region": "EU (Ireland)",
                "account": "123456789012",
                "namespace": "AWS/ECS",
                "metric": "CPUUtilization",
                "ServiceName": "checkout",
                "ClusterName": "prod",
                "topic": "alarms",
            },
            "links": {
                "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/checkout%20CPU%20high": "CloudWatch"
            },
            "detected_at": "2026-11-21T05:40:02.597000+00:00",
        }
    ],
    "subscription": [],
    "text": [
        {
            "action": "trigger",
            "title": "Backup failed",
            "severity": "SEV3",
            "description": "The backup of tonight failed.\nSee the log.",
            "labels": {"topic": "alarms"},
            "detected_at": "2026-11-21T05:40:02.720000+00:00",
        }
    ],
}


@pytest.mark.parametrize("case", sorted(golden.cases("cloudwatch")))
def test_a_golden_body(case: str) -> None:
    assert [golden.said(signal) for signal in golden.read("cloudwatch", case)] == EXPECTED[case]
