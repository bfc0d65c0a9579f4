"""Dumps of any make: read, or refused with a sentence, and never anything else; what is read is a sound catalogue."""

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.yaml_text import as_yaml
from config.defaults import BASE_CATALOGUE
from domain.catalogue import Catalogue, broken_references
from domain.changes import wanted
from domain.policy import Step
from gateway.importers import goalert, grafana_oncall, opsgenie, pagerduty
from gateway.importers.imported import Imported, UnreadableDump
from tests.support.months import dump

READERS: dict[str, Callable[[dict[str, Any]], Imported]] = {
    "goalert": goalert.read,
    "grafana_oncall": grafana_oncall.read,
    "opsgenie": opsgenie.read,
    "pagerduty": pagerduty.read,
}

vendors = st.sampled_from(sorted(READERS))
garbage = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just(["x"]),
)


class Copied(NamedTuple):
    """What another place of the dump holds."""

    number: int


BASE = Catalogue.model_validate(yaml.safe_load(BASE_CATALOGUE.read_text()))


def applied(imported: Imported) -> Catalogue:
    """A new installation's catalogue after `tocsin apply` of the files."""
    files = Catalogue.model_validate(yaml.safe_load(as_yaml(imported.catalogue)) or {})
    return wanted(BASE, files).whole


@pytest.mark.parametrize("vendor", READERS)
def test_nothing_is_named_that_is_not_there(vendor: str) -> None:
    assert broken_references(applied(READERS[vendor](dump(vendor)))) == []


def _a_policy_of_grafana_names_an_icalendar(said: dict[str, Any]) -> None:
    said["escalation_policies"][0]["notify_on_call_from_schedule"] = "SICAL"


def _opsgenie_names_a_disabled_schedule(said: dict[str, Any]) -> None:
    said["schedules"][0]["enabled"] = False


def _only_slack_of_goalert(said: dict[str, Any]) -> None:
    slack = {"id": "C0123", "type": "slackChannel", "name": "#ops"}
    said["escalationPolicies"]["nodes"][0]["steps"] = [{"id": "x", "delayMinutes": 5, "targets": [slack]}]


def _nobody_of_pagerduty(said: dict[str, Any]) -> None:
    gone = {"id": "PGONE", "type": "user_reference"}
    said["escalation_policies"][0]["escalation_rules"] = [{"escalation_delay_in_minutes": 5, "targets": [gone]}]


def _a_space_of_pagerduty(said: dict[str, Any]) -> None:
    said["schedules"][0]["name"] += " "
    said["schedules"][1]["name"] = said["schedules"][0]["name"].strip()


def _a_user_of_pagerduty_whose_zone_is_none(said: dict[str, Any]) -> None:
    said["users"][0]["time_zone"] = "Eastern Time (US & Canada)"


def _a_team_of_pagerduty_without_a_name(said: dict[str, Any]) -> None:
    said["teams"][0]["name"] = ""


def _the_same_address_twice_in_goalert(said: dict[str, Any]) -> None:
    said["users"]["nodes"][1]["email"] = "ANA@example.com"


def _many_targets_of_goalert(said: dict[str, Any]) -> None:
    step = said["escalationPolicies"]["nodes"][0]["steps"][0]
    step["actions"] = [
        {"type": "builtin-webhook", "args": {"webhook_url": f"https://hook.example/{number}"}} for number in range(25)
    ]


@pytest.mark.parametrize(
    ("vendor", "change", "sentence"),
    [
        ("grafana_oncall", _a_policy_of_grafana_names_an_icalendar, "policy “Ops”: schedule “SICAL” is not in the"),
        (
            "opsgenie",
            _opsgenie_names_a_disabled_schedule,
            "of schedule “Core_schedule” is not possible, or it is",
        ),
        (
            "opsgenie",
            _opsgenie_names_a_disabled_schedule,
            "team “Core”: schedule “Core_schedule” is not in the",
        ),
        ("goalert", _only_slack_of_goalert, "service “mail”: policy “e-ops” is not in the dump, or was left out"),
        ("pagerduty", _nobody_of_pagerduty, "service “payments-api”: policy “E1” is not in the dump, or was left out"),
        ("pagerduty", _a_space_of_pagerduty, "it is called “Payments on call (2)” here"),
        ("pagerduty", _a_user_of_pagerduty_whose_zone_is_none, "policy “Payments”: user “PANA” is not in the dump, or"),
        (
            "pagerduty",
            _a_team_of_pagerduty_without_a_name,
            "“Payments on call”: team “TPAY” is not in the dump",
        ),
        ("goalert", _the_same_address_twice_in_goalert, "user “ANA@example.com”: has the address of another"),
        ("goalert", _many_targets_of_goalert, "policy “Ops”: step 2 tells more than 20: those after the 20th"),
    ],
)
def test_what_names_something_that_is_left_out_says_so(
    vendor: str, change: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    said = dump(vendor)
    change(said)
    imported = READERS[vendor](said)
    assert broken_references(applied(imported)) == []
    assert any(sentence in one for one in imported.left_out), imported.left_out


def test_a_step_of_many_targets_keeps_as_many_as_it_may() -> None:
    said = dump("goalert")
    _many_targets_of_goalert(said)
    (policy,) = goalert.read(said).catalogue.policies
    assert [len(step.targets) for step in policy.steps if isinstance(step, Step)] == [1, 20, 1]


@pytest.mark.parametrize("vendor", READERS)
def test_the_same_dump_is_read_the_same(vendor: str) -> None:
    assert READERS[vendor](dump(vendor)) == READERS[vendor](dump(vendor))


@pytest.mark.parametrize("vendor", READERS)
@pytest.mark.parametrize("said", [{}, {"users": None}, {"users": "x"}, {"users": [1]}, {"users": {}}])
def test_a_dump_without_users_is_refused(vendor: str, said: dict[str, Any]) -> None:
    with pytest.raises(UnreadableDump, match="“users”"):
        READERS[vendor](said)


@pytest.mark.parametrize("vendor", READERS)
def test_a_time_that_is_none_is_refused(vendor: str) -> None:
    with pytest.raises(UnreadableDump, match="exported_at"):
        READERS[vendor]({"exported_at": "yesterday", "users": []})


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in a dump with every key of it."""
    found: list[tuple[Any, Any]] = []
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        found.append((value, key))
        if isinstance(inner, dict | list):
            found += places(inner)
    return found


numbers = st.integers(0, 100_000)
wrong = st.one_of(garbage, st.builds(Copied, numbers))


@settings(deadline=None, max_examples=300)
@given(vendors, st.lists(st.tuples(numbers, wrong), min_size=1, max_size=4))
def test_whatever_is_wrong_in_a_dump_spoils_only_itself(vendor: str, changes: list[tuple[int, Any]]) -> None:
    said = dump(vendor)
    for number, value in changes:
        everywhere = places(said)
        container, key = everywhere[number % len(everywhere)]
        if isinstance(value, Copied):
            other, its_key = everywhere[value.number % len(everywhere)]
            value = other[its_key]
        container[key] = copy.deepcopy(value)
    try:
        imported = READERS[vendor](said)
    except UnreadableDump:
        return
    assert broken_references(applied(imported)) == []
