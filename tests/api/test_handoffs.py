"""`/schedules/{id}/handoffs/`: listed, acknowledged by those concerned, and notes for the next one."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.problems import require_problem
from tests.support.processes import Stack
from tests.support.rotas import ANA, BO, CY, kept, restored, token_of


@pytest.fixture(autouse=True)
def _nothing_left(database: psycopg.Connection[Any]) -> Iterator[None]:
    yield from restored(database)


def handed_over(database: psycopg.Connection[Any], schedule: dict[str, Any], at: str) -> str:
    """A hand-off from Ana to Bo, as the activity writes it."""
    id = uuid4()
    database.execute(
        "INSERT INTO handoffs (id, schedule_id, at, leaving, coming, recap) VALUES (%s, %s, %s, %s, %s, %s)",
        (id, schedule["id"], at, [ANA], [BO], "All is well."),
    )
    return str(id)


def test_listed_the_latest_first_by_page(api: httpx.Client, database: psycopg.Connection[Any]) -> None:
    made = kept(api)
    first = handed_over(database, made, "2026-01-12T08:00:00Z")
    second = handed_over(database, made, "2026-01-19T08:00:00Z")
    path = f"/schedules/{made['id']}/handoffs/"
    page = api.get(path, params={"limit": 1}).json()
    (shown,) = page["items"]
    assert (shown["id"], shown["at"], shown["leaving"], shown["coming"]) == (
        second,
        "2026-01-19T08:00:00Z",
        [ANA],
        [BO],
    )
    assert (shown["recap"], shown["acknowledged"]) == ("All is well.", {})
    rest = api.get(path, params={"limit": 1, "cursor": page["next_cursor"]}).json()
    assert [one["id"] for one in rest["items"]] == [first]
    require_problem(api.get(path, params={"cursor": "no"}), 422, "cursor")


def test_each_of_those_concerned_acknowledges_once(
    api: httpx.Client, database: psycopg.Connection[Any], stack: Stack
) -> None:
    made = kept(api)
    path = f"/schedules/{made['id']}/handoffs/{handed_over(database, made, '2026-01-12T08:00:00Z')}/acknowledge/"
    with stack.client(token=token_of(database, BO)) as bo, stack.client(token=token_of(database, ANA)) as ana:
        first = bo.post(path).json()["acknowledged"]
        assert set(first) == {BO} and first[BO].endswith("Z")
        both = ana.post(path).json()["acknowledged"]
        assert set(both) == {ANA, BO} and both[BO] == first[BO]
        assert bo.post(path).json()["acknowledged"] == both
    with stack.client(token=token_of(database, CY)) as cy:
        require_problem(cy.post(path), 403)
    require_problem(api.post(f"/schedules/{made['id']}/handoffs/{uuid4()}/acknowledge/"), 404)
    require_problem(api.post(f"/schedules/{kept(api)['id']}{path.removeprefix('/schedules/' + made['id'])}"), 404)


def test_notes_wait_for_the_next_one(api: httpx.Client, as_role: Any) -> None:
    made = kept(api)
    path = f"/schedules/{made['name']}/handoff-notes/"
    with as_role("operator") as operator:
        note = operator.post(path, json={"text": "The cache is being moved."})
        assert note.status_code == 201 and note.json()["author"].startswith("operator")
    assert [one["text"] for one in api.get(path).json()["items"]] == ["The cache is being moved."]
    with as_role("viewer") as viewer:
        require_problem(viewer.post(path, json={"text": "no"}), 403)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": 1}, "text"),
        ({"text": "x" * 5001}, "text"),
        ({"text": "a\0"}, "text"),
        ({"text": "a", "author": ANA}, "author"),
    ],
)
def test_notes_that_are_refused(api: httpx.Client, body: dict[str, Any], field: str) -> None:
    require_problem(api.post(f"/schedules/{kept(api)['id']}/handoff-notes/", json=body), 422, field)
