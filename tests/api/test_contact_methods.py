"""Contact methods: added, verified by a code, changed, used only when they are verified."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.problems import require_problem

Methods = Callable[..., "Method"]


class Method:
    """A contact method of a new person."""

    def __init__(self, api: httpx.Client, channel: str, address: str) -> None:
        self.api = api
        self.person = f"m-{uuid4().hex[:8]}@example.com"
        api.post("/users/", json={"email": self.person, "name": "Gil Sato"}).raise_for_status()
        made = api.post(f"/users/{self.person}/contact-methods/", json={"channel": channel, "address": address})
        assert made.status_code == 201, made.text
        self.made = made.json()
        self.here = f"/users/{self.person}/contact-methods/{self.made['id']}/"

    def send(self) -> httpx.Response:
        return self.api.post(f"{self.here}send-code/")

    def verify(self, code: str) -> httpx.Response:
        return self.api.post(f"{self.here}verify/", json={"code": code})

    @property
    def code(self) -> str:
        """The code that came last."""
        message = self.api.get(f"/users/{self.person}/inbox/").json()["items"][0]
        assert (message["step"], message["incident"]) == ("verification_code", None)
        found = re.search(r"\b\d{6}\b", message["text"])
        assert found, message
        return found.group()

    @property
    def now(self) -> dict[str, Any]:
        items = self.api.get(f"/users/{self.person}/contact-methods/").json()["items"]
        return next(item for item in items if item["id"] == self.made["id"])


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


@pytest.fixture
def method(api: httpx.Client) -> Method:
    return Method(api, "sms", "+33 6 12 34 56 78")


def test_verified_by_the_code_that_was_sent(method: Method) -> None:
    assert (method.made["address"], method.made["verified"]) == ("+33612345678", False)
    sent = method.send()
    assert sent.status_code == 200
    assert method.code not in sent.text, "the code is in the message alone"
    message = method.api.get(f"/users/{method.person}/inbox/").json()["items"][0]
    assert message["channel"] == "sms"
    done = method.verify(method.code)
    assert done.status_code == 200 and done.json()["verified"], done.text
    assert method.now["verified_at"]
    user = method.api.get(f"/users/{method.person}/").json()
    assert user["contact_methods"] == [{"channel": "sms", "address": "+33612345678", "verified": True}]
    require_problem(method.send(), 409)
    assert method.verify("000000").status_code == 200, "it is verified; there is nothing to guess"


def test_the_code_is_not_in_the_database_in_clear(method: Method, database: psycopg.Connection[Any]) -> None:
    method.send()
    row = database.execute("SELECT code_hash FROM contact_methods WHERE id = %s", (method.made["id"],)).fetchone()
    assert row and row[0].startswith("$argon2id$") and method.code not in row[0]


def test_a_code_is_for_its_recipient(method: Method, as_role: Callable[[str], httpx.Client]) -> None:
    method.send()
    with as_role("responder") as client:
        text = client.get(f"/users/{method.person}/inbox/").json()["items"][0]["text"]
    assert method.code not in text


def test_a_manager_reads_no_code_of_an_admin(method: Method, as_role: Callable[[str], httpx.Client]) -> None:
    method.send()

    def text() -> str:
        with as_role("manager") as client:
            return str(client.get(f"/users/{method.person}/inbox/").json()["items"][0]["text"])

    assert method.code in text()
    method.api.patch(f"/users/{method.person}/", json={"role": "admin"}).raise_for_status()
    assert method.code not in text()


def test_a_wrong_code(method: Method) -> None:
    method.send()
    answer = method.verify(wrong(method.code))
    require_problem(answer, 422, "code")
    assert "4 tries are left" in answer.json()["detail"]
    assert not method.now["verified"]
    assert method.verify(method.code).status_code == 200


def test_too_many_wrong_codes(method: Method) -> None:
    method.send()
    for _ in range(5):
        require_problem(method.verify(wrong(method.code)), 422, "code")
    require_problem(method.verify(method.code), 429, "code")
    assert not method.now["verified"]
    method.send()
    assert method.verify(method.code).status_code == 200, "a new code has its own tries"


def test_an_old_code(method: Method, database: psycopg.Connection[Any]) -> None:
    method.send()
    database.execute(
        "UPDATE contact_methods SET code_expires_at = now() - interval '1 second' WHERE id = %s", (method.made["id"],)
    )
    answer = method.verify(method.code)
    require_problem(answer, 422, "code")
    assert "expired" in answer.json()["detail"]
    assert not method.now["verified"]


def test_the_code_before_the_last_one(method: Method) -> None:
    method.send()
    first = method.code
    method.send()
    if first != method.code:
        require_problem(method.verify(first), 422, "code")
    assert method.verify(method.code).status_code == 200


def test_without_a_code(method: Method) -> None:
    require_problem(method.verify("123456"), 409)


def test_a_few_codes_in_an_hour(method: Method) -> None:
    assert [method.send().status_code for _ in range(7)] == [200] * 6 + [429]
    other = method.api.post(f"/users/{method.person}/contact-methods/", json={"channel": "push", "address": "x"}).json()
    answer = method.api.post(f"/users/{method.person}/contact-methods/{other['id']}/send-code/")
    require_problem(answer, 429)


@pytest.mark.parametrize("code", ["12345", "1234567", "abcdef", "", 123456, None])
def test_what_is_no_code(method: Method, code: Any) -> None:
    method.send()
    require_problem(method.api.post(f"{method.here}verify/", json={"code": code}), 422, "code")


def test_another_address_must_be_verified_anew(method: Method) -> None:
    method.send()
    method.verify(method.code).raise_for_status()
    assert method.api.patch(method.here, json={"address": "+33 6 12 34 56 78"}).json()["verified"], "it is the same"
    changed = method.api.patch(method.here, json={"address": "+33600000000"}).json()
    assert (changed["address"], changed["verified"], changed["verified_at"]) == ("+33600000000", False, None)


def test_a_code_does_not_verify_an_address_to_which_it_did_not_go(method: Method) -> None:
    method.send()
    code = method.code
    method.api.patch(method.here, json={"address": "+33600000000"}).raise_for_status()
    require_problem(method.verify(code), 409)


@pytest.mark.parametrize(
    ("channel", "address", "right"),
    [
        ("sms", "0612345678", "+33612345678"),
        ("sms", "+0612345678", "+33612345678"),
        ("phone", "+33", "+33612345678"),
        ("phone", "+3361234567890123", "+33612345678"),
        ("phone", "call me", "+33612345678"),
        ("email", "ana", "e-mail address"),
        ("webhook", "ftp://example.com", "http://"),
        ("webhook", "https://user:secret@example.com/", "no user name"),
        ("slack", "two words", "without spaces"),
        ("push", "", "at least 1"),
    ],
)
def test_bad_addresses(method: Method, channel: str, address: str, right: str) -> None:
    body = {"channel": channel, "address": address}
    answer = method.api.post(f"/users/{method.person}/contact-methods/", json=body)
    require_problem(answer, 422, "address")
    assert right in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"address": "x"}, "channel"),
        ({"channel": "fax", "address": "x"}, "channel"),
        ({"channel": "push"}, "address"),
        ({"channel": "push", "address": "x", "verified": True}, "verified"),
    ],
)
def test_bad_methods(method: Method, body: dict[str, Any], field: str) -> None:
    require_problem(method.api.post(f"/users/{method.person}/contact-methods/", json=body), 422, field)


def test_the_same_address_twice(method: Method) -> None:
    body = {"channel": "sms", "address": "+33612345678"}
    require_problem(method.api.post(f"/users/{method.person}/contact-methods/", json=body), 409, "address")


def test_delete(method: Method) -> None:
    assert method.api.delete(method.here).status_code == 204
    require_problem(method.api.delete(method.here), 404)
    require_problem(method.send(), 404)
    require_problem(method.api.delete(f"/users/ana@example.com/contact-methods/{method.made['id']}/"), 404)


def test_one_is_tried_when_it_is_verified(method: Method) -> None:
    require_problem(method.api.post(f"{method.here}test/"), 409)
    method.send()
    method.verify(method.code).raise_for_status()
    sent = method.api.post(f"{method.here}test/").json()["items"]
    assert [(one["channel"], one["address"]) for one in sent] == [("sms", "+33612345678")]
    assert method.api.get(f"/users/{method.person}/inbox/").json()["items"][0]["step"] == "test_page"


def test_what_is_not_verified_is_not_used(method: Method) -> None:
    """REQUIREMENTS R-D-13: the next verified method takes its place, and the reason says so."""
    target = {"kind": "person", "email": method.person, "channel": "sms"}
    name = method.person
    policy = {"name": name, "steps": [{"after_seconds": 0, "targets": [target]}]}
    method.api.post("/policies/", json=policy).raise_for_status()
    method.api.post("/teams/", json={"name": name, "policy": name}).raise_for_status()
    method.api.post("/services/", json={"name": name, "team": name}).raise_for_status()

    def told() -> tuple[str, str]:
        body = {"service_name": name, "severity": "SEV1_CRITICAL"}
        step = next(i for i in method.api.post("/plan/", json=body).json()["items"] if i["step"] == "p1.r1.s1")
        (delivery,) = step["deliveries"]
        return delivery["channel"], delivery["reason"]

    assert told() == ("email", "named by the policy; no verified sms")
    push = {"channel": "push", "address": "phone", "verified": True}
    sms = {"channel": "sms", "address": "+33612345678", "verified": False}
    method.api.patch(f"/users/{name}/", json={"contact_methods": [sms, push]}).raise_for_status()
    assert told()[0] == "push"
    method.send()
    method.verify(method.code).raise_for_status()
    assert told() == ("sms", "named by the policy")
