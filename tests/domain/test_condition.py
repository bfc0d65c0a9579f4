"""When a step applies."""

from datetime import timedelta
from typing import Any

import pytest

from domain.condition import AlertsWithin, Condition, Facts, WallHours
from domain.severity import Severity
from tests.support.values import NOON

FACTS = Facts(
    severity=Severity.SEV2_HIGH,
    scopes=("Security",),
    labels={"env": "prod"},
    service="redis-prod",
    alerts=((NOON - timedelta(hours=2), 1), (NOON - timedelta(minutes=5), 3), (NOON, 4)),
)
SATURDAY = WallHours(weekdays=("sat",), from_="13:00", until="14:00")
"""In Paris it is then when it is noon in UTC."""


@pytest.mark.parametrize(
    ("part", "holds"),
    [
        ({}, True),
        ({"severities": (Severity.SEV2_HIGH,)}, True),
        ({"severities": (Severity.SEV1_CRITICAL,)}, False),
        ({"services": ("redis-prod",)}, True),
        ({"services": ("mysql",)}, False),
        ({"labels": {"env": "prod"}}, True),
        ({"labels": {"env": "test"}}, False),
        ({"scopes": ("Security", "PR")}, True),
        ({"scopes": ("PR",)}, False),
        ({"hours": SATURDAY}, True),
        ({"outside_hours": SATURDAY}, False),
        ({"hours": SATURDAY.model_copy(update={"zone": "UTC"})}, False),
        ({"alerts": AlertsWithin(count=3, within_seconds=3600)}, True),
        ({"alerts": AlertsWithin(count=4, within_seconds=3600)}, False),
        ({"alerts": AlertsWithin(count=4, within_seconds=7200)}, True),
        ({"nobody_on_call": True}, False),
        ({"nobody_on_call": False}, True),
    ],
)
def test_each_part(part: dict[str, Any], holds: bool) -> None:
    why = Condition.model_validate(part).why_not(FACTS, "Europe/Paris", NOON, covered=True)
    assert (why is None) == holds, why


def test_hours_of_a_person_are_by_their_own_clock() -> None:
    theirs = Condition(hours=SATURDAY.model_copy(update={"of_person": True}))
    assert theirs.why_not(FACTS, "UTC", NOON, covered=True) is None, "looked at per person"
    assert theirs.why_not_for("Europe/Paris", NOON) is None
    assert theirs.why_not_for("UTC", NOON) == "only sat 13:00-14:00 of their time"
