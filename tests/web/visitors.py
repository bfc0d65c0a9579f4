"""People who read the pages without a browser."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
from fastapi.routing import APIRoute

import web.routes
from config.passwords import hash_password
from db.tokens import hash_token
from web.sign_in import COOKIE

EVERY_ROUTE = [
    route
    for module in vars(web.routes).values()
    if isinstance(module, ModuleType)
    for route in module.router.routes
    if isinstance(route, APIRoute)
]
COMMANDS = ("acknowledge", "mitigate", "escalate", "repair")


def addresses(method: str, number: int) -> Iterator[str]:
    """The path of every route with that method, about one incident."""
    for route in EVERY_ROUTE:
        if method in (route.methods or ()):
            path = route.path.replace("{reference}", f"INC-{number}").replace("{recipient:path}", "admin@example.com")
            for kind in COMMANDS if "{kind}" in path else ("",):
                yield path.replace("{kind}", kind)


@dataclass(frozen=True)
class Person:
    """Somebody who may sign in."""

    id: UUID
    email: str
    password: str


def make_person(database: psycopg.Connection[Any], role: str) -> Person:
    """A new person with a role and a password."""
    person = Person(uuid4(), f"{role}-{uuid4().hex[:8]}@example.com", uuid4().hex)
    database.execute(
        "INSERT INTO users (id, email, name, role, password_hash) VALUES (%s, %s, %s, %s, %s)",
        (person.id, person.email, f"Test {role}", role, hash_password(person.password)),
    )
    return person


@dataclass(frozen=True)
class Session:
    """A signed-in browser: its cookie, and the word that its forms carry."""

    cookie: str
    csrf: str


def make_session(database: psycopg.Connection[Any], user_id: UUID) -> Session:
    """Sign somebody in without the form, which allows only five attempts a minute."""
    session = Session(uuid4().hex, uuid4().hex)
    database.execute(
        "INSERT INTO sessions (hash, user_id, csrf, expires_at) VALUES (%s, %s, %s, %s)",
        (hash_token(session.cookie), user_id, session.csrf, datetime.now(UTC) + timedelta(hours=1)),
    )
    return session


class Visitor:
    """Follows no redirect, so that a test sees it."""

    def __init__(self, client: httpx.Client, csrf: str = "") -> None:
        self.client = client
        self.csrf = csrf

    def get(self, path: str, **parameters: str) -> httpx.Response:
        """Ask for a page."""
        return self.client.get(path, params=parameters or None)

    def post(self, path: str, **fields: Any) -> httpx.Response:
        """Post a form as a page of ours would; `...` leaves a field out."""
        form = {"csrf": self.csrf, "form_id": uuid4().hex} | fields
        return self.client.post(path, data={name: value for name, value in form.items() if value is not ...})


Visit = Callable[[str], Visitor]


def errors(response: httpx.Response) -> set[str]:
    """The fields beside which the page shows an error, each told to who cannot see it."""
    named = set(re.findall(r'<p class="error" id="([\w]+)-error">', response.text))
    invalid = set(re.findall(r'aria-describedby="(\w+)-error[^>]*aria-invalid="true"', response.text))
    assert named == invalid
    return named


def is_page(response: httpx.Response) -> bool:
    """Whether the answer is made for people."""
    whole = response.text.startswith("<!doctype html>") and response.text.rstrip().endswith("</html>")
    return whole and response.headers["content-type"].startswith("text/html") and "Traceback" not in response.text


def cookie_header(response: httpx.Response) -> str:
    """The session cookie as it was set."""
    headers = response.headers.get_list("set-cookie")
    return next(header for header in headers if header.startswith(f"{COOKIE}="))
