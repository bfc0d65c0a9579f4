"""Whether somebody is there to answer: people who are away or not woken, and enough of them."""

from typing import Any

import pytest

from tests.domain.foresight.house import ANA, BO, DEE, faults, found, values

AWAY = [{"start": "2026-11-10T00:00:00+01:00", "end": "2026-11-24T00:00:00+01:00"}]
NIGHT = {"from": "22:00", "until": "07:00"}


def of(made: dict[str, Any], code: str) -> list[tuple[str, str]]:
    """Severity and place of each finding of a code."""
    return [(one.severity, one.where) for one in found(made) if one.code == code]


def test_who_is_away_at_a_level_that_no_step_asks_for_is_a_warning() -> None:
    made = values()
    turns = {"kind": "weekly", "start": "2026-01-05T09:00:00+01:00", "participants": [[DEE]]}
    made["schedules"][0]["layers"].append({"name": "backup", "level": 2, "rotations": [turns]})
    made["users"][2]["days_away"] = AWAY
    assert of(made, "absent") == [("warning", "schedules/core/overrides")]
    made["policies"][0]["steps"][1]["targets"] = [{"kind": "on_call", "level": 2, "channel": "phone"}]
    assert of(made, "absent") == [("fault", "schedules/core/overrides")]


def fixed() -> dict[str, Any]:
    """A team with a fixed person instead of a schedule."""
    made = values()
    made["teams"][0].pop("schedule")
    made["schedules"] = []
    made["teams"][0]["on_call"] = ANA
    made["users"][0]["days_away"] = AWAY
    return made


def test_the_fixed_person_of_a_team_is_away() -> None:
    made = fixed()
    (fault,) = [one for one in faults(made) if one.code == "absent"]
    assert fault.where == "teams/Core/on_call"
    assert f"{ANA} is on call for Core while away from Tue 2026-11-10 00:00" in fault.message
    made["users"][0]["days_away"] = []
    assert of(made, "absent") == []


def test_the_fixed_person_may_be_away_when_no_step_asks_for_them() -> None:
    made = fixed()
    made["policies"][0]["steps"] = [
        {"after_seconds": 0, "targets": [{"kind": "people", "emails": [BO, DEE], "channel": "phone"}]}
    ]
    assert of(made, "absent") == [("warning", "teams/Core/on_call")]


@pytest.mark.parametrize(("wanted", "severity"), [(1, None), (2, None), (3, "fault"), (20, "fault")])
def test_more_acknowledgements_than_people(wanted: int, severity: str | None) -> None:
    made = values()  # of three people, one is on call and one manages, whoever it is
    made["policies"][0]["acknowledgements"] = wanted
    assert of(made, "acknowledgements") == ([(severity, "policies/ladder/acknowledgements")] if severity else [])
    if severity:
        (one,) = [one for one in found(made) if one.code == "acknowledgements"]
        assert f"wants {wanted} people to acknowledge and tells 2 people at most" in one.message


def test_too_few_people_at_some_times_is_a_warning() -> None:
    made = values()
    made["policies"][0]["acknowledgements"] = 2
    made["users"][2]["days_away"] = AWAY
    assert of(made, "acknowledgements") == [("warning", "policies/ladder/acknowledgements")]


@pytest.mark.parametrize(
    ("severities", "expected"),
    [
        (["SEV1_CRITICAL", "SEV2_HIGH"], [("warning", f"users/{ANA}/quiet_hours")]),
        (["SEV2_HIGH"], [("warning", f"users/{ANA}/quiet_hours")]),
        (["SEV3_MEDIUM", "SEV4_LOW"], []),
    ],
)
def test_urgent_pages_that_quiet_hours_soften(severities: list[str], expected: list[tuple[str, str]]) -> None:
    made = values()
    made["users"][0]["quiet_hours"] = [{**NIGHT, "severities": severities}]
    assert of(made, "quiet") == expected
    made["routes"] = [{"name": "chat", "targets": [{"kind": "team_channel"}]}]
    for step in made["policies"][0]["steps"]:
        step["targets"][0]["channel"] = "slack"
    assert of(made, "quiet") == []  # there is nothing to soften


def test_quiet_hours_soften_what_their_own_rules_would_send() -> None:
    made = values()
    made["users"][0] |= {
        "quiet_hours": [{**NIGHT, "severities": ["SEV1_CRITICAL"]}],
        "notification_rules": [{"channel": "phone"}],
    }
    made["policies"][0]["steps"] = [{"after_seconds": 0, "targets": [{"kind": "on_call"}, {"kind": "manager"}]}]
    (one,) = [one for one in found(made) if one.code == "quiet"]
    assert one.message.startswith(f"{ANA} is not woken by SEV1 in their quiet hours 22:00-07:00 (UTC)")
