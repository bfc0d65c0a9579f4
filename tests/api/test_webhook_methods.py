"""Webhooks of people: the code and test pages are really posted, and it is said when they are not taken."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
import pytest_asyncio
from pydantic import SecretStr

from api.app import create_app
from config.settings import Settings
from tests.support.problems import require_problem
from tests.support.product import Product
from tests.support.receiver import SECRET, Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest_asyncio.fixture
async def here(api: httpx.Client, settings: Settings, shared_product: Product) -> AsyncIterator[httpx.AsyncClient]:
    """The product's API in this process: it signs, and may post to this machine."""
    changes = {"allow_private_addresses": True, "webhook_secret": SecretStr(SECRET)}
    app = create_app(settings.model_copy(update=changes | {"database_url": shared_product.database_url}))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        base = "http://test/api/v1"
        async with httpx.AsyncClient(transport=transport, base_url=base, headers=api.headers, timeout=60) as client:
            yield client


async def a_method(client: httpx.AsyncClient, url: str) -> tuple[str, str]:
    """A new person's address, and the path of their webhook."""
    person = f"h-{uuid4().hex[:8]}@example.com"
    (await client.post("/users/", json={"email": person, "name": "Gil Sato"})).raise_for_status()
    body = {"channel": "webhook", "address": url}
    made = await client.post(f"/users/{person}/contact-methods/", json=body)
    assert made.status_code == 201, made.text
    return person, f"/users/{person}/contact-methods/{made.json()['id']}/"


def kept(database: psycopg.Connection[Any], person: str) -> list[tuple[Any, ...]]:
    query = "SELECT kind, provider, status, error FROM notices WHERE recipient = %s ORDER BY created_at"
    return database.execute(query, (person,)).fetchall()


async def test_verified_by_the_code_that_was_posted(
    here: httpx.AsyncClient, receiver: Receiver, database: psycopg.Connection[Any]
) -> None:
    person, method = await a_method(here, receiver.url)
    sent = await here.post(f"{method}send-code/")
    assert sent.status_code == 200 and sent.json()["sent"], sent.text
    (said,) = receiver.said()
    assert said["type"] == "verification_code"
    code = re.search(r"\b\d{6}\b", said["data"]["message"])
    assert code is not None and code[0] not in sent.text
    assert (await here.get(f"/users/{person}/inbox/")).json()["items"] == [], "who reads it there has no webhook"
    assert kept(database, person) == [("verification_code", "webhook", "sent", None)]
    assert (await here.post(f"{method}verify/", json={"code": code[0]})).json()["verified"]


async def test_an_address_that_does_not_take_the_code(
    here: httpx.AsyncClient, receiver: Receiver, database: psycopg.Connection[Any]
) -> None:
    receiver.status = 404
    person, method = await a_method(here, receiver.url)
    answer = await here.post(f"{method}send-code/")
    require_problem(answer, 422, "address")
    assert "127.0.0.1 answers 404" in answer.json()["detail"] and "5ecret" not in answer.text
    assert kept(database, person) == [("verification_code", "webhook", "failed", "webhook: 127.0.0.1 answers 404")]
    assert len(receiver.received) == 1
    _, nowhere = await a_method(here, "http://xn--/x")
    require_problem(await here.post(f"{nowhere}send-code/"), 422, "address")


async def test_a_test_page_is_posted_and_a_failure_is_told(
    here: httpx.AsyncClient, receiver: Receiver, database: psycopg.Connection[Any]
) -> None:
    person, method = await a_method(here, receiver.url)
    database.execute("UPDATE contact_methods SET verified_at = now() WHERE address = %s", (receiver.url,))
    (sent,) = (await here.post(f"{method}test/")).json()["items"]
    assert (sent["provider"], sent["status"], sent["error"]) == ("webhook", "sent", None)
    (said,) = receiver.said()
    assert said["type"] == "test_page" and said["data"]["message"].startswith("Test page from Tocsin by webhook")
    receiver.status = 500
    sent = {one["channel"]: one for one in (await here.post(f"/users/{person}/test-page/")).json()["items"]}
    assert (sent["webhook"]["status"], sent["webhook"]["error"]) == ("failed", "webhook: 127.0.0.1 answers 500")
    assert sent["email"]["status"] == "sent"
    assert "5ecret" not in str(kept(database, person))


async def test_private_addresses_are_not_posted_to_unless_they_are_allowed(
    api: httpx.Client, here: httpx.AsyncClient, receiver: Receiver
) -> None:
    _, method = await a_method(here, receiver.url)
    answer = await asyncio.to_thread(api.post, f"{method}send-code/")
    require_problem(answer, 422, "address")
    assert "not allowed here" in answer.json()["detail"] and receiver.received == []


TO_TEAM = {"kind": "team_channel", "channel": "webhook"}


@pytest.mark.parametrize(
    ("door", "body", "field"),
    [
        ("policies", {"steps": [{"after_seconds": 0, "targets": [{"kind": "on_call"}, TO_TEAM]}]}, "steps.0.targets.1"),
        (
            "policies",
            {"steps": [{"kind": "assign_role", "after_seconds": 0, "role": "x", "to": TO_TEAM}]},
            "steps.0.to",
        ),
        ("routes", {"targets": [TO_TEAM]}, "targets.0"),
        ("routes", {"targets": [{"kind": "chat_channel", "name": "#x", "channel": "webhook"}]}, "targets.0"),
    ],
)
def test_a_channel_of_a_chat_is_not_told_by_webhook(
    api: httpx.Client, door: str, body: dict[str, Any], field: str
) -> None:
    name = uuid4().hex
    require_problem(api.post(f"/{door}/", json={"name": name, **body}), 422, f"{field}.channel")
    files = {"catalogue": {door: [{"name": name, **body}]}}
    require_problem(api.post("/catalogue/apply/", json=files), 422, f"{door}.0.{field}.channel")


def test_nor_when_a_policy_of_an_acknowledged_incident_goes_on(api: httpx.Client) -> None:
    steps = [{"after_seconds": 0, "targets": [{"kind": "on_call"}]}]
    persist = [{"after_seconds": 60, "targets": [TO_TEAM]}]
    body = {"name": uuid4().hex, "steps": steps, "persist": persist}
    require_problem(api.post("/policies/", json=body), 422, "persist.0.targets.0.channel")
