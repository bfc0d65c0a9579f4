"""Swaps: asked for, answered by the other one, and only then on the schedule."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.problems import require_problem
from tests.support.processes import Stack
from tests.support.rotas import (
    ANA,
    BO,
    CY,
    DEE,
    always,
    hours_from_now,
    kept,
    notices,
    on_call,
    restored,
    token_of,
)

As = Callable[[str], httpx.Client]


@pytest.fixture(autouse=True)
def _nothing_left(database: psycopg.Connection[Any]) -> Iterator[None]:
    yield from restored(database)


@pytest.fixture
def person(stack: Stack, database: psycopg.Connection[Any]) -> Iterator[As]:
    """The client of somebody of the example organisation."""
    clients: list[httpx.Client] = []

    def make(email: str) -> httpx.Client:
        clients.append(stack.client(token=token_of(database, email)))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def asked(client: httpx.Client, schedule: dict[str, Any], **fields: Any) -> dict[str, Any]:
    body = {"to_user": BO, "start": hours_from_now(2), "end": hours_from_now(4), "note": "a concert"} | fields
    answer = client.post(f"/schedules/{schedule['id']}/swaps/", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def answered(client: httpx.Client, schedule: dict[str, Any], swap: dict[str, Any], word: str) -> httpx.Response:
    return client.post(f"/schedules/{schedule['id']}/swaps/{swap['id']}/{word}/")


def test_nothing_changes_until_the_other_one_accepts(
    api: httpx.Client, person: As, database: psycopg.Connection[Any]
) -> None:
    made = kept(api, layers=[always(ANA)])
    ana, bo = person(ANA), person(BO)
    swap = asked(ana, made)
    assert (swap["status"], swap["from_user"], swap["to_user"]) == ("proposed", ANA, BO)
    (request,) = notices(database, "swap_request", BO)
    assert f"{ANA} asks you to take over" in request and "a concert" in request
    assert on_call(api, made["id"], hours_from_now(3)) == [ANA]
    require_problem(answered(ana, made, swap, "accept"), 403)
    require_problem(answered(api, made, swap, "accept"), 403)
    accepted = answered(bo, made, swap, "accept")
    assert accepted.status_code == 200 and accepted.json()["status"] == "accepted"
    assert [on_call(api, made["id"], hours_from_now(hours)) for hours in (1, 3, 5)] == [[ANA], [BO], [ANA]]
    (told,) = notices(database, "swap_answer", ANA)
    assert f"{BO} has accepted" in told
    (override,) = api.get(f"/schedules/{made['id']}/overrides/").json()["items"]
    assert (override["kind"], override["users"], override["replaces"]) == ("replace", [BO], ANA)
    for word in ("accept", "decline"):
        require_problem(answered(bo, made, swap, word), 409)
    require_problem(answered(ana, made, swap, "withdraw"), 409)


def test_in_exchange_the_asker_takes_something(api: httpx.Client, person: As) -> None:
    made = kept(api, layers=[always(ANA), always(BO, level=2)])
    made_of_both = kept(api, layers=[always(ANA, BO)])
    ana, bo = person(ANA), person(BO)
    body = {"return_start": hours_from_now(10), "return_end": hours_from_now(12)}
    refused = ana.post(
        f"/schedules/{made['id']}/swaps/",
        json={"to_user": BO, "start": hours_from_now(2), "end": hours_from_now(4), **body},
    )
    require_problem(refused, 422, "return_start")
    swap = asked(ana, made_of_both, **body)
    assert answered(bo, made_of_both, swap, "accept").status_code == 200
    assert on_call(api, made_of_both["id"], hours_from_now(3)) == [BO]
    assert on_call(api, made_of_both["id"], hours_from_now(11)) == [ANA]


def test_declined_and_withdrawn_change_nothing(
    api: httpx.Client, person: As, database: psycopg.Connection[Any]
) -> None:
    made = kept(api, layers=[always(ANA)])
    ana, bo = person(ANA), person(BO)
    swap = asked(ana, made)
    require_problem(answered(bo, made, swap, "withdraw"), 403)
    assert answered(bo, made, swap, "decline").json()["status"] == "declined"
    assert "has declined" in notices(database, "swap_answer", ANA)[0]
    other = asked(ana, made)
    assert answered(ana, made, other, "withdraw").json()["status"] == "withdrawn"
    assert f"{ANA} has withdrawn" in notices(database, "swap_answer", BO)[0]
    assert on_call(api, made["id"], hours_from_now(3)) == [ANA]
    path = f"/schedules/{made['id']}/swaps/"
    assert [one["id"] for one in api.get(path).json()["items"]] == [other["id"], swap["id"]]
    assert [one["id"] for one in api.get(path, params={"status": "declined"}).json()["items"]] == [swap["id"]]
    require_problem(api.get(path, params={"status": "no"}), 422, "status")


def test_what_has_changed_since_it_was_asked_refuses_it(api: httpx.Client, person: As) -> None:
    made = kept(api, layers=[always(ANA)])
    swap = asked(person(ANA), made)
    api.patch(f"/schedules/{made['id']}/", json={"layers": [always(CY)]})
    require_problem(answered(person(BO), made, swap, "accept"), 409)
    assert on_call(api, made["id"], hours_from_now(3)) == [CY]


def test_a_manager_asks_for_somebody_else(api: httpx.Client, person: As) -> None:
    made = kept(api, layers=[always(ANA)])
    assert asked(person(DEE), made, from_user=ANA)["from_user"] == ANA
    refused = person(CY).post(
        f"/schedules/{made['id']}/swaps/",
        json={"from_user": ANA, "to_user": BO, "start": hours_from_now(5), "end": hours_from_now(6)},
    )
    require_problem(refused, 403)


def test_the_same_duty_is_asked_for_once(api: httpx.Client, person: As) -> None:
    made = kept(api, layers=[always(ANA)])
    ana = person(ANA)
    asked(ana, made)
    body = {"to_user": CY, "start": hours_from_now(3), "end": hours_from_now(5)}
    require_problem(ana.post(f"/schedules/{made['id']}/swaps/", json=body), 409, "start")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to_user": ANA}, "to_user"),
        ({"to_user": "nobody@example.com"}, "to_user"),
        ({"to_user": ...}, "to_user"),
        ({"start": "2026-01-01"}, "start"),
        ({"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"}, "end"),
        ({"end": hours_from_now(1)}, "end"),
        ({"end": "9999-12-31T00:00:00Z"}, "end"),
        ({"level": 2}, "start"),
        ({"level": 99}, "level"),
        ({"return_start": hours_from_now(20)}, "body"),
        ({"return_start": hours_from_now(3), "return_end": hours_from_now(5)}, "return_start"),
        ({"return_start": hours_from_now(30), "return_end": hours_from_now(29)}, "return_end"),
        ({"note": "x" * 2001}, "note"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_is_refused(api: httpx.Client, person: As, changes: dict[str, Any], field: str) -> None:
    made = kept(api, layers=[always(ANA)])
    body = {"to_user": BO, "start": hours_from_now(2), "end": hours_from_now(4)} | changes
    body = {name: value for name, value in body.items() if value is not ...}
    require_problem(person(ANA).post(f"/schedules/{made['id']}/swaps/", json=body), 422, field)
    assert api.get(f"/schedules/{made['id']}/swaps/").json()["items"] == []


def test_what_was_is_not_swapped(api: httpx.Client, person: As) -> None:
    made = kept(api, layers=[always(ANA, BO)])
    path, body = (
        f"/schedules/{made['id']}/swaps/",
        {"to_user": BO, "start": hours_from_now(2), "end": hours_from_now(4)},
    )
    month = {"return_start": "2026-01-01T00:00:00Z", "return_end": "2026-02-01T00:00:00Z"}
    require_problem(person(ANA).post(path, json=body | month), 422, "return_end")
    begun = {"return_start": hours_from_now(-720), "return_end": hours_from_now(1)}
    require_problem(person(ANA).post(path, json=body | begun), 403, "return_start")
    require_problem(person(ANA).post(path, json=body | {"start": hours_from_now(-720)}), 403, "start")
    assert api.get(path).json()["items"] == []


def test_accepted_late_it_holds_from_then_on(api: httpx.Client, person: As, database: psycopg.Connection[Any]) -> None:
    made = kept(api, layers=[always(ANA)])
    swap = asked(person(ANA), made)
    database.execute("UPDATE shift_swaps SET starts_at = now() - interval '3 hours' WHERE id = %s", (swap["id"],))
    assert answered(person(BO), made, swap, "accept").status_code == 200
    assert [on_call(api, made["id"], hours_from_now(hours)) for hours in (-2, 1, 5)] == [[ANA], [BO], [ANA]]


@pytest.mark.parametrize(
    "over",
    [
        "UPDATE shift_swaps SET starts_at = now() - interval '2 hours', ends_at = now() WHERE id = %s",
        "UPDATE shift_swaps SET return_starts_at = now() - interval '2 hours', return_ends_at = now() WHERE id = %s",
    ],
)
def test_what_is_over_meanwhile_is_not_accepted(
    api: httpx.Client, person: As, database: psycopg.Connection[Any], over: str
) -> None:
    made = kept(api, layers=[always(ANA, BO)])
    swap = asked(person(ANA), made, return_start=hours_from_now(10), return_end=hours_from_now(12))
    database.execute(over, (swap["id"],))
    require_problem(answered(person(BO), made, swap, "accept"), 409)
    assert api.get(f"/schedules/{made['id']}/overrides/").json()["items"] == []


def test_who_is_not_on_call_then_or_may_not_ask_is_refused(api: httpx.Client, person: As, as_role: Any) -> None:
    made = kept(api, layers=[always(ANA)])
    body = {"to_user": ANA, "start": hours_from_now(2), "end": hours_from_now(4)}
    require_problem(person(BO).post(f"/schedules/{made['id']}/swaps/", json=body), 422, "start")
    with as_role("viewer") as viewer:
        require_problem(viewer.post(f"/schedules/{made['id']}/swaps/", json=body), 403)
    require_problem(answered(api, made, {"id": uuid4()}, "accept"), 404)
