"""How people come to sign in: passwords and tokens that managers give, and that everybody changes for themselves."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.problems import require_problem
from tests.support.processes import Stack

As = Callable[[str], httpx.Client]

PASSWORD = "a long enough word"


@pytest.fixture
def as_(stack: Stack) -> Iterator[As]:
    """A client with another token."""
    with contextlib.ExitStack() as clients:

        def client(token: str) -> httpx.Client:
            headers = {"Authorization": f"Bearer {token}"}
            made = httpx.Client(base_url=f"{stack.url()}/api/v1", headers=headers, timeout=120)
            return clients.enter_context(made)

        yield client


@pytest.fixture
def person(api: httpx.Client) -> str:
    """A new responder who cannot sign in yet."""
    email = f"a-{uuid4().hex[:8]}@example.com"
    api.post("/users/", json={"email": email, "name": "Gil Sato", "role": "responder"}).raise_for_status()
    return email


def sign_in(stack: Stack, email: str, password: str) -> httpx.Response:
    # From an address of its own: attempts are counted by address.
    transport = httpx.HTTPTransport(local_address=f"127.0.9.{int(email[2:4], 16) or 1}")
    with httpx.Client(transport=transport, timeout=120) as client:
        return client.post(f"{stack.url()}/api/v1/auth/token/", json={"email": email, "password": password})


def token_for(api: httpx.Client, person: str, **fields: Any) -> str:
    made = api.post(f"/users/{person}/tokens/", json={"name": "laptop", **fields})
    assert made.status_code == 201, made.text
    token: str = made.json()["token"]
    return token


def test_a_manager_gives_a_password_and_the_person_signs_in_and_acts(
    api: httpx.Client, stack: Stack, as_: As, person: str, alert: Callable[..., dict[str, Any]]
) -> None:
    assert sign_in(stack, person, PASSWORD).status_code == 401
    assert api.put(f"/users/{person}/password/", json={"password": PASSWORD}).status_code == 204
    answer = sign_in(stack, person, PASSWORD)
    assert answer.status_code == 200, answer.text
    them = as_(answer.json()["access_token"])
    assert (them.get("/users/me/").json()["email"], them.get("/users/me/").json()["role"]) == (person, "responder")
    number = api.post("/incidents/", json=alert()).json()["short_id"]
    them.post(f"/incidents/{number}/acknowledge/").raise_for_status()


def test_who_changes_their_own_says_the_one_before_and_what_it_opened_is_closed(
    api: httpx.Client, stack: Stack, as_: As, person: str
) -> None:
    api.put(f"/users/{person}/password/", json={"password": PASSWORD}).raise_for_status()
    them = as_(sign_in(stack, person, PASSWORD).json()["access_token"])
    for current in (None, "wrong"):
        refused = them.put("/users/me/password/", json={"password": "another long word", "current": current})
        require_problem(refused, 422, "current")
    changed = them.put("/users/me/password/", json={"password": "another long word", "current": PASSWORD})
    assert changed.status_code == 204
    assert them.get("/users/me/").status_code == 401
    assert sign_in(stack, person, PASSWORD).status_code == 401
    assert sign_in(stack, person, "another long word").status_code == 200


def test_tokens_are_given_listed_without_their_text_and_revoked(api: httpx.Client, as_: As, person: str) -> None:
    them = as_(token_for(api, person))
    assert them.get("/users/me/").json()["email"] == person
    (listed,) = them.get("/users/me/tokens/").json()["items"]
    assert (listed["name"], set(listed)) == ("laptop", {"id", "name", "expires_at"})
    assert api.delete(f"/users/{person}/tokens/{listed['id']}/").status_code == 204
    assert them.get("/users/me/").status_code == 401
    assert api.get(f"/users/{person}/tokens/").json()["items"] == []
    assert api.delete(f"/users/{person}/tokens/{listed['id']}/").status_code == 404


def test_nobody_takes_what_is_not_theirs_to_give(api: httpx.Client, as_: As, person: str) -> None:
    responder = as_(token_for(api, person))
    manager_email = f"b-{uuid4().hex[:8]}@example.com"
    api.post("/users/", json={"email": manager_email, "name": "Mo", "role": "manager"}).raise_for_status()
    manager = as_(token_for(api, manager_email))
    admin = api.get("/users/me/").json()["email"]
    for caller, whose in ((responder, manager_email), (responder, admin), (manager, admin)):
        assert caller.put(f"/users/{whose}/password/", json={"password": PASSWORD}).status_code == 403
        assert caller.post(f"/users/{whose}/tokens/", json={"name": "mine"}).status_code == 403
        assert caller.get(f"/users/{whose}/tokens/").status_code == 403
    assert manager.post(f"/users/{person}/tokens/", json={"name": "new laptop"}).status_code == 201
    assert api.post("/users/nobody@example.com/tokens/", json={"name": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x", "expires_at": "yesterday"}, "expires_at"),
        ({"name": 5}, "name"),
    ],
)
def test_a_token_that_cannot_be(api: httpx.Client, person: str, body: dict[str, Any], field: str) -> None:
    require_problem(api.post(f"/users/{person}/tokens/", json=body), 422, field)


def test_a_token_that_is_over_before_it_begins(api: httpx.Client, as_: As, person: str) -> None:
    now = datetime.now(UTC)
    over = {"name": "x", "expires_at": (now - timedelta(hours=1)).isoformat()}
    require_problem(api.post(f"/users/{person}/tokens/", json=over), 422, "expires_at")
    token = token_for(api, person, expires_at=(now + timedelta(hours=1)).isoformat())
    assert as_(token).get("/users/me/").status_code == 200


@pytest.mark.parametrize("password", ["short", "", 5, None, "nul\x00 in the middle"])
def test_a_password_that_cannot_be(api: httpx.Client, person: str, password: Any) -> None:
    require_problem(api.put(f"/users/{person}/password/", json={"password": password}), 422, "password")
