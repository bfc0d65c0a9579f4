"""CloudWatch: what comes in an envelope, and what is no alert."""

import json

import pytest

from api.formats import FORMATS
from domain.intake.signal import Action
from tests.api.formats import golden


def test_alarm_and_ok_meet_however_they_come() -> None:
    names = ("alarm", "ok", "insufficient_data", "bare")
    assert len({golden.read("cloudwatch", name)[0].identity for name in names}) == 1


def test_an_ok_ends_whatever_changed_before_it() -> None:
    alarm, over = golden.read("cloudwatch", "alarm")[0], golden.read("cloudwatch", "ok")[0]
    assert alarm.started_at == alarm.detected_at is not None and alarm.ended_at is None
    assert over.started_at == over.ended_at == over.detected_at is not None


@pytest.mark.parametrize("kind", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
def test_confirmations_are_no_alerts(kind: str) -> None:
    assert FORMATS["cloudwatch"](golden.body("cloudwatch", "subscription") | {"Type": kind}, {}) == []
    header = {"x-amz-sns-message-type": kind}
    assert FORMATS["cloudwatch"]({"Message": "You have chosen to subscribe"}, header) == []


@pytest.mark.parametrize(("subject", "action"), [("OK: all", Action.RESOLVE), ("ALARM: no", Action.TRIGGER)])
def test_a_message_that_is_no_json_goes_by_its_subject(subject: str, action: Action) -> None:
    body = golden.body("cloudwatch", "text") | {"Subject": subject}
    (signal,) = FORMATS["cloudwatch"](body, {})
    assert (signal.action, signal.title, signal.description) == (action, subject, body["Message"])


def test_a_text_without_a_subject_is_its_own_title() -> None:
    body = golden.body("cloudwatch", "text")
    del body["Subject"]
    assert FORMATS["cloudwatch"](body, {})[0].title == "The backup of tonight failed. See the log."


def test_eventbridge_through_sns() -> None:
    event = golden.body("cloudwatch", "eventbridge")
    envelope = golden.body("cloudwatch", "alarm") | {"Message": json.dumps(event)}
    signal = FORMATS["cloudwatch"](envelope, {})[0]
    assert signal.fingerprint == golden.read("cloudwatch", "eventbridge")[0].fingerprint
    event["detail"]["state"]["value"] = "OK"
    assert FORMATS["cloudwatch"](event, {})[0].action is Action.RESOLVE


@pytest.mark.parametrize(
    "arn", ["arn:aws:sns:eu-west-1:1:alarm:x", "https://evil.example", "arn:aws:cloudwatch:a/b:1:alarm:x"]
)
def test_a_console_link_is_made_of_a_real_arn_only(arn: str) -> None:
    body = golden.body("cloudwatch", "bare") | {"AlarmArn": arn}
    assert FORMATS["cloudwatch"](body, {})[0].links == ()
