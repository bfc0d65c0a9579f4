"""People: their own profiles, who may change whom, whether they can be reached, test pages."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.problems import require_problem

AsRole = Callable[[str], httpx.Client]


def a_person(api: httpx.Client, **changes: Any) -> dict[str, Any]:
    body = {"email": f"p-{uuid4().hex[:8]}@example.com", "name": "Gil Sato"} | changes
    made = api.post("/users/", json=body)
    assert made.status_code == 201, made.text
    person: dict[str, Any] = made.json()
    return person


def readiness(api: httpx.Client, who: str, **query: str) -> dict[str, Any]:
    answer = api.get(f"/users/{who}/readiness/", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


VERIFIED_SMS = {"channel": "sms", "address": "+33612345678", "verified": True}


def test_everybody_edits_their_own_profile(as_role: AsRole) -> None:
    with as_role("viewer") as client:
        me = client.get("/users/me/").json()
        changes = {
            "name": "Gil S.",
            "time_zone": "Australia/Lord_Howe",
            "language": "pt-BR",
            "notification_rules": [{"urgency": "high", "after_seconds": 60, "channel": "phone"}],
            "quiet_hours": [{"weekdays": ["sat", "sun"], "from": "22:00", "until": "08:00"}],
            "days_away": [{"start": "2026-12-24T00:00:00Z", "end": "2026-12-27T00:00:00Z", "reason": "Family"}],
        }
        answer = client.patch("/users/me/", json=changes)
        assert answer.status_code == 200, answer.text
        assert {name: answer.json()[name] for name in changes if name != "quiet_hours"} == {
            name: value for name, value in changes.items() if name != "quiet_hours"
        }
        quiet = answer.json()["quiet_hours"][0]
        assert (quiet["from"], quiet["severities"]) == ("22:00", ["SEV3_MEDIUM", "SEV4_LOW"])
        assert client.get(f"/users/{me['email']}/").json() == answer.json()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("role", "admin"),
        ("title", "CTO"),
        ("is_active", False),
        ("email", "else@example.com"),
        ("contact_methods", [VERIFIED_SMS]),
    ],
)
def test_what_nobody_gives_themselves(as_role: AsRole, field: str, value: Any) -> None:
    with as_role("responder") as client:
        require_problem(client.patch("/users/me/", json={field: value}), 403, field)


def test_nobody_edits_others(as_role: AsRole, api: httpx.Client) -> None:
    other = a_person(api, contact_methods=[VERIFIED_SMS])
    with as_role("responder") as client:
        here = f"/users/{other['email']}/"
        for answer in (
            client.patch(here, json={"name": "X"}),
            client.delete(here),
            client.get(f"{here}contact-methods/"),
            client.post(f"{here}contact-methods/", json={"channel": "sms", "address": "+33612345678"}),
            client.post(f"{here}test-page/"),
        ):
            require_problem(answer, 403)
        seen = client.get(f"/users/{other['email']}/").json()["contact_methods"]
    assert seen == [{"channel": "sms", "address": "…78", "verified": True}], "that there is one, not which"
    assert api.get(f"/users/{other['email']}/").json()["contact_methods"] == [VERIFIED_SMS]


@pytest.mark.parametrize("change", [{"role": "admin"}, {"role": "viewer"}])
def test_only_an_admin_touches_admins(as_role: AsRole, api: httpx.Client, change: dict[str, str]) -> None:
    admin = a_person(api, role="admin")
    person = a_person(api)
    who = person if change["role"] == "admin" else admin
    with as_role("manager") as client:
        require_problem(client.patch(f"/users/{who['email']}/", json=change), 403)
        require_problem(client.delete(f"/users/{admin['email']}/"), 403)
        require_problem(client.post("/users/", json={"email": "a@b.example", "name": "A", "role": "admin"}), 403)
        require_problem(client.post(f"/users/{admin['email']}/test-page/"), 403)
        assert client.patch(f"/users/{person['email']}/", json={"role": "manager"}).status_code == 200
    assert api.patch(f"/users/{who['email']}/", json=change).status_code == 200


def test_the_last_admin_stays(api: httpx.Client, database: psycopg.Connection[Any]) -> None:
    me = api.get("/users/me/").json()
    others = [row[0] for row in database.execute("SELECT id FROM users WHERE role = 'admin' AND id <> %s", (me["id"],))]
    database.execute("UPDATE users SET role = 'viewer' WHERE id = ANY(%s)", (others,))
    try:
        answer = api.patch("/users/me/", json={"role": "manager"})
        require_problem(answer, 409)
        assert "last admin" in answer.json()["detail"]
    finally:
        database.execute("UPDATE users SET role = 'admin' WHERE id = ANY(%s)", (others,))


@pytest.mark.parametrize("role", ["manager", "admin"])
def test_nobody_locks_themselves_out(as_role: AsRole, role: str) -> None:
    with as_role(role) as client:
        require_problem(client.patch("/users/me/", json={"is_active": False}), 409, "is_active")
        require_problem(client.delete("/users/me/"), 409)
        assert client.get("/users/me/").json()["is_active"]


def test_numbers_are_kept_as_they_are_dialled(api: httpx.Client) -> None:
    here = f"/users/{a_person(api)['email']}/"
    method = {"channel": "phone", "address": "+33 6 11 11 11 11"}
    assert api.patch(here, json={"contact_methods": [method]}).json()["contact_methods"] == [
        {"channel": "phone", "address": "+33611111111", "verified": False}
    ]
    twice = [method, {"channel": "phone", "address": "+33611111111"}]
    require_problem(api.patch(here, json={"contact_methods": twice}), 422, "contact_methods.1.address")


def test_an_address_stays_verified_until_somebody_says_otherwise(api: httpx.Client) -> None:
    who = a_person(api, contact_methods=[VERIFIED_SMS])["email"]
    plain = {"channel": "sms", "address": "+33 6 12 34 56 78"}
    mail = {"channel": "email", "address": "gil@example.com"}
    for methods, verified in (
        ([plain, mail], {"sms": True, "email": False}),
        ([plain | {"verified": False}], {"sms": False}),
        ([plain], {"sms": False}),
    ):
        answer = api.patch(f"/users/{who}/", json={"contact_methods": methods})
        assert answer.status_code == 200, answer.text
        assert {one["channel"]: one["verified"] for one in answer.json()["contact_methods"]} == verified
        assert api.get(f"/users/{who}/").json()["contact_methods"] == answer.json()["contact_methods"]


def test_an_address_in_other_letters_is_the_same(api: httpx.Client) -> None:
    require_problem(api.post("/users/", json={"email": "ANA@example.com", "name": "Ana"}), 409, "email")


def test_who_has_left_keeps_their_history_and_is_not_paged(
    api: httpx.Client, alert: Callable[..., dict[str, Any]]
) -> None:
    person = a_person(api)
    team = api.post("/teams/", json={"name": person["email"], "on_call": person["email"]}).json()
    service = api.post("/services/", json={"name": person["email"], "team": team["name"]}).json()
    plan = {"service_name": service["name"], "severity": "SEV1_CRITICAL"}

    def told() -> set[str]:
        items = api.post("/plan/", json=plan).json()["items"]
        return {delivery["recipient"] for item in items for delivery in item["deliveries"]}

    assert person["email"] in told()
    assert api.patch(f"/users/{person['email']}/", json={"is_active": False}).status_code == 200
    assert person["email"] not in told()
    assert api.get(f"/teams/{team['id']}/").json()["on_call"] == person["email"], "still named, for when they are back"


def test_readiness(api: httpx.Client) -> None:
    nothing = readiness(api, a_person(api)["email"])
    assert nothing["reachable"] and nothing["channels"] == ["email"]
    assert "no contact method" in nothing["faults"][0]

    good = a_person(
        api,
        contact_methods=[VERIFIED_SMS],
        notification_rules=[{"urgency": "high", "channel": "sms"}, {"urgency": "low", "channel": "email"}],
    )
    found = readiness(api, good["email"])
    assert (found["reachable"], found["channels"], found["faults"]) == (True, ["sms", "email"], [])

    phone = {"channel": "phone", "address": "+33612345678"}
    worse = a_person(api, contact_methods=[phone], notification_rules=[{"urgency": "high", "channel": "phone"}])
    assert readiness(api, worse["email"])["faults"] == [
        "has no verified contact method: only mail tells them",
        "has phone that is not verified",
        "has a rule for urgent incidents by phone, and no verified phone",
        "has no rule for urgent incidents that can be used: told by email",
        "has no rule for other incidents that can be used: told by email",
    ]


def test_readiness_of_who_is_away(api: httpx.Client) -> None:
    away = [{"start": "2026-12-24T00:00:00Z", "end": "2026-12-27T00:00:00Z"}]
    person = a_person(api, contact_methods=[VERIFIED_SMS], days_away=away)["email"]
    found = readiness(api, person, at="2026-12-25T00:00:00Z")
    assert not found["reachable"] and found["channels"] == []
    assert found["faults"][0] == "is away until 2026-12-27 00:00 UTC"
    assert readiness(api, person, at="2026-12-27T00:00:00Z")["reachable"]
    gone = a_person(api, is_active=False)["email"]
    assert not readiness(api, gone)["reachable"]


def test_a_test_page_comes_by_every_way(api: httpx.Client, as_role: AsRole) -> None:
    unverified = {"channel": "phone", "address": "+33612345678"}
    person = a_person(api, contact_methods=[VERIFIED_SMS, unverified])["email"]
    sent = api.post(f"/users/{person}/test-page/").json()["items"]
    assert [(one["channel"], one["address"], one["status"]) for one in sent] == [
        ("sms", "+33612345678", "sent"),
        ("email", person, "sent"),
    ]
    messages = api.get(f"/users/{person}/inbox/").json()["items"]
    assert [(one["channel"], one["step"], one["incident"]) for one in messages] == [
        ("email", "test_page", None),
        ("sms", "test_page", None),
    ]
    assert all("Test page" in one["text"] for one in messages)
    for reader in ("viewer", "admin"):
        with as_role(reader) as client:
            assert "+33612345678" not in client.get(f"/users/{person}/inbox/").text, "everybody reads inboxes"
    assert "sms to …78" in messages[1]["text"]


def test_test_pages_have_a_limit(api: httpx.Client) -> None:
    person = a_person(api)["email"]
    statuses = [api.post(f"/users/{person}/test-page/").status_code for _ in range(31)]
    assert statuses == [200] * 30 + [429]
    gone = a_person(api, is_active=False)["email"]
    require_problem(api.post(f"/users/{gone}/test-page/"), 409)


def test_me(as_role: AsRole) -> None:
    with as_role("viewer") as client:
        me = client.get("/users/me/").json()
        assert me["role"] == "viewer"
        assert client.get("/users/me/inbox/").json()["items"] == []
        assert client.get("/users/me/readiness/").json()["user"] == me["email"]
