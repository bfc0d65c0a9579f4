"""Signatures at the doors themselves: what is refused is kept with its reason, and can be seen."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from tests.support.processes import Stack

SECRET = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"
SENTRY = {
    "action": "created",
    "data": {"issue": {"id": "42", "title": "ZeroDivisionError", "level": "error", "status": "unresolved"}},
}
SNS = {
    "Type": "Notification",
    "MessageId": "1",
    "TopicArn": "arn:aws:sns:eu-central-1:123456789012:alarms",
    "Message": json.dumps({"AlarmName": "cpu", "NewStateValue": "ALARM"}),
    "SigningCertURL": "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem",
}


def new_source(api: httpx.Client, kind: str, **settings: Any) -> dict[str, Any]:
    body = {"name": f"{kind} {uuid4().hex[:8]}", "kind": kind, "service_name": "redis-prod"} | settings
    answer = api.post("/sources/", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def send(stack: Stack, source: dict[str, Any], raw: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    url = f"{stack.url()}/api/v1/alerts/{source['kind']}/"
    return httpx.post(url, params={"token": source["key"]}, content=raw, headers=headers, timeout=30)


def last(api: httpx.Client, source: dict[str, Any]) -> dict[str, Any]:
    return dict(api.get(f"/sources/{source['id']}/alerts/").json()["items"][0])


def test_sentry(stack: Stack, api: httpx.Client) -> None:
    source, raw = new_source(api, "sentry", secret=SECRET), json.dumps(SENTRY).encode()
    assert source["signs"]
    assert send(stack, source, raw).status_code == 401
    refused = last(api, source)
    assert (refused["fate"], "Sentry-Hook-Signature" in refused["reason"]) == ("refused", True)
    signature = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    answer = send(stack, source, raw, {"Sentry-Hook-Signature": signature, "Sentry-Hook-Resource": "issue"})
    assert answer.status_code == 200, answer.text
    assert last(api, source)["fate"] == "new"


@pytest.mark.parametrize("kind", ["generic", "incidentio"])
def test_standard_webhooks(stack: Stack, api: httpx.Client, kind: str) -> None:
    source, raw = new_source(api, kind, secret=SECRET), b'{"title": "Disk is full"}'
    assert send(stack, source, raw).status_code == 401
    at = datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", at, raw.decode()),
    }
    assert send(stack, source, raw, headers).status_code == 200
    assert send(stack, source, raw + b" ", headers).status_code == 401


def test_sns(stack: Stack, api: httpx.Client) -> None:
    source = new_source(api, "cloudwatch", topic_arns=[SNS["TopicArn"]])
    foreign = SNS | {"SigningCertURL": "https://evil.example/SimpleNotificationService-0.pem"}
    for answer in (
        send(stack, source, json.dumps(foreign).encode()),
        send(stack, source, json.dumps(SNS | {"TopicArn": "arn:aws:sns:eu-central-1:1:others"}).encode()),
        api.post("/alerts/sns/", json=foreign),
    ):
        assert answer.status_code == 403, answer.text
    assert "topic_arns" in last(api, source)["reason"]
    answer = api.post("/alerts/sns/", json=SNS)
    assert (answer.status_code, answer.json()["results"][0]["status"]) == (200, "new"), "a token needs no signature"
    confirmation = SNS | {"Type": "SubscriptionConfirmation", "Token": "abc"}
    assert api.post("/alerts/sns/", json=confirmation).json() == {"results": []}
