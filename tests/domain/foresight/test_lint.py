"""`tocsin lint`: each planted fault is found, named, and gone when it is mended."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

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
from tests.domain.foresight.house import ANA, BO, DEE, NOW, faults, found, person, values
from tests.support.big_catalogue import big_catalogue

House = dict[str, Any]
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]
PARIS = ZoneInfo("Europe/Paris")


def test_a_house_in_order_has_neither_faults_nor_warnings() -> None:
    assert found(values()) == []


def uncovered_weekend(house: House) -> None:
    house["schedules"][0]["layers"][0]["rotations"][0]["restrictions"] = [{"weekdays": WEEKDAYS}]


def unverified_phone(house: House) -> None:
    house["users"][0]["contact_methods"][0]["verified"] = False


def person_away(house: House) -> None:
    house["users"][0]["days_away"] = [{"start": "2026-11-10T00:00:00+01:00", "end": "2026-11-12T00:00:00+01:00"}]


def empty_step(house: House) -> None:
    house["policies"][0]["steps"][2]["targets"] = [{"kind": "title", "title": "CFO"}]


def loop(house: House) -> None:
    house["services"][0]["depends_on"] = ["search"]
    house["services"].append(
        {"name": "search", "team": "Core", "depends_on": ["redis"], "runbook_url": "https://runbooks.example.com"}
    )


def cut_off_at_the_same_instant(house: House) -> None:
    house["policies"][0]["steps"][0]["after_seconds"] = 300


def cut_off_by_the_end(house: House) -> None:
    house["policies"][0]["steps"].insert(1, {"kind": "resolve", "after_seconds": 60})


def cut_off_by_own_rules(house: House) -> None:
    house["policies"][0]["steps"][0]["targets"] = [{"kind": "on_call"}]
    house["users"][0]["notification_rules"] = [{"channel": "push", "after_seconds": 300}]


def cut_off_waiting(house: House) -> None:
    uncovered_weekend(house)
    house["policies"][0]["steps"].insert(0, {"kind": "wait_until_covered", "after_seconds": 0, "at_most_seconds": 3600})


def inactive_person(house: House) -> None:
    house["users"][1]["is_active"] = False


def unknown_person(house: House) -> None:
    house["teams"][0]["manager"] = "nobody@example.com"


def never(house: House) -> None:
    house["policies"][0]["steps"][1]["when"] = {"severities": ["SEV4_LOW"]}


@pytest.mark.parametrize(
    ("plant", "code", "where", "words"),
    [
        (
            uncovered_weekend,
            "uncovered_weekend",
            "schedules/core/layers",
            "Sat 2026-11-07 00:00 to Mon 2026-11-09 00:00",
        ),
        (unverified_phone, "unverified", f"users/{ANA}/contact_methods", "has not verified their phone"),
        (person_away, "absent", "schedules/core/overrides", "from Tue 2026-11-10 00:00 to Thu 2026-11-12 00:00"),
        (empty_step, "empty_step", "policies/ladder/steps.2", "step 3 of the policy ladder never tells anybody"),
        (loop, "loop", "services/redis/depends_on", "redis → search → redis"),
        (cut_off_at_the_same_instant, "cut_off", "policies/ladder/steps.0", "cut off by the next"),
        (cut_off_by_the_end, "cut_off", "policies/ladder/steps.2", "step 2 resolves the incident"),
        (cut_off_by_own_rules, "cut_off", "policies/ladder/steps.0", f"their first rule tells {ANA} 300 s after it"),
        (cut_off_waiting, "cut_off", "policies/ladder/steps.0.at_most_seconds", "that may take 48 h"),
        (inactive_person, "inactive_person", "schedules/core/layers.0.rotations.0.participants", f"{BO} takes turns"),
        (unknown_person, "twice_or_unknown", "teams/Core/manager", "there is no user 'nobody@example.com'"),
        (never, "never", "policies/ladder/steps.1.when", "SEV4 only"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_planted_fault_is_found(plant: Callable[[House], None], code: str, where: str, words: str) -> None:
    house = values()
    plant(house)
    assert any(f.code == code and f.where == where and words in f.message for f in faults(house)), faults(house)


def test_a_gap_is_named_with_the_services_and_its_exact_times() -> None:
    house = values()
    uncovered_weekend(house)
    del house["policies"][0]["steps"][1:]
    gaps = [finding for finding in faults(house) if finding.kind == "services"]
    assert [(gap.code, gap.services) for gap in gaps] == [("uncovered_weekend", ("redis",))]
    assert gaps[0].message.startswith("SEV1 and SEV2 incidents of redis reach nobody within 15 minutes from Sat")
    first = gaps[0].periods[0]
    assert first.start.astimezone(PARIS) == datetime(2026, 11, 7, tzinfo=PARIS)
    assert first.end.astimezone(PARIS) == datetime(2026, 11, 9, tzinfo=PARIS)
    assert len(gaps[0].periods) == 13


def test_who_is_told_too_late_is_no_cover() -> None:
    house = values()
    house["policies"][0]["steps"] = house["policies"][0]["steps"][2:]
    gap = next(finding for finding in faults(house) if finding.code == "gap")
    assert "nobody within 15 minutes" in gap.message and f"{DEE}, after 30 minutes" in gap.message
    assert not [finding for finding in faults(house, within_minutes=30) if finding.code == "gap"]


def test_the_last_resort_does_not_count() -> None:
    house = values()
    house["policies"][0]["steps"] = [{"after_seconds": 0, "targets": [{"kind": "title", "title": "CFO"}]}]
    assert {"gap", "empty_step"} <= {finding.code for finding in faults(house)}


def test_an_override_and_the_fixed_person_mend_a_gap() -> None:
    house = values()
    uncovered_weekend(house)
    house["teams"][0]["on_call"] = DEE
    assert faults(house) == []


def test_whoever_works_beside_somebody_who_is_away_makes_it_a_warning() -> None:
    house = values()
    house["schedules"][0]["layers"][0]["rotations"][0]["participants"] = [[ANA, BO]]
    person_away(house)
    assert [(finding.severity, finding.code) for finding in found(house) if finding.code == "absent"] == [
        ("warning", "absent")
    ]


def test_unfinished_teams_and_services_are_warnings() -> None:
    house = values()
    house["services"][0].pop("runbook_url")
    house["teams"][0].pop("channel")
    house["users"][0].pop("contact_methods")
    assert faults(house) == []
    fields = {(finding.code, finding.where) for finding in found(house)}
    assert {
        ("incomplete", "services/redis/runbook_url"),
        ("incomplete", "teams/Core/channel"),
        ("no_contact_method", f"users/{ANA}/contact_methods"),
    } <= fields


def test_who_has_far_more_than_the_others_is_named() -> None:
    house = values()
    house["users"].append(person("cy@example.com"))
    turns = house["schedules"][0]["layers"][0]["rotations"][0]
    turns["kind"], turns["participants"] = "daily", [[ANA]] * 5 + [[BO], ["cy@example.com"]]
    loads = [finding for finding in found(house) if finding.code == "load"]
    assert len(loads) == 1 and ANA in loads[0].message


def test_a_severity_that_waits_for_working_hours_must_reach_somebody_too() -> None:
    house = values()
    house["policies"][0]["working_hours"] = {"weekdays": WEEKDAYS, "from": "09:00", "until": "17:00"}
    assert faults(house) == []
    house["policies"][0]["steps"][0]["when"] = {"severities": ["SEV1_CRITICAL", "SEV2_HIGH"]}
    house["policies"][0]["steps"] = house["policies"][0]["steps"][:1]
    assert any(f.message.startswith("SEV3 incidents of redis reach nobody from") for f in faults(house))


def test_a_calendar_that_could_not_be_read_is_a_warning() -> None:
    unread = lint(Catalogue.model_validate(values()), NOW, unread_calendars={"core": "it answers 404"})
    assert [(f.severity, f.code, f.name) for f in unread] == [("warning", "calendar", "core")]


def test_a_catalogue_in_order_of_any_size_has_no_findings() -> None:
    assert lint(big_catalogue(12, 4), NOW, days=30) == []


HOURS = st.integers(min_value=0, max_value=23)


@given(begin=HOURS, end=HOURS, wait=st.integers(min_value=0, max_value=2400), minute=st.integers(0, 6 * 1440))
@hypothesis_settings(max_examples=60)
def test_a_gap_is_where_the_plan_of_an_incident_reaches_nobody(begin: int, end: int, wait: int, minute: int) -> None:
    """At any instant: lint says that nobody is reached exactly when the plan reaches nobody in time."""
    house = values()
    restriction = {"from": f"{begin:02}:00", "until": f"{end:02}:00"}
    house["schedules"][0]["layers"][0]["rotations"][0]["restrictions"] = [restriction]
    house["policies"][0]["steps"] = [{"after_seconds": wait, "targets": [{"kind": "on_call", "channel": "push"}]}]
    house["routes"] = [{"name": "chat", "targets": [{"kind": "team_channel"}]}]
    catalogue = Catalogue.model_validate(house)
    gaps = [one for f in lint(catalogue, NOW, days=7) if f.kind == "services" for one in f.periods]
    at = NOW + timedelta(minutes=minute)
    policy = catalogue.policies[0].rules
    facts = Facts(severity=Severity.SEV1_CRITICAL, service="redis")
    steps = plan(Situation(policy, facts, directory_of(catalogue, "Core", policy, at), Climb(started_at=at)))
    limit = at + timedelta(minutes=15)
    reached = any(d.recipient in (ANA, BO) for step in steps if step.at <= limit for d in step.deliveries)
    assert reached is not any(gap.start <= at < gap.end for gap in gaps)
