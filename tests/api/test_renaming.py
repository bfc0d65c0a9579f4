"""Another name for people, teams and schedules: what an open incident holds on to, and what follows a new address."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.problems import require_problem
from tests.support.processes import Stack
from tests.support.rotas import BO, always, hours_from_now, kept, on_call, restored, token_of
from tests.support.waiting import wait_for

Make = Callable[..., dict[str, Any]]
MANAGER = {"kind": "manager", "channel": "email"}


@pytest.fixture(autouse=True)
def _nothing_left(database: psycopg.Connection[Any]) -> Iterator[None]:
    yield from restored(database)


@pytest.fixture
def name() -> str:
    return f"old-{uuid4().hex[:8]}"


@pytest.fixture
def person(api: httpx.Client, name: str) -> str:
    """The address of somebody new, who may do anything."""
    email = f"{name}@example.com"
    api.post("/users/", json={"email": email, "name": "Gil Sato", "role": "admin"}).raise_for_status()
    return email


def climbing(api: httpx.Client, alert: Make, database: psycopg.Connection[Any], name: str, **policy: Any) -> Any:
    """An incident that climbs by a policy of its own, an hour after it began, and keeps it by now."""
    steps = policy.pop("steps", [{"after_seconds": 3600, "targets": [MANAGER]}])
    api.post("/policies/", json={"name": name, "steps": steps, **policy}).raise_for_status()
    api.post("/services/", json={"name": name, "team": "SRE Core", "policy": name}).raise_for_status()
    incident = api.post("/incidents/", json=alert(service_name=name)).json()
    query = "SELECT policy->>'name' FROM incidents WHERE id = %s"
    wait_for(lambda: database.execute(query, (incident["id"],)).fetchone() == (name,))
    return incident


def refused(api: httpx.Client, path: str, field: str, incident: dict[str, Any]) -> None:
    """The name stays while the incident is open: the answer says by which one, and what to do."""
    new = f"new-{uuid4().hex[:8]}"
    body = {field: f"{new}@example.com" if field == "email" else new}
    answer = api.patch(path, json=body)
    require_problem(answer, 409, field)
    detail = answer.json()["detail"]
    assert incident["short_id"] in detail and "resolve" in detail and "make a new" in detail, detail
    assert api.get(path).status_code == 200, "it has its name still"
    api.patch(f"/incidents/{incident['short_id']}/resolve/").raise_for_status()
    wait_for(lambda: api.get(f"/incidents/{incident['id']}/").json()["status"] == "RESOLVED")
    assert api.patch(path, json=body).status_code == 200, "once it is over, the name is free"


def step(*targets: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"after_seconds": 3600, "targets": list(targets)}]


def test_a_person_whom_the_policy_of_an_open_incident_names(
    api: httpx.Client, alert: Make, database: psycopg.Connection[Any], name: str, person: str
) -> None:
    incident = climbing(api, alert, database, name, steps=step({"kind": "people", "emails": [BO, person]}))
    assert api.patch(f"/users/{person}/", json={"title": "Pilot"}).status_code == 200, "the rest may change"
    refused(api, f"/users/{person}/", "email", incident)


def test_the_owner_of_the_policy_of_an_open_incident(
    api: httpx.Client, alert: Make, database: psycopg.Connection[Any], name: str, person: str
) -> None:
    incident = climbing(api, alert, database, name, owner=person)
    refused(api, f"/users/{person}/", "email", incident)


def test_a_team_that_the_policy_of_an_open_incident_names(
    api: httpx.Client, alert: Make, database: psycopg.Connection[Any], name: str
) -> None:
    api.post("/teams/", json={"name": name, "manager": "dee@example.com"}).raise_for_status()
    persist = [{"after_seconds": 3600, "targets": [MANAGER | {"team": name}]}]
    incident = climbing(api, alert, database, name, persist=persist)
    refused(api, f"/teams/{name}/", "name", incident)


@pytest.mark.parametrize("rung", ["target", "wait"])
def test_a_schedule_that_the_policy_of_an_open_incident_names(
    api: httpx.Client, alert: Make, database: psycopg.Connection[Any], name: str, rung: str
) -> None:
    made = kept(api, name=name)
    waiting = {"kind": "wait_until_covered", "after_seconds": 3600, "schedule": name, "at_most_seconds": 60}
    on_duty = step({"kind": "on_call", "schedule": name})
    steps = on_duty if rung == "target" else [waiting, {"after_seconds": 7200, "targets": [MANAGER]}]
    incident = climbing(api, alert, database, name, steps=steps)
    refused(api, f"/schedules/{made['id']}/", "name", incident)


@pytest.mark.parametrize("part", ["lead", "role", "responder", "acknowledger", "one of several", "assignee"])
def test_a_person_who_has_a_part_in_an_open_incident(
    api: httpx.Client,
    stack: Stack,
    alert: Make,
    database: psycopg.Connection[Any],
    name: str,
    person: str,
    part: str,
) -> None:
    incident = climbing(api, alert, database, name, acknowledgements=2 if part == "one of several" else 1)
    here = f"/incidents/{incident['short_id']}/"
    with stack.client(token=token_of(database, person)) as own:
        answer = {
            "lead": lambda: api.patch(here, json={"lead": person}),
            "role": lambda: api.post(f"{here}roles/", json={"role": "scribe", "person": person}),
            "responder": lambda: api.post(f"{here}responders/", json={"people": [person]}),
            "acknowledger": lambda: own.patch(f"{here}acknowledge/"),
            "one of several": lambda: own.patch(f"{here}acknowledge/"),
            "assignee": lambda: api.post(f"{here}reassign/", json={"to": person}),
        }[part]()
    assert answer.status_code == 200, answer.text
    refused(api, f"/users/{person}/", "email", incident)


def test_who_has_nothing_to_do_with_an_open_incident_is_renamed(
    api: httpx.Client, alert: Make, database: psycopg.Connection[Any], name: str, person: str
) -> None:
    climbing(api, alert, database, name)
    assert api.patch(f"/users/{person}/", json={"email": f"new-{person}"}).status_code == 200


def test_an_imported_calendar_follows_a_new_address(api: httpx.Client, person: str) -> None:
    made = kept(api, layers=[{"name": "From outside", "calendar": "rota"}])
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//test//EN",
        *("BEGIN:VEVENT", "UID:1", "DTSTAMP:20260101T000000Z", f"SUMMARY:{person}"),
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
        f"DTEND:{start + timedelta(days=9):%Y%m%dT%H%M%SZ}",
        *("END:VEVENT", "END:VCALENDAR", ""),
    ]
    given = api.put(f"/schedules/{made['id']}/calendars/rota/", json={"ics": "\r\n".join(lines)})
    assert given.status_code == 200, given.text
    assert on_call(api, made["id"], hours_from_now(1)) == [person]
    api.patch(f"/users/{person}/", json={"email": f"new-{person}"}).raise_for_status()
    assert on_call(api, made["id"], hours_from_now(1)) == [f"new-{person}"]


@pytest.mark.parametrize("side", ["from_user", "to_user"])
def test_a_proposed_swap_follows_a_new_address(
    api: httpx.Client, stack: Stack, database: psycopg.Connection[Any], person: str, side: str
) -> None:
    giver, taker = (person, BO) if side == "from_user" else (BO, person)
    moved = f"new-{person}"
    made = kept(api, layers=[always(giver)])
    swaps = f"/schedules/{made['id']}/swaps/"
    body = {"to_user": taker, "start": hours_from_now(2), "end": hours_from_now(4)}
    with stack.client(token=token_of(database, giver)) as of_giver:
        over, waiting = of_giver.post(swaps, json=body).json(), {"start": hours_from_now(5), "end": hours_from_now(7)}
        of_giver.post(f"{swaps}{over['id']}/withdraw/").raise_for_status()
        asked = of_giver.post(swaps, json=body | waiting).json()
    api.patch(f"/users/{person}/", json={"email": moved}).raise_for_status()
    sides = {one["id"]: one[side] for one in api.get(swaps).json()["items"]}
    assert sides == {asked["id"]: moved, over["id"]: person}, "what is over is told as it was"
    with stack.client(token=token_of(database, moved if taker == person else taker)) as of_taker:
        accepted = of_taker.post(f"{swaps}{asked['id']}/accept/")
    assert accepted.status_code == 200, accepted.text
    assert on_call(api, made["id"], hours_from_now(6)) == [moved if taker == person else taker]
