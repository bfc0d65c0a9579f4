"""Feeds: read by another iCalendar library they say what Tocsin says; secret links, and who has them."""

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import httpx
import ics  # type: ignore[import-untyped]
import psycopg
import pytest

from tests.support.problems import require_problem
from tests.support.processes import Stack
from tests.support.rotas import (
    ANA,
    BO,
    CY,
    DEE,
    WEEKLY,
    always,
    hours_from_now,
    kept,
    restored,
    shifts,
    token_of,
)


@pytest.fixture(autouse=True)
def _nothing_left(database: psycopg.Connection[Any]) -> Iterator[None]:
    yield from restored(database)


Event = tuple[datetime, datetime, int, tuple[str, ...]]


def read(text: str) -> list[Event]:
    """Start, end, level, addresses of each event, by a library that shares nothing with the one that wrote them."""
    return [
        (
            event.begin.datetime.astimezone(UTC),
            event.end.datetime.astimezone(UTC),
            int(str(event.name).rpartition("level ")[2].split(",")[0].rstrip(")")),
            tuple(sorted(str(attendee.email).removeprefix("mailto:") for attendee in event.attendees)),
        )
        for event in ics.Calendar(text).events
    ]


def fetched(stack: Stack, url: str) -> httpx.Response:
    """What a calendar program gets at a link, whatever address the product has by its own account."""
    return stack.root(url[url.index("/api/") :])


def spans(text: str) -> list[tuple[datetime, datetime, int]]:
    """Start, end and level of each event: a library takes half a minute for as many events as a calendar may hold."""
    found = []
    for event in text.split("BEGIN:VEVENT")[1:]:
        begin, end = (
            datetime.strptime(at, "%Y%m%dT%H%M%S%z") for at in re.findall(r"^DT(?:START|END):(\S+)", event, re.M)
        )
        (level,) = re.findall(r"level (\d+)", event.replace("\r\n ", ""))[:1]
        found.append((begin, end, int(level)))
    return found


def far_from_the_end(text: str) -> list[Event]:
    """The events but for the last: it ends where the calendar does, another second with each reading."""
    return sorted(event for event in read(text) if event[1] < datetime.now(UTC) + timedelta(days=300))


def rota(api: httpx.Client) -> dict[str, Any]:
    """Layers, restrictions, several people, two levels, and overrides."""
    nights = {
        "kind": "daily",
        "start": "2026-01-05T09:00:00+01:00",
        "participants": [[CY], [DEE]],
        "restrictions": [{"weekdays": ["fri", "sat"], "from": "22:00", "until": "06:30"}],
    }
    layers = [
        {"name": "Primary", "rotations": [WEEKLY]},
        {"name": "Nights", "rotations": [nights]},
        {"name": "Backup", "level": 2, "rotations": [WEEKLY | {"kind": "monthly", "participants": [[DEE], [ANA]]}]},
    ]
    made = kept(api, layers=layers)
    for body in (
        {"start": hours_from_now(24), "end": hours_from_now(60), "users": [DEE]},
        {"start": hours_from_now(-240), "end": hours_from_now(-200), "kind": "add", "users": [CY]},
        {"start": hours_from_now(2000), "end": hours_from_now(2100), "kind": "remove"},
    ):
        assert api.post(f"/schedules/{made['id']}/overrides/", json=body).status_code == 201
    return made


def test_a_feed_read_by_another_library_agrees_at_1000_instants(api: httpx.Client) -> None:
    made = rota(api)
    answer = api.get(f"/schedules/{made['id']}/calendar.ics")
    assert answer.status_code == 200 and answer.headers["content-type"] == "text/calendar; charset=utf-8"
    events = read(answer.text)
    start, end = datetime.now(UTC) - timedelta(days=90), datetime.now(UTC) + timedelta(days=399)
    own: list[Event] = []
    for begin, finish in ((start, start + timedelta(days=300)), (start + timedelta(days=300), end)):
        for one in shifts(api, made["id"], begin.isoformat(), finish.isoformat()):
            times = (datetime.fromisoformat(one[name]) for name in ("start", "end"))
            own.append((*times, one["level"], tuple(sorted(one["users"]))))
    dice = random.Random(5)
    for _ in range(1000):
        at = start + (end - start) * dice.random()
        said = {(level, users) for begin, finish, level, users in events if begin <= at < finish}
        assert said == {(level, users) for begin, finish, level, users in own if begin <= at < finish}, at


