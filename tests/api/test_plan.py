"""The preview is the truth: the plan of before and the ledger of after are one list."""

import json
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.policy import Policy
from tests.support.waiting import wait_for

PEOPLE = ("ana@example.com", "bo@example.com", "cy@example.com", "gone@example.com")
CHANNELS = ("slack", "email", "sms", "phone", "push")
FASTEST = 3600
WAIT_SECONDS = 180
"""Ten ladders at once on a machine that is shared; an idle one needs twelve."""

channels = st.sampled_from(CHANNELS)
targets = st.one_of(
    st.builds(lambda channel: {"kind": "on_call", "channel": channel}, channels),
    st.builds(lambda channel: {"kind": "team_channel", "channel": channel}, channels),
    st.builds(lambda channel: {"kind": "manager", "channel": channel}, channels),
    st.builds(
        lambda channel, title: {"kind": "title", "title": title, "channel": channel},
        channels,
        st.sampled_from(["CTO", "Engineering manager", "Pope"]),
    ),
    st.builds(
        lambda channel, email: {"kind": "person", "email": email, "channel": channel},
        channels,
        st.sampled_from(PEOPLE),
    ),
)


@st.composite
def organisations(draw: st.DrawFn) -> dict[str, Any]:
    """A policy, and a team that may lack an on-call person, a manager or a channel."""
    waits = draw(st.lists(st.integers(0, 3600), min_size=1, max_size=6))
    steps = [
        {"after_seconds": sum(waits[: number + 1]), "targets": draw(st.lists(targets, min_size=1, max_size=4))}
        for number in range(len(waits))
    ]
    policy = {
        "steps": steps,
        "repeat_seconds": draw(st.integers(60, 3600)),
        "max_rounds": draw(st.integers(1, 4)),
    }
    return {
        "policy": policy,
        "on_call": draw(st.sampled_from([None, "ana@example.com"])),
        "manager": draw(st.sampled_from([None, "dee@example.com"])),
        "channel": draw(st.sampled_from([None, "#plans"])),
        "severity": draw(st.sampled_from(["SEV1_CRITICAL", "SEV2_HIGH", "SEV3_MEDIUM", "SEV4_LOW"])),
        "scopes": draw(st.lists(st.sampled_from(["Security", "Legal", "PR"]), unique=True)),
    }


def make(database: psycopg.Connection[Any], organisation: dict[str, Any]) -> str:
    """Put it into the catalogue; the name of its service."""
    name, policy, team = f"plan-{uuid4().hex[:10]}", uuid4(), uuid4()
    definition = Policy.model_validate(organisation["policy"] | {"name": name}).model_dump_json()
    database.execute("INSERT INTO policies (id, name, definition) VALUES (%s, %s, %s)", (policy, name, definition))
    database.execute(
        "INSERT INTO teams (id, name, slug, channel, policy_id, on_call_id, manager_id) VALUES (%s, %s, %s, %s, %s,"
        " (SELECT id FROM users WHERE email = %s), (SELECT id FROM users WHERE email = %s))",
        (team, name, name, organisation["channel"], policy, organisation["on_call"], organisation["manager"]),
    )
    database.execute("INSERT INTO services (id, name, team_id) VALUES (%s, %s, %s)", (uuid4(), name, team))
    return name


# The same examples every time, and no smaller ones looked for: each takes as long as its ladders do.
@pytest.mark.timeout(900)
@settings(
    max_examples=3,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(organisations(), min_size=10, max_size=10))
def test_the_preview_is_the_truth(
    api: httpx.Client, database: psycopg.Connection[Any], some: list[dict[str, Any]]
) -> None:
    expected: dict[str, list[tuple[str, str, str]]] = {}
    for organisation in some:
        service = make(database, organisation)
        body = {
            "service_name": service,
            "severity": organisation["severity"],
            "impacted_scopes": organisation["scopes"],
            "drill": {"time_scale": FASTEST},
        }
        plan = plan_of(api, body)
        assert plan == sorted(plan, key=lambda item: item["at"]), "times never fall"
        incident = api.post("/incidents/", json=body | {"title": "Rehearsal"}).json()
        assert incident["service"]["name"] == service
        expected[incident["id"]] = [
            (item["step"], delivery["recipient"], delivery["channel"])
            for item in plan
            for delivery in item["deliveries"]
        ]

    for incident, planned in expected.items():

        def climbed(incident: str = incident) -> bool:
            row = api.get(f"/incidents/{incident}/").json()
            events = api.get(f"/incidents/{incident}/events/?limit=500").json()["items"]
            climbs = row["severity"] in ("SEV1_CRITICAL", "SEV2_HIGH")
            limit = any(event["data"].get("limit") for event in events)
            return row["orchestration"] == "COMPLETE" and (limit or not climbs)

        wait_for(climbed, WAIT_SECONDS)
        wait_for(lambda: ledger(api, incident) == sorted(planned), WAIT_SECONDS)  # noqa: B023
        assert api.get(f"/incidents/{incident}/plan/").json()["items"] == []


def plan_of(api: httpx.Client, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The preview, once the process has heard of the service: it was put into the catalogue past the front door."""

    def preview() -> list[dict[str, Any]] | None:
        answer = api.post("/plan/", json=body).raise_for_status().json()
        return answer["items"] if answer["service"] == body["service_name"] else None

    items: list[dict[str, Any]] = wait_for(preview, WAIT_SECONDS)
    return items


def ledger(api: httpx.Client, incident: str) -> list[tuple[str, str, str]]:
    rows = api.get(f"/incidents/{incident}/notifications/?limit=500").json()["items"]
    return sorted((row["step"], row["recipient"], row["channel"]) for row in rows)


def test_the_default_ladder(api: httpx.Client) -> None:
    """REQUIREMENTS R-F-01: minutes 0, 5, 15, 30, 60; then the last rung again, to the round limit."""
    body = {"service_name": "redis-prod", "severity": "SEV1_CRITICAL", "at": "2026-11-21T03:12:00Z"}
    items = api.post("/plan/", json=body).json()["items"]
    assert [(item["step"], item["at"][11:16]) for item in items] == [
        ("p1.created", "03:12"),
        ("p1.r1.s1", "03:12"),
        ("p1.r1.s2", "03:17"),
        ("p1.r1.s3", "03:27"),
        ("p1.r1.s4", "03:42"),
        ("p1.r1.s5", "04:12"),
        ("p1.r2.s5", "04:42"),
        ("p1.r3.s5", "05:12"),
    ]
    assert [(d["recipient"], d["channel"]) for d in items[5]["deliveries"]] == [("fay@example.com", "email")]
    assert json.dumps(items).count("reason") == sum(len(item["deliveries"]) for item in items)


def test_a_drill_is_faster(api: httpx.Client) -> None:
    body = {"service_name": "redis-prod", "severity": "SEV1_CRITICAL", "at": "2026-11-21T03:12:00Z", "drill": True}
    items = api.post("/plan/", json=body).json()["items"]
    assert [item["at"][14:19] for item in items] == [
        "12:00",
        "12:00",
        "12:05",
        "12:15",
        "12:30",
        "13:00",
        "13:30",
        "14:00",
    ]
