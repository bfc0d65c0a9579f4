"""The product as processes, people who visit its pages, and Chromium."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.support.processes import Stack
from tests.support.product import alert, api, database, stack
from tests.support.waiting import wait_for
from tests.web.visitors import Person, Visit, Visitor, make_person, make_session
from web.sign_in import COOKIE

__all__ = ["alert", "api", "database", "stack"]

ADMIN = "admin@example.com"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
WAIT_MS = 60_000
LAUNCH_MS = 180_000

_hosts = (f"127.1.{number // 250}.{number % 250 + 1}" for number in count())
"""Addresses of this machine: one process may run all the files, and has hundreds of visitors."""


@pytest.fixture
def stranger(stack: Stack) -> Iterator[Callable[..., Visitor]]:
    """Visitors who are not signed in, each from an address of their own: attempts are counted by address."""
    clients: list[httpx.Client] = []

    def come(number: int = 0) -> Visitor:
        client = httpx.Client(
            base_url=stack.url(number),
            headers={"Accept": "text/html"},
            timeout=30,
            transport=httpx.HTTPTransport(local_address=next(_hosts)),
        )
        clients.append(client)
        return Visitor(client)

    yield come
    for client in clients:
        client.close()


@pytest.fixture
def person(database: psycopg.Connection[Any]) -> Callable[[str], Person]:
    """A new person with a role and a password."""
    return lambda role: make_person(database, role)


@pytest.fixture
def visit(
    stranger: Callable[..., Visitor], database: psycopg.Connection[Any], person: Callable[[str], Person]
) -> Visit:
    """A new person with a role, signed in."""

    def come(role: str) -> Visitor:
        visitor, session = stranger(), make_session(database, person(role).id)
        visitor.csrf = session.csrf
        visitor.client.cookies.set(COOKIE, session.cookie)
        return visitor

    return come


@pytest.fixture(scope="module")
def incident(api: httpx.Client) -> dict[str, Any]:
    """A SEV1 incident with document and war room, and whoever is on call was paged."""
    body = {
        "title": "Redis does not answer",
        "description": "Connection refused since 03:12",
        "service_name": "redis-prod",
        "severity": "SEV1_CRITICAL",
        "fingerprint": uuid4().hex,  # joins no other
    }
    number = api.post("/incidents/", json=body).json()["short_id"]

    def made() -> dict[str, Any] | None:
        now: dict[str, Any] = api.get(f"/incidents/{number}/").json()
        return now if now["lid_link"] and now["war_room_link"] and now["orchestration"] == "COMPLETE" else None

    found: dict[str, Any] = wait_for(made)
    return found


@pytest.fixture(scope="module")
def browser(stack: Stack) -> Iterator[Browser]:
    """Chromium. It ends with the module: what is asynchronous cannot run beside Playwright's own loop."""
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, timeout=LAUNCH_MS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, stack: Stack) -> Iterator[BrowserContext]:
    """A browser without a past; the test fails if its pages complain, or load anything from elsewhere."""
    context = browser.new_context(base_url=stack.url(), viewport={"width": 1200, "height": 900})
    context.set_default_timeout(WAIT_MS)
    complaints: list[str] = []
    asked: set[str] = set()

    def said(message: ConsoleMessage) -> None:
        # A refused form is a page whose status is 422, and what is not there is one with 404.
        is_refusal = "status of 422" in message.text or "status of 404" in message.text
        if message.type in ("error", "warning") and not (is_refusal and "/static/" not in message.location["url"]):
            complaints.append(f"{message.text} ({message.location['url']})")

    context.on("console", said)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("request", lambda request: asked.add(request.url))
    yield context
    context.close()
    assert complaints == []
    assert {url for url in asked if not url.startswith((f"{stack.url()}/", "data:"))} == set()


@pytest.fixture
def page(context: BrowserContext, database: psycopg.Connection[Any], stack: Stack) -> Page:
    """The administrator's browser."""
    row = database.execute("SELECT id FROM users WHERE email = %s", (ADMIN,)).fetchone()
    assert row is not None
    context.add_cookies([{"name": COOKIE, "value": make_session(database, row[0]).cookie, "url": stack.url()}])
    return context.new_page()