def test_of_more_shifts_than_a_calendar_holds_those_to_come_are_kept(api: httpx.Client) -> None:
    hourly = {"kind": "hourly", "start": "2026-01-05T00:00:00Z", "participants": [[ANA], [BO]]}
    layers = [{"name": f"Level {level}", "level": level, "rotations": [hourly]} for level in (1, 2, 3)]
    made = kept(api, layers=layers)
    events = spans(api.get(f"/schedules/{made['id']}/calendar.ics").text)
    read_at = datetime.now(UTC)  # not before: a turn that ends meanwhile is the first to be left out
    assert {level for begin, end, level in events if begin <= read_at < end} == {1, 2, 3}, "who is on call now"
    for level in (1, 2, 3):
        own = sorted(one for one in events if one[2] == level)
        assert own[-1][1] > read_at + timedelta(days=80)
        assert all(before[1] == after[0] for before, after in pairwise(own)), "nothing is left out in between"


def test_a_secret_link_of_a_schedule(api: httpx.Client, stack: Stack) -> None:
    made = kept(api)
    answer = api.post(f"/schedules/{made['id']}/feeds/")
    assert answer.status_code == 201, answer.text
    url = answer.json()["url"]
    assert url.startswith("http") and url.endswith(".ics")
    path = url[url.index("/calendars/") :]
    key = path.removeprefix("/calendars/").removesuffix(".ics")
    (listed,) = api.get(f"/schedules/{made['id']}/feeds/").json()["items"]
    assert "url" not in listed and listed["last_read_at"] is None and listed["created_by"] == "admin@example.com"
    with stack.client(token=None) as anybody:
        public = anybody.get(path)
        assert public.status_code == 200 and public.text.startswith("BEGIN:VCALENDAR")
        by_key = anybody.get(f"/schedules/{made['id']}/calendar.ics", params={"key": key})
        assert far_from_the_end(by_key.text) == far_from_the_end(public.text) != []
        other = kept(api)
        require_problem(anybody.get(f"/schedules/{other['id']}/calendar.ics", params={"key": key}), 404)
        require_problem(anybody.get(f"/schedules/{made['id']}/shifts/", params={"key": key}), 401)
        require_problem(anybody.get(f"/schedules/{made['id']}/calendar.ics"), 401)
        require_problem(anybody.get(f"/schedules/{made['id']}/calendar.ics", params={"key": "wrong"}), 404)
        (listed,) = api.get(f"/schedules/{made['id']}/feeds/").json()["items"]
        assert listed["last_read_at"] is not None
        assert api.delete(f"/schedules/{made['id']}/feeds/{listed['id']}/").status_code == 204
        require_problem(anybody.get(path), 404)
        require_problem(anybody.get("/calendars/.ics"), 404)
        require_problem(anybody.get(f"/calendars/{'x' * 43}.ics"), 404)
        require_problem(anybody.get("/calendars/a%00b.ics"), 404)


def test_the_secret_is_not_kept(api: httpx.Client, database: psycopg.Connection[Any]) -> None:
    url = api.post(f"/schedules/{kept(api)['id']}/feeds/").json()["url"]
    key = url.rpartition("/")[2].removesuffix(".ics")
    rows = database.execute("SELECT calendar_feeds::text FROM calendar_feeds").fetchall()
    assert rows and all(key not in row[0] for row in rows)


