"""Routes: who hears of a new incident, by which channel and why, seen from outside and edited as data."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.problems import require_problem
from tests.support.processes import Stack

APIS = 2
"""API processes: what one has changed the other must know."""

MAIL, SMS = ("ana@example.com", "email"), ("ana@example.com", "sms")
CHANNEL = ("#sre-core", "slack")
CISO, SECURITY = ("ciso@example.com", "email"), ("security@example.com", "email")
DPO = ("dpo@example.com", "email")


def told(api: httpx.Client, severity: str = "SEV1_CRITICAL", **body: Any) -> dict[tuple[str, str], str]:
    """Who hears of a new incident, by what, and why."""
    asked = {"service_name": "redis-prod", "severity": severity, "at": "2026-11-21T03:12:00Z"} | body
    answer = api.post("/plan/", json=asked)
    assert answer.status_code == 200, answer.text
    found = [one for step in answer.json()["items"] if step["step"] == "p1.created" for one in step["deliveries"]]
    assert all(one["reason"] for one in found)
    by_whom = {(one["recipient"], one["channel"]): one["reason"] for one in found}
    assert len(by_whom) == len(found), "nobody twice by one channel"
    return by_whom


@pytest.fixture
def route(api: httpx.Client) -> Iterator[Any]:
    """Makes routes that are gone after the test."""
    made: list[str] = []

    def make(**facts: Any) -> dict[str, Any]:
        body = {"name": f"route-{uuid4().hex[:8]}", "targets": [{"kind": "chat_channel", "name": "#critical"}]} | facts
        answer = api.post("/routes/", json=body)
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["id"])
        entry: dict[str, Any] = answer.json()
        return entry

    yield make
    for id in made:
        api.delete(f"/routes/{id}/")


@pytest.mark.parametrize(
    ("severity", "scopes", "expected"),
    [
        ("SEV1_CRITICAL", [], {SMS, MAIL, CHANNEL}),
        ("SEV2_HIGH", [], {MAIL, CHANNEL}),
        ("SEV3_MEDIUM", [], {CHANNEL}),
        ("SEV4_LOW", [], set()),
        ("SEV1_CRITICAL", ["Security"], {SMS, MAIL, CHANNEL, CISO, SECURITY}),
        ("SEV2_HIGH", ["Legal"], {MAIL, CHANNEL, DPO}),
        ("SEV3_MEDIUM", ["Security", "Legal"], {CHANNEL, CISO, SECURITY, DPO}),
    ],
)
def test_the_matrix_as_it_is_shipped(
    api: httpx.Client, severity: str, scopes: list[str], expected: set[tuple[str, str]]
) -> None:
    """REQUIREMENTS R-E-02, R-B-14, R-D-05."""
    assert told(api, severity, impacted_scopes=scopes).keys() == expected


def test_overlapping_addresses_are_told_once(api: httpx.Client, route: Any) -> None:
    """REQUIREMENTS R-E-01: `told` fails on whoever is there twice."""
    scope = f"scope-{uuid4().hex[:8]}"
    emails = ["ana@example.com", "ciso@example.com", "dpo@example.com"]
    api.post("/scopes/", json={"name": scope, "notify_emails": emails}).raise_for_status()
    route(
        targets=[{"kind": "emails", "addresses": ["ciso@example.com"]}, {"kind": "chat_channel", "name": "#sre-core"}]
    )
    found = told(api, impacted_scopes=["Security", "Legal", scope])
    assert found.keys() == {SMS, MAIL, CHANNEL, CISO, SECURITY, DPO}


def test_a_route_edited_here_holds_there_at_once(stack: Stack, api: httpx.Client, route: Any) -> None:
    with stack.client(1) as other:
        critical = ("#critical", "slack")
        assert critical not in told(other)
        made = route(when={"severities": ["SEV1_CRITICAL"]})
        assert critical in told(other)
        assert critical not in told(other, "SEV2_HIGH")
        targets = [{"kind": "chat_channel", "name": "#monitoring"}]
        api.patch(f"/routes/{made['id']}/", json={"targets": targets}).raise_for_status()
        assert critical not in told(other)
        assert ("#monitoring", "slack") in told(other)
        api.patch(f"/routes/{made['name']}/", json={"is_active": False}).raise_for_status()
        assert ("#monitoring", "slack") not in told(other)


@pytest.mark.parametrize(
    ("facts", "holds", "does_not"),
    [
        ({"when": {"labels": {"env": "prod"}}}, {"labels": {"env": "prod"}}, {"labels": {"env": "dev"}}),
        ({"when": {"services": ["search"]}}, {"service_name": "search"}, {"service_name": "ingress"}),
        ({"when": {"scopes": ["PR"]}}, {"impacted_scopes": ["PR"]}, {"impacted_scopes": ["Legal"]}),
        ({"teams": ["Web Experience"]}, {"service_name": "search"}, {"service_name": "redis-prod"}),
        (
            {"when": {"hours": {"from": "09:00", "until": "17:00", "zone": "Asia/Kolkata"}}},
            {"at": "2026-11-21T03:30:00Z"},
            {"at": "2026-11-21T03:29:59Z"},
        ),
        (
            {"when": {"hours": {"weekdays": ["sat"]}}},  # by the clocks of the team, Europe/Paris
            {"at": "2026-11-20T23:00:00Z"},
            {"at": "2026-11-20T22:59:59Z"},
        ),
    ],
)
def test_when_a_route_applies(
    api: httpx.Client, route: Any, facts: dict[str, Any], holds: dict[str, Any], does_not: dict[str, Any]
) -> None:
    route(**facts)
    assert ("#critical", "slack") in told(api, **holds)
    assert ("#critical", "slack") not in told(api, **does_not)


def test_the_order_of_routes(api: httpx.Client, route: Any) -> None:
    def names() -> list[str]:
        items = api.get("/routes/?limit=500").json()["items"]
        assert [item["position"] for item in items] == list(range(len(items)))
        return [item["name"] for item in items]

    shipped = names()
    assert shipped == ["SEV1", "SEV2", "SEV3"]
    last, first = route(), route(position=0)
    assert names() == [first["name"], *shipped, last["name"]]
    api.patch(f"/routes/{last['id']}/", json={"position": 1}).raise_for_status()
    assert names() == [first["name"], last["name"], *shipped]
    api.patch(f"/routes/{first['id']}/", json={"position": 99}).raise_for_status()
    assert names() == [last["name"], *shipped, first["name"]]
    page = api.get("/routes/?limit=2").json()
    rest = api.get(f"/routes/?limit=500&cursor={page['next_cursor']}").json()["items"]
    assert [one["name"] for one in [*page["items"], *rest]] == names()


def test_quiet_hours_and_days_away(api: httpx.Client, route: Any) -> None:
    """In quiet hours a loud channel becomes a gentle one; whoever is away is not told."""
    name = uuid4().hex[:8]
    person = f"{name}@example.com"
    methods = [
        {"channel": channel, "address": address, "verified": True}
        for channel, address in (("sms", "+33612345678"), ("slack", "U1"))
    ]
    quiet = [{"weekdays": ["sat", "sun"], "from": "22:00", "until": "08:00"}]
    away = [{"start": "2026-12-24T00:00:00Z", "end": "2026-12-27T00:00:00Z"}]
    facts = {"contact_methods": methods, "quiet_hours": quiet, "days_away": away, "time_zone": "America/Chicago"}
    api.post("/users/", json={"email": person, "name": "Gil Sato"} | facts).raise_for_status()
    api.post("/teams/", json={"name": name, "on_call": person}).raise_for_status()
    api.post("/services/", json={"name": name, "team": name}).raise_for_status()
    route(teams=[name], targets=[{"kind": "on_call", "channel": "sms"}])

    def by(at: str, severity: str = "SEV3_MEDIUM") -> dict[str, str]:
        found = told(api, severity, service_name=name, at=at)
        return {channel: reason for (who, channel), reason in found.items() if who == person}

    saturday_22, sunday_8 = "2026-11-22T04:00:00Z", "2026-11-22T14:00:00Z"
    assert by("2026-11-22T03:59:00Z").keys() == {"sms"}
    assert by(saturday_22) == {"slack": f"on call for {name}; quiet hours"}
    assert by("2026-11-22T13:59:00Z").keys() == {"slack"}, "they run across midnight"
    assert by(sunday_8).keys() == {"sms"}
    assert "sms" in by(saturday_22, "SEV1_CRITICAL"), "SEV1 wakes"
    assert by("2026-12-25T12:00:00Z") == {}
    assert by("2026-12-27T00:00:00Z").keys() == {"sms"}


def test_bad_plans(api: httpx.Client) -> None:
    body = {"service_name": "redis-prod", "severity": "SEV1_CRITICAL"}
    require_problem(api.post("/plan/", json=body | {"labels": {"env": 5}}), 422, "labels")
    require_problem(api.post("/plan/", json=body | {"labels": "env=prod"}), 422, "labels")
    assert api.post("/plan/", json=body | {"at": "1970-01-01T00:00:00Z"}).status_code == 200
    assert api.post("/plan/", json=body | {"at": "2198-12-31T23:59:59Z"}).status_code == 200
    require_problem(api.post("/plan/", json=body | {"at": "9000-12-31T23:59:59Z"}), 422, "at")
    require_problem(api.get("/policies/ladder/readiness/?at=9000-12-31T23:59:59Z"), 422, "at")
