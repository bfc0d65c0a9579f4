"""CloudWatch through SNS from outside: it tries again what was not taken, and keeps no order."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

NOON = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)


class Alarm:
    """One alarm, and what becomes of its changes."""

    def __init__(self, api: httpx.Client) -> None:
        self._api = api
        self.name = f"alarm {uuid4().hex}"

    def says(self, state: str, minute: int) -> Any:
        alarm = {
            "AlarmName": self.name,
            "AlarmArn": f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{self.name}",
            "NewStateValue": state,
            "StateChangeTime": (NOON + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%S.597+0000"),
        }
        body = {"Type": "Notification", "Message": json.dumps(alarm), "Timestamp": datetime.now(UTC).isoformat()}
        (result,) = self._api.post("/alerts/cloudwatch/", json=body).json()["results"]
        return result


@pytest.fixture
def alarm(api: httpx.Client) -> Alarm:
    """An alarm that no other test has."""
    return Alarm(api)


def test_an_alarm_that_is_tried_again_after_its_ok_opens_nothing(alarm: Alarm) -> None:
    assert alarm.says("OK", 1)["incident"] is None
    late = alarm.says("ALARM", 0)
    assert (late["status"], late["incident"]) == ("late", None)
    assert alarm.says("ALARM", 2)["status"] == "new"


def test_the_ok_before_an_alarm_does_not_end_it(alarm: Alarm) -> None:
    opened = alarm.says("ALARM", 2)
    assert opened["status"] == "new"
    assert alarm.says("OK", 1)["status"] == "late"
    over = alarm.says("OK", 3)
    assert (over["status"], over["incident"]) == ("resolved", opened["incident"])


def test_an_alarm_in_order_opens_ends_and_opens_again(alarm: Alarm) -> None:
    opened = alarm.says("ALARM", 0)
    assert alarm.says("INSUFFICIENT_DATA", 1)["incident"] == opened["incident"]
    assert (alarm.says("OK", 2)["status"], alarm.says("OK", 2)["status"]) == ("resolved", "resolved")
    assert alarm.says("ALARM", 3)["status"] in {"new", "attached"}, "without auto_resolve it is open still"
    assert alarm.says("OK", 2)["status"] == "late"


def test_an_alarm_that_comes_hours_after_its_ok_opens_nothing(alarm: Alarm, database: psycopg.Connection[Any]) -> None:
    assert alarm.says("OK", 1)["incident"] is None
    changed = database.execute(
        "UPDATE alert_states SET resolved_at = resolved_at - interval '5 hours' WHERE identity LIKE %s",
        (f"%{alarm.name}%",),
    )
    assert changed.rowcount == 1
    assert alarm.says("ALARM", 0)["status"] == "late"
    assert alarm.says("ALARM", 2)["status"] == "new"
