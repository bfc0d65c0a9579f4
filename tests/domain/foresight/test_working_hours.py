"""Incidents that wait for working hours: SEV3 and SEV4 are meant to, SEV1 and SEV2 page by nature."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from domain.catalogue import Catalogue
from domain.climb import Climb, Situation
from domain.condition import Facts
from domain.escalation import plan
from domain.foresight.lint import lint
from domain.organisation import directory_of
from domain.severity import Severity
from tests.domain.foresight.house import ANA, BO, DEE, NOW, faults, values
from tests.domain.foresight.test_lint import PARIS, WEEKDAYS

URGENT = ["SEV1_CRITICAL", "SEV2_HIGH"]


def house(severities: list[str], **hours: Any) -> dict[str, Any]:
    """The house whose policy lets incidents of severities wait."""
    made = values()
    made["policies"][0]["working_hours"] = {**hours, "severities": severities}
    return made


def test_urgent_incidents_that_wait_for_days_are_a_fault() -> None:
    made = house(URGENT, weekdays=["mon"], **{"from": "09:00", "until": "10:00"})
    (fault,) = faults(made)
    assert fault.code == "gap" and fault.services == ("redis",)
    first = fault.periods[0]
    assert first.start == NOW
    assert first.end.astimezone(PARIS) == datetime(2026, 11, 9, 8, 45, tzinfo=PARIS)
    assert fault.message.startswith("SEV1 and SEV2 incidents of redis reach nobody within 15 minutes from")
    assert "lets them wait for its working hours, mon 09:00-10:00" in fault.message
    assert "after 164 hours" in fault.message


@pytest.mark.parametrize("severity", ["SEV3_MEDIUM", "SEV4_LOW"])
def test_what_is_meant_to_wait_may(severity: str) -> None:
    assert faults(house([severity], weekdays=["mon"], **{"from": "09:00", "until": "10:00"})) == []


def test_urgent_incidents_may_wait_no_longer_than_the_limit() -> None:
    made = house(URGENT, **{"from": "00:10", "until": "00:00"})
    assert faults(made) == []
    (fault,) = faults(made, within_minutes=5)
    assert all(period.end - period.start == timedelta(minutes=5) for period in fault.periods)


HOURS = st.integers(min_value=0, max_value=23)


@given(
    opens=HOURS,
    closes=HOURS,
    wait=st.integers(0, 1200),
    on_duty=st.tuples(HOURS, HOURS),
    minute=st.integers(0, 6 * 1440),
    weekdays=st.sampled_from([WEEKDAYS, ["mon", "sun"]]),
)
@hypothesis_settings(max_examples=40, deadline=None)
def test_a_gap_is_where_the_plan_of_an_incident_that_waits_reaches_nobody(
    opens: int, closes: int, wait: int, on_duty: tuple[int, int], minute: int, weekdays: list[str]
) -> None:
    made = house(URGENT, weekdays=weekdays, **{"from": f"{opens:02}:00", "until": f"{closes:02}:00"})
    restriction = {"from": f"{on_duty[0]:02}:00", "until": f"{on_duty[1]:02}:00"}
    made["schedules"][0]["layers"][0]["rotations"][0]["restrictions"] = [restriction]
    made["policies"][0]["steps"] = [
        {"after_seconds": wait, "targets": [{"kind": "on_call", "channel": "push"}]},
        {"after_seconds": wait + 300, "targets": [{"kind": "person", "email": DEE, "channel": "phone"}]},
    ]
    made["routes"] = [{"name": "chat", "targets": [{"kind": "team_channel"}]}]
    catalogue = Catalogue.model_validate(made)
    gaps = [one for f in lint(catalogue, NOW, days=7) if f.kind == "services" for one in f.periods]
    at = NOW + timedelta(minutes=minute)
    policy = catalogue.policies[0].rules
    facts = Facts(severity=Severity.SEV1_CRITICAL, service="redis")
    steps = plan(Situation(policy, facts, directory_of(catalogue, "Core", policy, at), Climb(started_at=at)))
    limit = at + timedelta(minutes=15)
    reached = any(d.recipient in (ANA, BO, DEE) for step in steps if step.at <= limit for d in step.deliveries)
    assert reached is not any(gap.start <= at < gap.end for gap in gaps)
