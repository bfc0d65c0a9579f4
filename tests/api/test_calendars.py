"""Imported calendars: as a file, from an address; read again, and what is refused."""

import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import select

from api.app import create_app
from config.sealing import Sealer
from config.settings import Settings
from db.catalogue.reading import CatalogueReader
from db.engine import Sessions, make_engine, make_sessions
from db.models import ScheduleCalendar
from gateway.duty.calendars import CalendarRefresh, read_into
from tests.support.problems import require_problem
from tests.support.product import Product
from tests.support.rotas import ANA, BO, CY, kept, on_call, restored

SECRET = "token-that-nobody-may-see"
MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
"""The same for every line of a test, also of one that runs across it."""


@pytest.fixture(autouse=True)
def _nothing_left(database: psycopg.Connection[Any]) -> Iterator[None]:
    yield from restored(database)


def event(days: float, who: str, *more: str, hours: int = 24) -> str:
    """An event of a day, so many days from today's midnight on."""
    start = MIDNIGHT + timedelta(days=days)
    times = (f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DTEND:{start + timedelta(hours=hours):%Y%m%dT%H%M%SZ}")
    lines = ("BEGIN:VEVENT", f"UID:{days}-{who}", "DTSTAMP:20260101T000000Z", f"SUMMARY:{who}", *times, *more)
    return "\r\n".join((*lines, "END:VEVENT"))


def calendar(*events: str) -> str:
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *events, "END:VCALENDAR", ""))


def noon(days: int) -> str:
    return f"{MIDNIGHT + timedelta(days=days, hours=12):%Y-%m-%dT%H:%M:%SZ}"


def a_calendar_schedule(api: httpx.Client) -> dict[str, Any]:
    return kept(api, layers=[{"name": "From outside", "calendar": "rota"}])


class Outside:
    """A server with a calendar; the path holds a secret."""

    def __init__(self) -> None:
        self.body, self.status = "", 200
        outside = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                payload = outside.body.encode()
                self.send_response(outside.status)
                self.send_header("Content-Type", "text/calendar")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/{SECRET}.ics"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def outside() -> Iterator[Outside]:
    server = Outside()
    yield server
    server.close()


@pytest.fixture
def at_home(settings: Settings, shared_product: Product) -> Settings:
    """The product's settings, with private addresses allowed as under `tocsin dev`."""
    return settings.model_copy(update={"allow_private_addresses": True, "database_url": shared_product.database_url})


@pytest_asyncio.fixture
async def there(at_home: Settings) -> AsyncIterator[Sessions]:
    """Sessions of the product's database."""
    engine = make_engine(at_home.database)
    yield make_sessions(engine)
    await engine.dispose()


def put(api: httpx.Client, schedule: dict[str, Any], **body: str) -> httpx.Response:
    return api.put(f"/schedules/{schedule['id']}/calendars/rota/", json=body)


def error_of(api: httpx.Client, schedule: dict[str, Any]) -> str | None:
    error: str | None = api.get(f"/schedules/{schedule['id']}/calendars/rota/").json()["error"]
    return error


def test_a_file_says_who_is_on_call(api: httpx.Client) -> None:
    made = a_calendar_schedule(api)
    text = calendar(event(1, "Ana Ruiz", "RRULE:FREQ=DAILY;INTERVAL=2"), event(2, BO), event(4, "Somebody Else"))
    answer = put(api, made, ics=text)
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["name"], shown["source"], shown["host"], shown["error"]) == ("rota", "file", None, None)
    assert shown["layers"] == ["From outside"] and shown["read_at"] and shown["spans"] > 100
    assert any("Somebody Else" in sentence for sentence in shown["ignored"])
    assert [on_call(api, made["id"], noon(day)) for day in (1, 2, 3, 4)] == [[ANA], [BO], [ANA], []]
    assert api.get(f"/schedules/{made['id']}/calendars/rota/").json() == shown
    assert api.get(f"/schedules/{made['id']}/calendars/").json()["items"] == [shown]


