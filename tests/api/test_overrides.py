"""Overrides: they hold at once, and nowhere else; who may make them, and what is refused."""

from collections.abc import Iterator
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
    shifts,
    token_of,
)

MONDAY, TUESDAY, WEDNESDAY = "2026-01-12T08:00:00Z", "2026-01-13T08:00:00Z", "2026-01-14T08:00:00Z"
WEEK = ("2026-01-12T08:00:00Z", "2026-01-19T08:00:00Z")


@pytest.fixture(autouse=True)
def _nothing_left(database: psycopg.Connection[Any]) -> Iterator[None]:
    yield from restored(database)


def overridden(api: httpx.Client, schedule: dict[str, Any], **fields: Any) -> dict[str, Any]:
    body = {"start": TUESDAY, "end": WEDNESDAY, "users": [DEE]} | fields
    answer = api.post(f"/schedules/{schedule['id']}/overrides/", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_replacement_holds_at_once_and_only_then(api: httpx.Client) -> None:
    made = kept(api)
    before = shifts(api, made["id"], *WEEK)
    override = overridden(api, made, reason="a wedding")
    assert (override["kind"], override["level"], override["users"]) == ("replace", 1, [DEE])
    assert (override["start"], override["reason"]) == (TUESDAY, "a wedding")
    found = [(one["start"], one["users"], one["override"]) for one in shifts(api, made["id"], *WEEK)]
    assert found == [(MONDAY, [BO, CY], False), (TUESDAY, [DEE], True), (WEDNESDAY, [BO, CY], False)]
    assert on_call(api, made["id"], "2026-01-13T12:00:00Z") == [DEE]
    assert api.get(f"/schedules/{made['name']}/overrides/").json()["items"] == [override]
    assert api.delete(f"/schedules/{made['id']}/overrides/{override['id']}/").status_code == 204
    assert shifts(api, made["id"], *WEEK) == before


@pytest.mark.parametrize(
    ("fields", "users"),
    [
        ({"user": DEE, "users": ...}, [DEE]),
        ({"from": TUESDAY, "to": WEDNESDAY, "start": ..., "end": ...}, [DEE]),
        ({"kind": "add"}, [BO, CY, DEE]),
        ({"kind": "remove", "users": [BO]}, [CY]),
        ({"kind": "remove", "users": []}, []),
        ({"replaces": CY}, [BO, DEE]),
        ({"start": "2026-01-13T09:00:00+01:00"}, [DEE]),
    ],
)
def test_each_kind_and_spelling(api: httpx.Client, fields: dict[str, Any], users: list[str]) -> None:
    made = kept(api)
    body = {"start": TUESDAY, "end": WEDNESDAY, "users": [DEE]} | fields
    body = {name: value for name, value in body.items() if value is not ...}
    assert api.post(f"/schedules/{made['id']}/overrides/", json=body).status_code == 201
    assert on_call(api, made["id"], TUESDAY) == users


def test_an_override_of_years_ago_holds_too(api: httpx.Client) -> None:
    made = kept(api)
    overridden(api, made, start="2020-03-29T00:00:00Z", end="2020-03-30T00:00:00Z")
    assert on_call(api, made["id"], "2020-03-29T12:00:00Z") == [DEE]
    found = shifts(api, made["id"], "2020-03-28T00:00:00Z", "2020-03-31T00:00:00Z")
    assert [one["users"] for one in found if one["override"]] == [[DEE]]


def test_later_ones_act_on_what_earlier_ones_left(api: httpx.Client) -> None:
    made = kept(api)
    overridden(api, made)
    overridden(api, made, users=[ANA], replaces=DEE)
    assert on_call(api, made["id"], TUESDAY) == [ANA]


def test_whoever_comes_on_duty_is_told(api: httpx.Client, database: psycopg.Connection[Any]) -> None:
    made = kept(api)
    coming = {"start": hours_from_now(1), "end": hours_from_now(3)}
    overridden(api, made, **coming, users=[CY], replaces=BO)
    overridden(api, made, users=[ANA])  # over long ago
    (told,) = notices(database, "override", CY)
    assert made["name"] in told and f"in the place of {BO}" in told
    assert notices(database, "override", ANA) == []


def test_the_list_is_paged_and_filtered(api: httpx.Client) -> None:
    made = kept(api)
    first = overridden(api, made)
    second = overridden(api, made, start="2026-02-01T00:00:00Z", end="2026-02-02T00:00:00Z")
    path = f"/schedules/{made['id']}/overrides/"
    page = api.get(path, params={"limit": 1}).json()
    assert [one["id"] for one in page["items"]] == [second["id"]]
    rest = api.get(path, params={"limit": 1, "cursor": page["next_cursor"]}).json()
    assert [one["id"] for one in rest["items"]] == [first["id"]]
    early = api.get(path, params={"to": "2026-01-20T00:00:00Z"}).json()["items"]
    late = api.get(path, params={"from": "2026-01-20T00:00:00Z"}).json()["items"]
    assert ([one["id"] for one in early], [one["id"] for one in late]) == ([first["id"]], [second["id"]])


def test_who_may_make_them(api: httpx.Client, as_role: Any) -> None:
    made = kept(api)
    path, body = (
        f"/schedules/{made['id']}/overrides/",
        {"start": hours_from_now(0), "end": hours_from_now(9), "users": [DEE]},
    )
    for role in ("viewer", "operator"):
        with as_role(role) as caller:
            require_problem(caller.post(path, json=body), 403)
    for role in ("responder", "manager"):
        with as_role(role) as caller:
            answer = caller.post(path, json=body)
            assert answer.status_code == 201
            assert answer.json()["created_by"].startswith(role)
    with as_role("viewer") as viewer:
        require_problem(viewer.delete(f"{path}{answer.json()['id']}/"), 403)


def test_an_operator_may_override_their_own_duty(
    api: httpx.Client, database: psycopg.Connection[Any], stack: Stack
) -> None:
    made, tomorrow = kept(api, layers=[always(BO)]), hours_from_now(24)
    database.execute("UPDATE users SET role = 'operator' WHERE email = %s", (BO,))
    try:
        with stack.client(token=token_of(database, BO)) as bo:
            path, span = f"/schedules/{made['id']}/overrides/", {"start": tomorrow, "end": hours_from_now(48)}
            require_problem(bo.post(path, json={**span, "users": [DEE]}), 403)
            require_problem(bo.post(path, json={**span, "users": [BO], "replaces": ANA}), 403)
            assert bo.post(path, json={**span, "users": [DEE], "replaces": BO}).status_code == 201
    finally:
        database.execute("UPDATE users SET role = 'responder' WHERE email = %s", (BO,))
    assert on_call(api, made["id"], tomorrow) == [DEE]


def test_the_past_is_for_managers(api: httpx.Client, as_role: Any) -> None:
    made = kept(api)
    path = f"/schedules/{made['id']}/overrides/"
    with as_role("responder") as responder:
        for start, end in ((-48, -24), (-48, 24), (-1, 1)):
            body = {"start": hours_from_now(start), "end": hours_from_now(end), "users": [DEE]}
            answer = responder.post(path, json=body)
            require_problem(answer, 403, "start")
            assert "in the past" in answer.json()["detail"]
        now = responder.post(path, json={"start": hours_from_now(-0.1), "end": hours_from_now(1), "users": [DEE]})
        assert now.status_code == 201, "from now on, by a form that was open for a while"
        assert responder.delete(f"{path}{now.json()['id']}/").status_code == 204
        assert on_call(api, made["id"], hours_from_now(-0.05)) == [DEE], "it ends now: what was, was"
        over = overridden(api, made)
        require_problem(responder.delete(f"{path}{over['id']}/"), 403)
    with as_role("manager") as manager:
        assert manager.delete(f"{path}{over['id']}/").status_code == 204


def test_of_one_that_has_begun_only_a_manager_takes_back_what_was(api: httpx.Client, as_role: Any) -> None:
    made = kept(api, layers=[always(BO)])
    path, span = f"/schedules/{made['id']}/overrides/", {"start": hours_from_now(-720), "end": hours_from_now(24)}
    override = overridden(api, made, **span)
    with as_role("responder") as responder:
        for _ in ("once", "and again"):
            assert responder.delete(f"{path}{override['id']}/").status_code == 204
            found = [on_call(api, made["id"], hours_from_now(hours)) for hours in (-719, -1, 1, 23)]
            assert found == [[DEE], [DEE], [BO], [BO]]
    (ended,) = api.get(path).json()["items"]
    assert hours_from_now(-0.1) < ended["end"] <= hours_from_now(0.1)
    with as_role("manager") as manager:
        assert manager.delete(f"{path}{override['id']}/").status_code == 204
    assert on_call(api, made["id"], hours_from_now(-719)) == [BO]


def test_somebody_who_has_left_can_be_replaced_but_not_put_on_call(
    api: httpx.Client, database: psycopg.Connection[Any]
) -> None:
    made = kept(api)
    database.execute("UPDATE users SET is_active = false WHERE email = %s", (CY,))
    try:
        path, span = f"/schedules/{made['id']}/overrides/", {"start": TUESDAY, "end": WEDNESDAY}
        require_problem(api.post(path, json={**span, "users": [CY]}), 422, "users")
        assert api.post(path, json={**span, "users": [DEE], "replaces": CY}).status_code == 201
        assert api.post(path, json={**span, "kind": "remove", "users": [CY]}).status_code == 201
    finally:
        database.execute("UPDATE users SET is_active = true WHERE email = %s", (CY,))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"users": ["nobody@example.com"]}, "users"),
        ({"users": []}, "body"),
        ({"users": None}, "users"),
        ({"users": DEE}, "users"),
        ({"user": DEE}, "user"),
        ({"replaces": "nobody@example.com"}, "replaces"),
        ({"kind": "add", "replaces": ANA}, "body"),
        ({"kind": "swap"}, "kind"),
        ({"level": 0}, "level"),
        ({"level": 21}, "level"),
        ({"start": WEDNESDAY, "end": TUESDAY}, "end"),
        ({"start": TUESDAY, "end": TUESDAY}, "end"),
        ({"start": "2026-01-13T08:00:00"}, "start"),
        ({"start": "2026-01-13"}, "start"),
        ({"end": "9999-12-31T23:59:59Z"}, "end"),
        ({"start": ...}, "start"),
        ({"from": TUESDAY}, "from"),
        ({"id": str(uuid4())}, "id"),
        ({"created_by": ANA}, "created_by"),
        ({"surprise": 1}, "surprise"),
        ({"reason": "x" * 2001}, "reason"),
        ({"reason": "a\x00b"}, "reason"),
        ({"end": "2027-02-18T08:00:00Z"}, "end"),
    ],
)
def test_what_is_refused(api: httpx.Client, changes: dict[str, Any], field: str) -> None:
    made = kept(api)
    body = {"start": TUESDAY, "end": WEDNESDAY, "users": [DEE]} | changes
    body = {name: value for name, value in body.items() if value is not ...}
    require_problem(api.post(f"/schedules/{made['id']}/overrides/", json=body), 422, field)
    assert api.get(f"/schedules/{made['id']}/overrides/").json()["items"] == []


def test_an_override_of_another_schedule_is_not_there(api: httpx.Client) -> None:
    made, other = kept(api), kept(api)
    override = overridden(api, made)
    require_problem(api.delete(f"/schedules/{other['id']}/overrides/{override['id']}/"), 404)
    require_problem(api.delete(f"/schedules/{made['id']}/overrides/{uuid4()}/"), 404)
    require_problem(
        api.post(f"/schedules/{uuid4()}/overrides/", json={"start": TUESDAY, "end": WEDNESDAY, "users": [DEE]}), 404
    )
