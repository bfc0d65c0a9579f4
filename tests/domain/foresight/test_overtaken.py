"""Steps that the next one overtakes: only those that may come to the same incident do."""

from typing import Any

import pytest

from domain.condition import Condition
from domain.foresight.conditions import can_both_hold, follows
from tests.domain.foresight.house import ANA, faults, found, values

OFFICE = {"weekdays": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "until": "17:00"}
NIGHT = {"from": "17:00", "until": "09:00"}
PARIS = {**OFFICE, "zone": "Europe/Paris"}


def house(one: dict[str, Any], other: dict[str, Any], wait: int = 0, rule: int = 0) -> dict[str, Any]:
    """Two steps with conditions; Ana is told by rules of her own, so long after a step."""
    made = values()
    made["policies"][0]["steps"] = [
        {"after_seconds": 0, "targets": [{"kind": "on_call"}], "when": one},
        {"after_seconds": wait, "targets": [{"kind": "manager"}], "when": other},
        {"after_seconds": 3600, "targets": [{"kind": "manager", "channel": "phone"}]},
    ]
    for user in made["users"]:
        user["notification_rules"] = [{"channel": "push", "after_seconds": rule}]
    return made


def cut_off(made: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one.severity, one.where) for one in found(made) if one.code == "cut_off"]


def test_one_team_by_day_and_another_by_night() -> None:
    made = house({"hours": OFFICE}, {"outside_hours": OFFICE})
    assert [one for one in faults(made) if one.code == "cut_off"] == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"severities": ["SEV1_CRITICAL"]}, {"severities": ["SEV2_HIGH"]}),
        ({"services": ["redis"]}, {"services": ["search"]}),
        ({"labels": {"env": "prod"}}, {"labels": {"env": "test"}}),
        ({"nobody_on_call": True}, {"nobody_on_call": False}),
        ({"hours": OFFICE}, {"hours": NIGHT}),
        ({"hours": OFFICE}, {"hours": {**OFFICE, "weekdays": ["sat", "sun"]}}),
        ({"outside_hours": OFFICE}, {"hours": PARIS | {"zone": None}}),
    ],
)
def test_steps_for_different_incidents_do_not_overtake_each_other(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert cut_off(house(one, other, wait=60, rule=120)) == []


@pytest.mark.parametrize(
    ("one", "other", "severity"),
    [
        ({}, {}, "fault"),
        ({"hours": OFFICE}, {"hours": OFFICE}, "fault"),
        ({"severities": ["SEV1_CRITICAL"]}, {"severities": ["SEV1_CRITICAL", "SEV2_HIGH"]}, "fault"),
        ({}, {"hours": OFFICE}, "warning"),
        ({"hours": OFFICE}, {"hours": PARIS}, "warning"),
        ({"hours": OFFICE}, {"hours": {"from": "16:00", "until": "18:00"}}, "warning"),
    ],
)
def test_steps_for_the_same_incident_do(one: dict[str, Any], other: dict[str, Any], severity: str) -> None:
    assert {(severity, "policies/ladder/steps.0")} == set(cut_off(house(one, other, wait=60, rule=120)))


def test_a_step_for_some_hours_hides_no_later_one_that_always_comes() -> None:
    made = house({}, {"hours": OFFICE}, wait=60, rule=4000)
    assert ("fault", "policies/ladder/steps.0") in cut_off(made)


def test_so_soon_before_others_that_nobody_could_answer() -> None:
    made = values()
    made["policies"][0]["steps"][0]["targets"] = [{"kind": "person", "email": ANA, "channel": "push"}]
    made["policies"][0]["steps"][1] |= {"after_seconds": 9, "targets": [{"kind": "manager", "channel": "phone"}]}
    (one,) = [f for f in found(made) if f.code == "cut_off"]
    assert (one.severity, one.where) == ("warning", "policies/ladder/steps.0") and "has 9 s" in one.message
    made["policies"][0]["steps"][1]["after_seconds"] = 10
    assert cut_off(made) == []
    made["policies"][0]["steps"][1] |= {
        "after_seconds": 5,
        "targets": [{"kind": "person", "email": ANA, "channel": "phone"}],
    }
    assert cut_off(made) == []  # the same person by another channel


def test_conditions_that_follow_from_each_other() -> None:
    day, night = Condition.model_validate({"hours": OFFICE}), Condition.model_validate({"hours": NIGHT})
    assert follows(Condition(), day) and follows(day, day) and not follows(day, Condition())
    assert can_both_hold(day, day) and can_both_hold(night, night) and not can_both_hold(day, night)