def test_another_one_takes_its_place_and_none_leaves_nobody(api: httpx.Client) -> None:
    made = a_calendar_schedule(api)
    put(api, made, ics=calendar(event(1, BO)))
    assert put(api, made, ics=calendar(event(1, CY))).status_code == 200
    assert on_call(api, made["id"], noon(1)) == [CY]
    assert api.delete(f"/schedules/{made['id']}/calendars/rota/").status_code == 204
    assert on_call(api, made["id"], noon(1)) == []
    require_problem(api.get(f"/schedules/{made['id']}/calendars/rota/"), 404)
    require_problem(api.delete(f"/schedules/{made['id']}/calendars/rota/"), 404)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"ics": "this is no calendar"}, "ics"),
        ({"ics": ""}, "ics"),
        ({"url": "ftp://example.com/a.ics"}, "url"),
        ({"url": "not an address"}, "url"),
        ({"url": "http://127.0.0.1:1/a.ics"}, "url"),
        ({"url": "http://[::1]/a.ics"}, "url"),
        ({"url": "http://169.254.169.254/latest/"}, "url"),
        ({}, "body"),
        ({"ics": "BEGIN:VCALENDAR", "url": "https://example.com"}, "body"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_is_refused(api: httpx.Client, body: dict[str, Any], field: str) -> None:
    made = a_calendar_schedule(api)
    require_problem(put(api, made, **body), 422, field)
    assert api.get(f"/schedules/{made['id']}/calendars/").json()["items"] == []


def test_only_managers_give_calendars(api: httpx.Client, as_role: Any) -> None:
    made = a_calendar_schedule(api)
    with as_role("responder") as responder:
        require_problem(put(responder, made, ics=calendar(event(1, BO))), 403)
        assert responder.get(f"/schedules/{made['id']}/calendars/").status_code == 200


async def test_from_an_address_that_is_never_shown_again(
    api: httpx.Client, outside: Outside, at_home: Settings, database: psycopg.Connection[Any]
) -> None:
    made = a_calendar_schedule(api)
    outside.body = calendar(event(1, BO))
    app = create_app(at_home)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1", headers=api.headers) as here:
            path = f"/schedules/{made['id']}/calendars/rota/"
            answer = await here.put(path, json={"url": outside.url}, timeout=60)
            assert answer.status_code == 200, answer.text
            assert (answer.json()["source"], answer.json()["host"]) == ("url", "127.0.0.1")
            assert SECRET not in answer.text + (await here.get(path)).text
            outside.status = 404
            gone = await here.put(path, json={"url": outside.url}, timeout=60)
            require_problem(gone, 422, "url")
            assert SECRET not in gone.text
    assert on_call(api, made["id"], noon(1)) == [BO]
    (row,) = database.execute("SELECT schedule_calendars::text FROM schedule_calendars").fetchall()
    assert SECRET not in row[0]


async def test_read_again_every_hour_and_what_was_read_holds_on(
    api: httpx.Client, outside: Outside, at_home: Settings, database: psycopg.Connection[Any], there: Sessions
) -> None:
    made = a_calendar_schedule(api)
    put(api, made, ics=calendar(event(1, BO)))
    sealed = Sealer(at_home.secret_key).seal(outside.url).decode()
    database.execute("UPDATE schedule_calendars SET sealed_url = %s", (sealed,))
    refresh = CalendarRefresh(there, CatalogueReader(), at_home)
    outside.body = calendar(event(1, CY))
    assert await refresh.look() == 0  # it was read a moment ago
    old = "UPDATE schedule_calendars SET read_at = read_at - interval '2 hours'"
    database.execute(old)
    assert await refresh.look() == 1
    assert on_call(api, made["id"], noon(1)) == [CY]
    outside.status = 500
    error: str | None = "not allowed here"
    while error is not None and "not allowed here" in error:  # a worker of the product looks, too, and may not read it
        refresh = CalendarRefresh(there, CatalogueReader(), at_home)
        database.execute(old)
        assert await refresh.look() == 0
        error = error_of(api, made)
    assert error is not None and "answers 500" in error and SECRET not in error
    assert on_call(api, made["id"], noon(1)) == [CY]
    outside.status = 200
    assert await refresh.look() == 0  # it is left alone for a while
    assert await CalendarRefresh(there, CatalogueReader(), at_home).look() == 1
    assert error_of(api, made) is None


async def test_one_that_is_given_while_the_old_one_is_read_again_holds(
    api: httpx.Client,
    at_home: Settings,
    database: psycopg.Connection[Any],
    there: Sessions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = a_calendar_schedule(api)
    put(api, made, ics=calendar(event(1, BO)))
    replaced: list[httpx.Response] = []

    async def meanwhile(*given: Any) -> None:
        replaced.append(put(api, made, ics=calendar(event(1, CY))))
        await read_into(*given)

    monkeypatch.setattr("gateway.duty.calendars.read_into", meanwhile)
    while not replaced:  # a worker of the product may have been faster
        database.execute("UPDATE schedule_calendars SET read_at = read_at - interval '2 days'")
        assert await CalendarRefresh(there, CatalogueReader(), at_home).look() == 0
    assert replaced[0].status_code == 200, replaced[0].text
    assert on_call(api, made["id"], noon(1)) == [CY]
    (row,) = database.execute("SELECT body FROM schedule_calendars").fetchall()
    assert CY.encode() in row[0], "the next time, too, it is the new one that is read"


async def test_without_the_key_it_is_not_read_and_says_so(
    api: httpx.Client, at_home: Settings, database: psycopg.Connection[Any], there: Sessions
) -> None:
    made = a_calendar_schedule(api)
    put(api, made, ics=calendar(event(1, BO)))
    database.execute("UPDATE schedule_calendars SET sealed_url = 'of another key', read_at = '2026-01-01'")
    assert await CalendarRefresh(there, CatalogueReader(), at_home).look() == 0
    async with there() as session:
        row = (await session.scalars(select(ScheduleCalendar))).one()
    assert row.error is not None and "TOCSIN_SECRET_KEY" in row.error
    assert on_call(api, made["id"], noon(1)) == [BO]
