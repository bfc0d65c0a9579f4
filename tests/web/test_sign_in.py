"""Signing in and out: the cookie, the way back, wrong passwords and too many of them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import psycopg
import pytest

from api.app import create_app
from config.settings import Settings
from db.tokens import hash_token
from tests.support.servers import ADMIN_PASSWORD
from tests.web.visitors import Person, Visit, Visitor, cookie_header, is_page
from web.sign_in import COOKIE

ADMIN = {"email": "admin@example.com", "password": ADMIN_PASSWORD}
WRONG = "E-mail or password is wrong."

Stranger = Callable[..., Visitor]
SomePerson = Callable[[str], Person]


def flags(response: httpx.Response) -> set[str]:
    return {part.strip().lower() for part in cookie_header(response).split(";")[1:]}


def test_the_cookie_is_for_this_site_alone_and_not_for_scripts(stranger: Stranger) -> None:
    visitor = stranger()
    done = visitor.post("/login", **ADMIN)
    assert (done.status_code, done.headers["location"]) == (303, "/incidents")
    assert {"httponly", "samesite=lax", "path=/", "max-age=43200"} <= flags(done)
    assert "secure" not in flags(done)  # nobody could sign in by plain http
    assert "Admin" in visitor.get("/incidents").text


async def test_behind_https_the_cookie_is_secure(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"public_url": "https://tocsin.test"}))
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        done = await client.post("/login", data=ADMIN)
    assert {"secure", "httponly", "samesite=lax"} <= flags(done)
    assert done.headers["strict-transport-security"].startswith("max-age=")


def test_the_database_does_not_hold_the_cookie(stranger: Stranger, database: psycopg.Connection[Any]) -> None:
    visitor = stranger()
    visitor.post("/login", **ADMIN)
    cookie = visitor.client.cookies[COOKIE]
    rows = database.execute("SELECT hash FROM sessions").fetchall()
    assert (hash_token(cookie),) in rows
    assert not any(cookie.encode() in row[0] for row in rows)


@pytest.mark.parametrize("target", ["/incidents/INC-7?x=1&y=2", "/inbox/%23sre", "/services"])
def test_the_way_back(stranger: Stranger, target: str) -> None:
    visitor = stranger()
    asked = visitor.get(target)
    assert (asked.status_code, asked.headers["location"]) == (303, f"/login?next={quote(target, safe='')}")
    shown = visitor.get("/login", next=target)
    assert f'name="next" value="{target.replace("&", "&amp;")}"' in shown.text
    assert visitor.post("/login", next=target, **ADMIN).headers["location"] == target


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "///evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/\t/evil.example",
        "/incidents\r\nSet-Cookie: a=b",
        "/login?next=/login",
        "/logout",
        "/" + "a" * 3000,
        "",
    ],
)
def test_no_way_elsewhere(stranger: Stranger, visit: Visit, target: str) -> None:
    assert 'name="next" value="/incidents"' in stranger().get("/login", next=target).text
    assert stranger().post("/login", next=target, **ADMIN).headers["location"] == "/incidents"
    assert visit("viewer").get("/login", next=target).headers["location"] == "/incidents"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("admin@example.com", "wrong"),
        ("nobody@example.com", ADMIN_PASSWORD),
        ("", ""),
        ("admin@example.com", ADMIN_PASSWORD + "\x00"),
        ("admin@example.com\x00", ADMIN_PASSWORD),
        ("a" * 400, ADMIN_PASSWORD),
        ("admin@example.com", "a" * 2000),
        ("' OR 1=1 --", "' OR 1=1 --"),
    ],
)
def test_a_wrong_password_and_an_unknown_person_look_alike(stranger: Stranger, email: str, password: str) -> None:
    visitor = stranger()
    done = visitor.post("/login", email=email, password=password, next="/services")
    assert done.status_code == 422 and is_page(done)
    assert WRONG in done.text and 'name="next" value="/services"' in done.text
    assert COOKIE not in visitor.client.cookies
    assert "value=" not in done.text.partition('type="password"')[2].partition(">")[0]


def test_who_has_left_cannot_sign_in(stranger: Stranger, person: SomePerson, database: psycopg.Connection[Any]) -> None:
    gone = person("responder")
    visitor = stranger()
    assert visitor.post("/login", email=gone.email.upper(), password=gone.password).status_code == 303
    database.execute("UPDATE users SET is_active = false WHERE id = %s", (gone.id,))
    assert visitor.get("/incidents").headers["location"].startswith("/login")
    assert visitor.post("/login", email=gone.email, password=gone.password).status_code == 422


def test_five_attempts_a_minute(stranger: Stranger) -> None:
    visitor = stranger()
    answers = [visitor.post("/login", email="admin@example.com", password="wrong") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 5
    sixth = visitor.post("/login", **ADMIN)
    assert sixth.status_code == 429 and is_page(sixth) and int(sixth.headers["retry-after"]) > 0
    assert COOKIE not in visitor.client.cookies
    by_rest = visitor.client.post("/api/v1/auth/token/", json=ADMIN)
    assert by_rest.status_code == 429
    assert stranger().post("/login", **ADMIN).status_code == 303


def test_another_site_cannot_sign_a_browser_in(stranger: Stranger) -> None:
    visitor = stranger()
    done = visitor.client.post("/login", data=ADMIN, headers={"Sec-Fetch-Site": "cross-site"})
    assert done.status_code == 403 and COOKIE not in visitor.client.cookies
    as_text = visitor.client.post("/login", content=urlencode(ADMIN), headers={"Content-Type": "text/plain"})
    assert as_text.status_code == 415 and is_page(as_text)


def test_signing_out_ends_the_session_and_not_only_the_cookie(visit: Visit) -> None:
    visitor = visit("viewer")
    cookie = visitor.client.cookies[COOKIE]
    assert visitor.get("/incidents").status_code == 200
    done = visitor.post("/logout")
    assert (done.status_code, done.headers["location"]) == (303, "/login")
    assert "max-age=0" in flags(done)
    visitor.client.cookies.set(COOKIE, cookie)
    assert visitor.get("/incidents").headers["location"].startswith("/login")


def test_a_new_sign_in_ends_the_old_session(stranger: Stranger) -> None:
    visitor = stranger()
    visitor.post("/login", **ADMIN)
    first = visitor.client.cookies[COOKIE]
    visitor.post("/login", **ADMIN)
    assert visitor.client.cookies[COOKIE] != first
    visitor.client.cookies.clear()
    visitor.client.cookies.set(COOKIE, first)
    assert visitor.get("/incidents").status_code == 303


def test_a_session_runs_out(visit: Visit, database: psycopg.Connection[Any]) -> None:
    visitor = visit("viewer")
    hashed = hash_token(visitor.client.cookies[COOKIE])
    database.execute("UPDATE sessions SET expires_at = now() - interval '1 second' WHERE hash = %s", (hashed,))
    assert visitor.get("/incidents").headers["location"].startswith("/login")
