"""`tocsin lint` over REST: each planted fault is found through the front door, and gone when it is mended."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest

from domain.catalogue import Catalogue
from domain.written import all_written
from tests.api.test_catalogue_files import put_back
from tests.domain.foresight import test_lint as planted
from tests.domain.foresight.house import values
from tests.support.processes import Stack

Database = psycopg.Connection[Any]
Plant = Callable[[dict[str, Any]], None]
PLANTED: list[tuple[Plant, str]] = [
    (planted.uncovered_weekend, "uncovered_weekend"),
    (planted.unverified_phone, "unverified"),
    (planted.empty_step, "empty_step"),
    (planted.loop, "loop"),
    (planted.cut_off_at_the_same_instant, "cut_off"),
]


@pytest.fixture(autouse=True)
def _as_it_was(database: Database, api: httpx.Client) -> Iterator[None]:
    before = api.get("/catalogue/").json()
    yield
    put_back(api, before, database)


def house() -> dict[str, Any]:
    """The tests' house with addresses that the product takes, and without a default policy of its own."""
    made = values()
    for person in made["users"]:
        for method in person["contact_methods"]:
            name = person["email"].split("@")[0]
            method["address"] = "+336123456" + str(len(name)) + "0" if method["channel"] in ("phone", "sms") else name
    made["policies"][0].pop("is_default")
    made["policies"][0]["name"] = made["teams"][0]["policy"] = "core ladder"
    return made


def away_while_on_call(made: dict[str, Any]) -> None:
    for user in made["users"][:2]:
        user["days_away"] = [{"start": "2020-01-01T00:00:00Z", "end": "2199-01-01T00:00:00Z"}]


def codes(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {item["code"] for item in answer.json()["items"] if item["severity"] == "fault"}


@pytest.mark.parametrize(("plant", "code"), [*PLANTED, (away_while_on_call, "absent")])
def test_a_planted_fault_is_found_and_gone_when_it_is_mended(api: httpx.Client, plant: Plant, code: str) -> None:
    sound = house()
    broken = copy.deepcopy(sound)
    plant(broken)
    before = codes(api.get("/lint/"))
    assert code not in before
    tried = api.post("/lint/", json={"catalogue": broken})
    assert code in codes(tried)
    assert codes(api.get("/lint/")) == before  # nothing was applied
    assert api.post("/catalogue/apply/", json={"catalogue": broken}).status_code == 200
    assert code in codes(api.get("/lint/"))
    mended = (
        sound
        if plant is not away_while_on_call
        else {**sound, "users": [u | {"days_away": []} for u in sound["users"]]}
    )
    assert api.post("/catalogue/apply/", json={"catalogue": mended}).status_code == 200
    assert codes(api.get("/lint/")) == before


def test_a_catalogue_alone(api: httpx.Client) -> None:
    answer = api.post("/lint/", json={"catalogue": house(), "alone": True, "days": 30})
    assert answer.json()["items"] == [] and answer.json()["days"] == 30


def test_the_example_organisation_has_no_faults_and_says_what_is_unfinished(api: httpx.Client) -> None:
    answer = api.get("/lint/").json()
    assert answer["faults"] == 0, answer["items"]
    assert "incomplete" in {item["code"] for item in answer["items"]}


def test_an_override_closes_a_gap(api: httpx.Client, database: Database) -> None:
    broken = house()
    planted.uncovered_weekend(broken)
    assert api.post("/catalogue/apply/", json={"catalogue": broken}).status_code == 200
    assert "uncovered_weekend" in codes(api.get("/lint/", params={"days": 14}))
    database.execute(
        "INSERT INTO schedule_overrides (id, schedule_id, kind, starts_at, ends_at, users)"
        " SELECT gen_random_uuid(), id, 'replace', now() - interval '1 day', now() + interval '20 days',"
        " '{ana@example.com}' FROM schedules WHERE name = 'core'"
    )
    assert codes(api.get("/lint/", params={"days": 14})) == set()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"catalogue": {}, "days": 0}, "days"),
        ({"catalogue": {}, "within_minutes": 100_000}, "within_minutes"),
        ({"catalogue": {"services": [{"name": "x"}]}}, "services.0.team"),
        ({"catalogue": {}, "colour": "red"}, "colour"),
        ({}, "catalogue"),
    ],
)
def test_bad_input_is_named(api: httpx.Client, body: dict[str, Any], field: str) -> None:
    answer = api.post("/lint/", json=body)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


def test_no_policy_at_all_is_a_fault(api: httpx.Client) -> None:
    assert codes(api.post("/lint/", json={"catalogue": house() | {"policies": []}, "alone": True})) == {
        "twice_or_unknown"
    }
    bare = house() | {"policies": []}
    bare["teams"][0].pop("policy")
    answer = api.post("/lint/", json={"catalogue": bare, "alone": True})
    assert codes(answer) == {"no_policy"}
    assert [item["where"] for item in answer.json()["items"] if item["severity"] == "fault"] == ["policies"]


def test_urgent_incidents_that_wait_for_days_are_a_fault(api: httpx.Client) -> None:
    waiting = house()
    hours: dict[str, Any] = {"weekdays": ["mon"], "from": "09:00", "until": "10:00"}
    waiting["policies"][0]["working_hours"] = {**hours, "severities": ["SEV3_MEDIUM"]}
    assert codes(api.post("/lint/", json={"catalogue": waiting, "alone": True})) == set()
    waiting["policies"][0]["working_hours"] = {**hours, "severities": ["SEV1_CRITICAL", "SEV2_HIGH"]}
    assert codes(api.post("/lint/", json={"catalogue": waiting, "alone": True})) == {"gap"}


def test_unknown_names_are_findings_of_a_catalogue_that_is_not_there_yet(api: httpx.Client) -> None:
    broken = house()
    planted.unknown_person(broken)
    assert codes(api.post("/lint/", json={"catalogue": broken, "alone": True})) == {"twice_or_unknown"}


def test_what_is_exported_has_the_same_findings_alone(api: httpx.Client) -> None:
    exported = all_written(Catalogue.model_validate_json(api.get("/catalogue/").content))
    alone = api.post("/lint/", json={"catalogue": exported, "alone": True}).json()
    running = api.get("/lint/").json()
    assert [item["where"] for item in alone["items"]] == [item["where"] for item in running["items"]]


def test_a_source_may_not_look(stack: Stack, api: httpx.Client) -> None:
    key = api.post("/sources/", json={"name": "looker", "kind": "generic"}).json()["key"]
    with stack.client(token=key) as source:
        assert source.get("/lint/").status_code in (401, 403)
        assert source.post("/lint/", json={"catalogue": {}}).status_code in (401, 403)