def test_a_person_has_their_shifts_over_all_schedules(
    api: httpx.Client, stack: Stack, database: psycopg.Connection[Any]
) -> None:
    first, second = kept(api), kept(api, layers=[always(BO, level=2)], name="Second of two")
    kept(api, layers=[always(DEE)])
    with stack.client(token=token_of(database, BO)) as bo:
        url = bo.post(f"/users/{BO}/feeds/").json()["url"]
        require_problem(bo.post(f"/users/{ANA}/feeds/"), 403)
        require_problem(bo.get(f"/users/{ANA}/feeds/"), 403)
        require_problem(api.post("/users/nobody@example.com/feeds/"), 404)
        (listed,) = bo.get(f"/users/{BO}/feeds/").json()["items"]
        text = fetched(stack, url).text
        assert all(BO in users for _, _, _, users in read(text))
        assert {level for _, _, level, _ in read(text)} == {1, 2}
        assert first["name"] in text and second["name"] in text and "On call: Bo Lindqvist" in text
        database.execute("UPDATE users SET is_active = false WHERE email = %s", (BO,))
        require_problem(fetched(stack, url), 404)
        database.execute("UPDATE users SET is_active = true WHERE email = %s", (BO,))
        assert api.delete(f"/users/{BO}/feeds/{listed['id']}/").status_code == 204
    require_problem(fetched(stack, url), 404)


def test_who_may_make_links(api: httpx.Client, as_role: Any) -> None:
    made = kept(api)
    with as_role("viewer") as viewer:
        require_problem(viewer.post(f"/schedules/{made['id']}/feeds/"), 403)
        assert viewer.get(f"/schedules/{made['id']}/calendar.ics").status_code == 200
    with as_role("responder") as responder:
        feed = responder.post(f"/schedules/{made['id']}/feeds/").json()
        assert [one["id"] for one in responder.get(f"/schedules/{made['id']}/feeds/").json()["items"]] == [feed["id"]]
    with as_role("operator") as other:
        assert other.get(f"/schedules/{made['id']}/feeds/").json()["items"] == [], "others see their own"
        require_problem(other.delete(f"/schedules/{made['id']}/feeds/{feed['id']}/"), 404)
    require_problem(api.delete(f"/schedules/{made['id']}/feeds/{uuid4()}/"), 404)
    require_problem(api.delete(f"/schedules/{kept(api)['id']}/feeds/{feed['id']}/"), 404)
    require_problem(api.get(f"/schedules/{uuid4()}/calendar.ics"), 404)


def test_a_link_of_a_schedule_ends_with_its_maker(
    api: httpx.Client, stack: Stack, database: psycopg.Connection[Any]
) -> None:
    made = kept(api)
    with stack.client(token=token_of(database, BO)) as bo:
        first, second = (bo.post(f"/schedules/{made['id']}/feeds/").json() for _ in range(2))
        assert bo.delete(f"/schedules/{made['id']}/feeds/{second['id']}/").status_code == 204
    here = first["url"]
    key = here.rpartition("/")[2].removesuffix(".ics")
    by_key = f"/api/v1/schedules/{made['id']}/calendar.ics?key={key}"
    assert (fetched(stack, here).status_code, fetched(stack, by_key).status_code) == (200, 200)
    assert api.patch(f"/users/{BO}/", json={"is_active": False}).status_code == 200
    require_problem(fetched(stack, here), 404)
    require_problem(fetched(stack, by_key), 404)


def test_a_link_of_a_schedule_follows_its_maker_to_another_address(
    api: httpx.Client, stack: Stack, as_role: Any
) -> None:
    made = kept(api)
    with as_role("responder") as responder:
        feed = responder.post(f"/schedules/{made['id']}/feeds/").json()
        me = responder.get("/users/me/").json()
    renamed = api.patch(f"/users/{me['id']}/", json={"email": f"new-{me['email']}"})
    assert renamed.status_code == 200, renamed.text
    assert fetched(stack, feed["url"]).status_code == 200


def test_a_manager_makes_no_link_of_an_admin(api: httpx.Client, as_role: Any) -> None:
    with as_role("manager") as manager:
        require_problem(manager.post("/users/admin@example.com/feeds/"), 403)
        require_problem(manager.get("/users/admin@example.com/feeds/"), 403)
        assert manager.post(f"/users/{BO}/feeds/").status_code == 201
