"""`/schedules/`: kept, asked for instants and spans, previewed; and what is refused."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.problems import require_problem
from tests.support.rotas import ANA, BO, CY, WEEKLY, a_schedule, always, hours_from_now, kept, restored, shifts


@pytest.fixture(autouse=True)
def _no_schedules_left(database: psycopg.Connection[Any]) -> Iterator[None]:
    yield from restored(database)


def test_made_read_changed_and_deleted(api: httpx.Client) -> None:
    made = kept(api, team="SRE Core")
    assert (made["team"], made["time_zone"]) == ("SRE Core", "Europe/Paris")
    rotation = made["layers"][0]["rotations"][0]
    assert rotation["participants"] == [[ANA], [BO, CY]] and rotation["start"] == WEEKLY["start"]
    for reference in (made["id"], made["name"]):
        assert api.get(f"/schedules/{reference}/").json() == made
    assert made in api.get("/schedules/", params={"limit": 500}).json()["items"]
    changed = api.patch(f"/schedules/{made['id']}/", json={"name": "another", "time_zone": "Asia/Kolkata"}).json()
    assert (changed["name"], changed["time_zone"], changed["layers"]) == ("another", "Asia/Kolkata", made["layers"])
    assert api.delete(f"/schedules/{made['id']}").status_code == 204
    require_problem(api.get(f"/schedules/{made['id']}/"), 404)


def test_what_was_read_can_be_made_again(api: httpx.Client) -> None:
    made = kept(api, layers=[{"name": "Days", "rotations": [WEEKLY | {"restrictions": [{"from": "08:00"}]}]}])
    body = {name: value for name, value in made.items() if name not in {"id", "created_at", "name"}}
    again = kept(api, **body)
    assert (
        again["layers"] == made["layers"] and again["layers"][0]["rotations"][0]["restrictions"][0]["until"] == "24:00"
    )


def test_a_name_may_hold_a_slash(api: httpx.Client) -> None:
    made = kept(api, name=f"Payments / {uuid4().hex[:8]}")
    name = quote(made["name"], safe="")
    assert api.get(f"/schedules/{name}/").json() == made
    assert api.get(f"/schedules/{name}/on-call/").json()["schedule"] == made["name"]
    assert api.get(f"/schedules/{name}/calendar.ics").status_code == 200
    assert api.get(f"/schedules/{name}/overrides/").json()["items"] == []


def test_shifts_over_a_clock_change_in_the_shape_of_the_contract(api: httpx.Client) -> None:
    made = kept(api)
    found = shifts(api, made["id"], "2026-03-23T08:00:00Z", "2026-04-06T07:00:00Z")
    layer = {"level": 1, "layer": "Primary", "override": False}
    assert found == [
        {"start": "2026-03-23T08:00:00Z", "end": "2026-03-30T07:00:00Z", "users": [BO, CY], **layer},
        {"start": "2026-03-30T07:00:00Z", "end": "2026-04-06T07:00:00Z", "users": [ANA], **layer},
    ]


def test_merged_unless_told_not_to_be(api: httpx.Client) -> None:
    daily = {"kind": "daily", "start": "2026-01-05T09:00:00Z", "participants": [[ANA]]}
    made = kept(api, time_zone="UTC", layers=[{"name": "Always", "rotations": [daily]}])
    span = ("2026-02-01T09:00:00Z", "2026-02-04T09:00:00Z")
    assert len(shifts(api, made["name"], *span)) == 1
    assert len(shifts(api, made["name"], *span, merge="false")) == 3


def test_who_is_on_call_at_an_instant_by_level(api: httpx.Client) -> None:
    backup = {"name": "Backup", "level": 2, "rotations": [WEEKLY | {"participants": [[CY], [ANA]]}]}
    nobody = {"name": "Nobody", "level": 3, "rotations": [WEEKLY | {"participants": [[]]}]}
    made = kept(api, layers=[{"name": "Primary", "rotations": [WEEKLY]}, backup, nobody])
    answer = api.get(f"/schedules/{made['name']}/on-call/", params={"at": "2026-01-12T09:00:00+01:00"}).json()
    assert answer["schedule"] == made["name"] and answer["at"] == "2026-01-12T08:00:00Z"
    assert answer["users"] == [BO, CY]
    assert answer["levels"] == [
        {"level": 1, "users": [BO, CY]},
        {"level": 2, "users": [ANA]},
        {"level": 3, "users": []},
    ]
    assert [(one["start"], one["end"], one["layer"]) for one in answer["items"]] == [
        ("2026-01-12T08:00:00Z", "2026-01-19T08:00:00Z", "Primary"),
        ("2026-01-12T08:00:00Z", "2026-01-19T08:00:00Z", "Backup"),
    ]
    now = api.get(f"/schedules/{made['id']}/on-call").json()
    assert now["users"] in ([ANA], [BO, CY])


def test_a_plus_that_arrives_as_a_space_is_a_plus(api: httpx.Client) -> None:
    made = kept(api)
    answer = api.get(f"/schedules/{made['id']}/on-call/?at=2026-01-12T09:00:00+01:00")
    assert answer.json()["at"] == "2026-01-12T08:00:00Z"


def test_a_preview_is_what_the_kept_one_says(api: httpx.Client) -> None:
    body = a_schedule()
    span = {"from": "2026-03-01T00:00:00Z", "to": "2026-05-01T00:00:00Z"}
    preview = api.post("/schedules/preview/", json={"schedule": body, **span})
    assert preview.status_code == 200, preview.text
    api.post("/schedules/", json=body)
    assert preview.json()["items"] == shifts(api, body["name"], span["from"], span["to"])
    assert preview.json()["gaps"] == [] and set(preview.json()["loads"]) == {ANA, BO, CY}


def test_a_preview_names_gaps_overlaps_and_hidden_layers(api: httpx.Client) -> None:
    days = WEEKLY | {"restrictions": [{"weekdays": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00"}]}
    layers = [{"name": "Days", "rotations": [days]}, {"name": "Over it", "rotations": [days]}]
    span = {"from": "2026-01-05T00:00:00Z", "to": "2026-01-12T00:00:00Z"}
    answer = api.post(
        "/schedules/preview/", json={"schedule": a_schedule(layers=layers, time_zone="UTC"), **span}
    ).json()
    assert answer["hidden"] == ["Days"]
    assert {one["hidden"][0] for one in answer["overlaps"]} == {"Days"}
    assert answer["gaps"][0] == {"start": "2026-01-05T00:00:00Z", "end": "2026-01-05T09:00:00Z", "level": 1}
    assert answer["gaps"][-1]["end"] == "2026-01-12T00:00:00Z"


def test_the_coverage_of_a_kept_one(api: httpx.Client) -> None:
    made = kept(api, layers=[{"name": "Days", "rotations": [WEEKLY | {"restrictions": [{"until": "12:00"}]}]}])
    answer = api.get(f"/schedules/{made['id']}/coverage/").json()
    assert len(answer["gaps"]) in {90, 91} and answer["overlaps"] == [] and answer["hidden"] == []


def test_who_left_is_not_on_call_and_is_named_apart(api: httpx.Client, database: psycopg.Connection[Any]) -> None:
    made = kept(api, layers=[always(BO, CY), always(BO, level=2)])
    database.execute("UPDATE users SET is_active = false WHERE email = %s", (BO,))
    answer = api.get(f"/schedules/{made['id']}/on-call/").json()
    assert (answer["users"], answer["inactive"]) == ([CY], [BO])
    assert answer["levels"] == [{"level": 1, "users": [CY]}, {"level": 2, "users": []}]
    assert [(one["level"], one["users"]) for one in answer["items"]] == [(1, [CY])]
    told = shifts(api, made["id"], hours_from_now(1), hours_from_now(2))
    assert [one["users"] for one in told] == [[BO, CY], [BO]], "shifts are as the schedule says"
    database.execute("UPDATE users SET is_active = true WHERE email = %s", (BO,))
    assert api.get(f"/schedules/{made['id']}/on-call/").json()["inactive"] == []


def test_a_time_of_people_who_left_is_a_gap(api: httpx.Client, database: psycopg.Connection[Any]) -> None:
    made = kept(api, layers=[{"name": "Primary", "rotations": [WEEKLY]}, always(ANA, level=2)])
    span = {"from": "2026-03-02T08:00:00Z", "to": "2026-03-23T08:00:00Z"}
    here = f"/schedules/{made['id']}/coverage/"
    assert api.get(here, params=span).json()["gaps"] == []
    database.execute("UPDATE users SET is_active = false WHERE email = %s", (ANA,))
    found = api.get(here, params=span).json()["gaps"]
    assert found == [
        {"start": "2026-03-02T08:00:00Z", "end": "2026-03-09T08:00:00Z", "level": 1},
        {"start": "2026-03-16T08:00:00Z", "end": "2026-03-23T08:00:00Z", "level": 1},
        {"start": "2026-03-02T08:00:00Z", "end": "2026-03-23T08:00:00Z", "level": 2},
    ]
    database.execute("UPDATE users SET is_active = false WHERE email = %s", (BO,))
    assert api.get(here, params=span).json()["gaps"] == found, "somebody is left: Cy"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"time_zone": "Europe/Pairs"}, "time_zone"),
        ({"time_zone": None}, "time_zone"),
        ({"name": ""}, "name"),
        ({"name": "x" * 300}, "name"),
        ({"team": "No such team"}, "team"),
        ({"surprise": 1}, "surprise"),
        ({"layers": None}, "layers"),
        ({"layers": "Primary"}, "layers"),
        ({"layers": [{"name": "a", "level": 0}]}, "layers.0.level"),
        ({"layers": [{"name": "a", "rotations": [WEEKLY | {"kind": "yearly"}]}]}, "layers.0.rotations.0.kind"),
        ({"layers": [{"name": "a", "rotations": [WEEKLY | {"interval": 0}]}]}, "layers.0.rotations.0.interval"),
        (
            {"layers": [{"name": "a", "rotations": [WEEKLY | {"start": "2026-01-05T09:00"}]}]},
            "layers.0.rotations.0.start",
        ),
        (
            {"layers": [{"name": "a", "rotations": [WEEKLY | {"start": "3026-01-05T09:00Z"}]}]},
            "layers.0.rotations.0.start",
        ),
        (
            {"layers": [{"name": "a", "rotations": [WEEKLY | {"participants": [["nobody@example.com"]]}]}]},
            "layers.0.rotations.0.participants.0.0",
        ),
        (
            {"layers": [{"name": "a", "rotations": [WEEKLY | {"participants": []}]}]},
            "layers.0.rotations.0.participants",
        ),
        (
            {"layers": [{"name": "a", "rotations": [WEEKLY | {"restrictions": [{"from": "9"}]}]}]},
            "layers.0.rotations.0.restrictions.0.from",
        ),
        (
            {
                "layers": [
                    {"name": "a", "spans": [{"start": "2026-01-05T09:00Z", "end": "2026-01-06T09:00Z", "users": [ANA]}]}
                ]
            },
            "layers.0.spans",
        ),
        ({"holidays": [{"date": "2026-02-30", "name": "no"}]}, "holidays.0.date"),
    ],
)
def test_schedules_that_are_refused(api: httpx.Client, changes: dict[str, Any], field: str) -> None:
    require_problem(api.post("/schedules/", json=a_schedule(**changes)), 422, field)


def test_two_of_one_name_are_refused(api: httpx.Client) -> None:
    made = kept(api)
    require_problem(api.post("/schedules/", json=a_schedule(name=made["name"])), 409, "name")
    other = kept(api)
    require_problem(api.patch(f"/schedules/{other['id']}/", json={"name": made["name"]}), 409, "name")


def test_one_that_a_team_goes_by_is_not_deleted(api: httpx.Client, database: psycopg.Connection[Any]) -> None:
    made = kept(api)
    database.execute("UPDATE teams SET schedule_id = %s WHERE name = 'SRE Core'", (made["id"],))
    refused = api.delete(f"/schedules/{made['id']}/")
    require_problem(refused, 409)
    assert "team 'SRE Core'" in refused.json()["detail"]
    renamed = api.patch(f"/schedules/{made['id']}/", json={"name": f"{made['name']} anew"})
    assert renamed.status_code == 200, renamed.text


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-01-01", "to": "2026-02-01T00:00:00Z"}, "from"),
        ({"from": "2026-01-01T00:00:00", "to": "2026-02-01T00:00:00Z"}, "from"),
        ({"from": "2026-01-01T00:00:00Z"}, "to"),
        ({"to": "2026-01-01T00:00:00Z"}, "from"),
        ({"from": "2026-02-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}, "to"),
        ({"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "to"),
        ({"from": "2026-01-01T00:00:00Z", "to": "2027-02-06T00:00:00Z"}, "to"),
        ({"from": "9999-12-30T00:00:00Z", "to": "9999-12-31T00:00:00Z"}, "from"),
        ({"from": "0001-01-01T00:00:00+14:00", "to": "0001-01-02T00:00:00Z"}, "from"),
        ({"from": "2026-13-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}, "from"),
        ({"from": "1767225600", "to": "2026-02-01T00:00:00Z"}, "from"),
        ({"from": "", "to": "2026-02-01T00:00:00Z"}, "from"),
    ],
)
def test_spans_that_are_refused(api: httpx.Client, query: dict[str, str], field: str) -> None:
    made = kept(api)
    require_problem(api.get(f"/schedules/{made['id']}/shifts/", params=query), 422, field)


def test_exactly_400_days_are_told(api: httpx.Client) -> None:
    made = kept(api)
    assert len(shifts(api, made["id"], "2026-01-01T00:00:00Z", "2027-02-05T00:00:00Z")) == 58


@pytest.mark.parametrize(
    "at", ["2026-01-01", "now", "2026-01-01T00:00:00", "9999-12-31T23:59:59Z", "2026-02-30T00:00:00Z"]
)
def test_instants_that_are_refused(api: httpx.Client, at: str) -> None:
    made = kept(api)
    require_problem(api.get(f"/schedules/{made['id']}/on-call/", params={"at": at}), 422, "at")


@pytest.mark.parametrize("at", ["1970-01-01T00:00:00Z", "2199-12-31T23:59:59Z"])
def test_the_edges_of_the_years_are_answered(api: httpx.Client, at: str) -> None:
    made = kept(api)
    assert api.get(f"/schedules/{made['id']}/on-call/", params={"at": at}).json()["users"]


def test_nothing_at_unknown_names(api: httpx.Client) -> None:
    for path in (
        "",
        "on-call/",
        "shifts/?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z",
        "coverage/",
        "overrides/",
    ):
        require_problem(api.get(f"/schedules/{uuid4()}/{path}"), 404)
        require_problem(api.get(f"/schedules/no%00such/{path}"), 404)


def test_a_preview_without_a_schedule_or_too_much_of_one_is_refused(api: httpx.Client) -> None:
    span = {"from": "2026-01-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"}
    require_problem(api.post("/schedules/preview/", json=span), 422, "schedule")
    require_problem(api.post("/schedules/preview/", json={"schedule": a_schedule(), "from": "2026"}), 422, "from")
    hourly = WEEKLY | {"kind": "hourly"}
    busy = a_schedule(layers=[{"name": "a", "rotations": [hourly] * 20}])
    require_problem(api.post("/schedules/preview/", json={"schedule": busy, **span}), 422, "to")
    dealt = hourly | {"start": "1990-01-01T00:00:00Z", "assignment": "fair"}
    old = a_schedule(layers=[{"name": "a", "rotations": [dealt] * 3}])
    day = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}
    require_problem(api.post("/schedules/preview/", json={"schedule": old, **day}), 422, "to")


def test_only_managers_change_schedules(api: httpx.Client, as_role: Any) -> None:
    made = kept(api)
    with as_role("responder") as responder:
        require_problem(responder.post("/schedules/", json=a_schedule()), 403)
        require_problem(responder.patch(f"/schedules/{made['id']}/", json={"time_zone": "UTC"}), 403)
        require_problem(responder.delete(f"/schedules/{made['id']}/"), 403)
        assert responder.get(f"/schedules/{made['id']}/on-call/").status_code == 200
    with as_role("manager") as manager:
        assert manager.delete(f"/schedules/{made['id']}/").status_code == 204
