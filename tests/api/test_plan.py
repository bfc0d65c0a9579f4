"""The preview is the truth: the plan of before and the ledger of after are one list."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from temporalio.client import Client

from db.catalogue.writing import write
from db.engine import make_engine, make_sessions
from domain.catalogue import Catalogue
from tests.support.product import Product
from tests.support.servers import Addresses
from tests.support.waiting import wait_for

CHANNELS = ("slack", "email", "sms", "phone", "push")
FASTEST, SLOWER = 3600, 1800
AT_ONCE = 10
PATIENCE = 240
"""Seconds: hosts are slow, and many drills run side by side."""
REST = 20
"""Seconds from pages to what ends or changes everything: of what leaves late nothing is told any more after it."""
PEOPLE = ("one", "two", "three", "four", "gone")
"""Each organisation has people of its own: whose turn it is does not depend on the others."""
LONG_AGO, FAR_AHEAD = "2020-01-01T00:00:00Z", "2040-01-01T00:00:00Z"

channels = st.sampled_from(CHANNELS)
own_rules = st.none()
some_people = st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=4, unique=True)
picks = st.sampled_from(["all", "round_robin", "least_paged"])
schedules = st.sampled_from([None, "core", "nobody"])


def target(kind: str, channel: st.SearchStrategy[Any] = own_rules | channels, **more: Any) -> Any:
    return st.fixed_dictionaries({"kind": st.just(kind), "channel": channel, **more})


targets = st.one_of(
    target("on_call", schedule=schedules, level=st.integers(1, 2)),
    target("next_on_call", schedule=schedules, level=st.integers(1, 2)),
    target("team", pick=picks),
    target("team_channel", channels),
    target("manager"),
    target("title", title=st.sampled_from(["Chief", "Pope"])),
    target("person", email=st.sampled_from(PEOPLE)),
    target("people", emails=some_people, pick=picks),
    target("lead"),
    target("chat_channel", st.just("slack"), name=st.just("#critical")),
    target("emails", st.just("email"), addresses=some_people),
    target("webhook", st.just("webhook"), url=st.just("https://example.com/hook")),
)

hours = st.sampled_from(
    [
        {"from": "00:00", "until": "24:00"},
        {"from": "00:00", "until": "24:00", "of_person": True},
        {"weekdays": ["far"], "from": "00:00", "until": "24:00"},
        {"weekdays": ["far"], "from": "00:00", "until": "24:00", "of_person": True},
    ]
)
"""Always, or on a day that is neither today nor beside it: nothing changes while a drill runs."""

conditions: st.SearchStrategy[dict[str, Any]] = st.sampled_from([{}, {}, {}]) | st.fixed_dictionaries(
    {},
    optional={
        "severities": st.lists(st.sampled_from(["SEV1_CRITICAL", "SEV2_HIGH"]), min_size=1, unique=True),
        "hours": hours,
        "outside_hours": hours,
        "labels": st.sampled_from([{"env": "prod"}, {"env": "test"}]),
        "nobody_on_call": st.booleans(),
        "alerts": st.sampled_from([{"count": 1, "within_seconds": 86_400}, {"count": 2, "within_seconds": 86_400}]),
    },
)

some_targets = st.lists(targets, min_size=1, max_size=3)
rungs = st.one_of(
    st.fixed_dictionaries({"targets": some_targets, "when": conditions}),
    st.fixed_dictionaries({"targets": some_targets}),
    st.fixed_dictionaries(
        {"kind": st.just("wait_until_covered"), "schedule": schedules, "at_most_seconds": st.integers(1, 7200)}
    ),
    st.fixed_dictionaries({"kind": st.just("open_war_room"), "when": conditions}),
    st.fixed_dictionaries({"kind": st.just("assign_role"), "role": st.just("commander"), "to": targets}),
)


@st.composite
def policies(draw: st.DrawFn, scale: int) -> dict[str, Any]:
    waits = draw(st.lists(st.integers(0, 3600), min_size=1, max_size=5))
    steps = [{"after_seconds": sum(waits[: number + 1]), **draw(rungs)} for number in range(len(waits))]
    policy: dict[str, Any] = {
        "steps": steps,
        "repeat": draw(st.sampled_from(["last", "all"])),
        "repeat_seconds": draw(st.integers(600, 3600)),
        "max_rounds": draw(st.integers(1, 3)),
        "owner": draw(st.sampled_from([None, "four"])),
        "persist": [
            {"after_seconds": after, "targets": draw(some_targets)}
            for after in draw(st.lists(st.integers(600, 3600), max_size=2))
        ],
        "acknowledgement_timeout_seconds": draw(st.sampled_from([None, REST * scale])),
        "working_hours": draw(
            st.sampled_from([None, {"from": "00:00", "until": "24:00", "severities": ["SEV3_MEDIUM"]}])
        ),
    }
    if draw(st.integers(0, 3)) == 0:
        policy["steps"].append({"after_seconds": sum(waits) + REST * scale, "kind": "resolve", "note": "it passes"})
    return policy


def rule(urgency: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"urgency": st.just(urgency), "after_seconds": st.sampled_from([0, 300, 900]), "channel": channels}
    )


users = st.fixed_dictionaries(
    {
        "time_zone": st.sampled_from(["UTC", "Asia/Kolkata", "America/Chicago"]),
        "contact_methods": st.lists(
            st.fixed_dictionaries({"channel": channels, "address": st.just("+33612345678"), "verified": st.booleans()}),
            max_size=3,
            unique_by=str,
        ),
        "notification_rules": st.lists(rule("high") | rule("low"), max_size=4),
        "quiet_hours": st.sampled_from(
            [[], [{"from": "00:00", "until": "24:00", "severities": ["SEV1_CRITICAL", "SEV3_MEDIUM"]}]]
        ),
        "days_away": st.sampled_from([[], [], [], [{"start": LONG_AGO, "end": FAR_AHEAD}]]),
    }
)


@st.composite
def organisations(draw: st.DrawFn, scale: int) -> dict[str, Any]:
    """A policy, people with rules of their own, a schedule of two levels, a team that may lack any of it."""
    return {
        "policy": draw(policies(scale)),
        "users": [draw(users) for _ in PEOPLE],
        "team": {
            "on_call": draw(st.sampled_from([None, "one"])),
            "manager": draw(st.sampled_from([None, "two"])),
            "channel": draw(st.sampled_from([None, "#plans"])),
            "members": draw(st.sampled_from([[], ["one", "two", "three"]])),
            "schedule": draw(schedules),
            "time_zone": draw(st.sampled_from(["UTC", "Australia/Lord_Howe"])),
        },
        "layers": [
            {"level": level, "participants": draw(st.lists(some_people, min_size=1, max_size=3))} for level in (1, 2)
        ],
        "severity": draw(st.sampled_from(["SEV1_CRITICAL", "SEV1_CRITICAL", "SEV2_HIGH", "SEV3_MEDIUM", "SEV4_LOW"])),
        "scopes": draw(st.lists(st.sampled_from(["Security", "Legal", "PR"]), unique=True)),
        "acknowledge": draw(st.booleans()),
    }


def catalogue_of(organisation: dict[str, Any], name: str) -> Catalogue:
    """An organisation's entries, under names that no other has."""
    far = (datetime.now(UTC) + timedelta(days=3)).strftime("%a").lower()
    names = {who: f"{who}-{name}@example.com" for who in PEOPLE}
    names |= {schedule: f"{schedule}-{name}" for schedule in ("core", "nobody")} | {
        "far": far,
        "Chief": f"Chief of {name}",
    }

    def named(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: named(one) for key, one in value.items()}
        if isinstance(value, list):
            return [named(one) for one in value]
        return names.get(value, value) if isinstance(value, str) else value

    start = (datetime.now(UTC) - timedelta(days=3)).replace(hour=0, minute=0).isoformat()
    layers = [
        {
            "name": f"level {layer['level']}",
            "level": layer["level"],
            "rotations": [
                {"kind": "weekly", "start": start, "participants": [named(ones) for ones in layer["participants"]]}
            ],
        }
        for layer in organisation["layers"]
    ]
    return Catalogue.model_validate(
        {
            "users": [
                {"email": names[who], "name": who, "title": names["Chief"] if who == "three" else None, **user}
                | ({"is_active": False} if who == "gone" else {})
                for who, user in zip(PEOPLE, organisation["users"], strict=True)
            ],
            "policies": [named(organisation["policy"]) | {"name": name}],
            "schedules": [
                {"name": names["core"], "time_zone": "UTC", "layers": layers},
                {"name": names["nobody"], "time_zone": "UTC", "layers": []},
            ],
            "teams": [named(organisation["team"]) | {"name": name, "policy": name}],
            "services": [{"name": name, "team": name}],
        }
    )


def make(database_url: str, some: list[dict[str, Any]]) -> list[str]:
    """Put organisations into the catalogue; the names of their services."""
    names = [f"plan{uuid4().hex[:10]}" for _ in some]

    async def write_all() -> None:
        engine = make_engine(database_url)
        async with make_sessions(engine).begin() as session:
            for organisation, name in zip(some, names, strict=True):
                await write(session, catalogue_of(organisation, name))
        await engine.dispose()

    asyncio.run(write_all())
    return names


Pages = list[tuple[str, str, str]]


def pages_of(plan: list[dict[str, Any]]) -> Pages:
    assert plan == sorted(plan, key=lambda item: item["at"]), "times never fall"
    assert all(delivery["reason"] for item in plan for delivery in item["deliveries"])
    return [(item["step"], one["recipient"], one["channel"]) for item in plan for one in item["deliveries"]]


def generated(count: int, scale: int) -> list[dict[str, Any]]:
    """So many organisations, the same in each run: one after the other they would keep their drills waiting.

    Args:
        count: how many.
        scale: of the drills.
    """
    some: list[dict[str, Any]] = []

    @settings(
        max_examples=count + 1,  # the first is the simplest that there is
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(organisations(scale))
    def draw(one: dict[str, Any]) -> None:
        some.append(one)

    draw()
    return some[-count:]


def test_the_preview_is_the_truth(api: httpx.Client, shared_product: Product) -> None:
    """What was planned for each organisation is on the ledger after its drill."""
    some = generated(30, FASTEST)
    expected: dict[str, Pages] = {}
    for number in range(0, len(some), AT_ONCE):  # more at once are a long backlog on a busy host
        begun = rehearsed(api, shared_product, some[number : number + AT_ONCE])
        for incident, planned in begun.items():
            require_kept(api, incident, planned, over=False)
        expected |= begun
    for incident, planned in expected.items():
        require_kept(api, incident, planned)


def rehearsed(api: httpx.Client, shared_product: Product, some: list[dict[str, Any]]) -> dict[str, Pages]:
    """A drill of each organisation, and what was planned for it before."""
    expected: dict[str, Pages] = {}
    for organisation, service in zip(some, make(shared_product.database_url, some), strict=True):
        body = {
            "service_name": service,
            "severity": organisation["severity"],
            "impacted_scopes": organisation["scopes"],
            "labels": {"env": "prod"},
            "drill": {"time_scale": FASTEST},
        }
        answer = api.post("/plan/", json=body)
        assert answer.status_code == 200, answer.text
        preview = answer.json()
        assert preview["service"] == service
        planned = pages_of(preview["items"])
        incident = api.post("/incidents/", json=body | {"title": "Rehearsal"}).json()
        expected[incident["id"]] = sorted(planned)
    return expected


def test_the_plan_of_what_is_acknowledged_is_the_truth(
    api: httpx.Client, shared_product: Product, addresses: Addresses
) -> None:
    """Persist deadlines, acknowledgements that time out and the generation that then begins."""
    some = generated(16, SLOWER)
    expected: dict[str, Pages] = {}
    for organisation, service in zip(some, make(shared_product.database_url, some), strict=True):
        body = {
            "service_name": service,
            "severity": "SEV1_CRITICAL",
            "impacted_scopes": organisation["scopes"],
            "drill": {"time_scale": SLOWER},
            "title": "Rehearsal",
        }
        incident = api.post("/incidents/", json=body).json()
        api.post(f"/incidents/{incident['id']}/acknowledge/")
        wait_for(lambda: api.get(f"/incidents/{incident['id']}/").json()["mtta_seconds"])  # noqa: B023
        waits = partial(under_way, addresses, shared_product.stack.namespace, incident["workflow_id"])
        (expected[incident["id"]],) = wait_for(partial(told_and_ahead, api, incident["id"], waits), PATIENCE)

    for incident, planned in expected.items():
        require_kept(api, incident, planned)


def told_and_ahead(api: httpx.Client, incident: str, waits: Callable[[], bool]) -> tuple[Pages] | None:
    """What was told and what is still to come, at a moment when no page is on its way between the two."""
    ahead = pages_of(api.get(f"/incidents/{incident}/plan/").json()["items"])
    if waits():
        return None
    told = ledger(api, incident)
    still = pages_of(api.get(f"/incidents/{incident}/plan/").json()["items"])
    return (sorted({*ahead, *told}),) if still == ahead else None


def under_way(addresses: Addresses, namespace: str, workflow: str) -> bool:
    """Whether a page has been begun that may not be on the ledger."""

    async def describe() -> bool:
        client = await Client.connect(addresses.temporal, namespace=namespace)
        description = await client.get_workflow_handle(workflow).describe()
        return any(one.activity_type.name == "deliver" for one in description.raw_description.pending_activities)

    return asyncio.run(describe())


def require_kept(api: httpx.Client, incident: str, planned: Pages, *, over: bool = True) -> None:
    """In the end the ledger is the plan, and, when it is to be over, nothing is still to come."""
    try:
        wait_for(lambda: ledger(api, incident) == planned and (not over or is_over(api, incident)), PATIENCE)
    except AssertionError:
        ahead = api.get(f"/incidents/{incident}/plan/").json()["items"]
        texts = [event["message"] for event in api.get(f"/incidents/{incident}/events/?limit=500").json()["items"]]
        told = ledger(api, incident)
        more, missing = sorted(set(told) - set(planned)), sorted(set(planned) - set(told))
        assert (more, missing, ahead) == ([], [], []), texts
        raise


def is_over(api: httpx.Client, incident: str) -> bool:
    """Nothing is still to come, by the plan and by the timeline."""
    row = api.get(f"/incidents/{incident}/").json()
    return row["orchestration"] == "COMPLETE" and not api.get(f"/incidents/{incident}/plan/").json()["items"]


def ledger(api: httpx.Client, incident: str) -> Pages:
    """What was begun by the plan: neither the links that came late nor the notice of the end."""
    rows = api.get(f"/incidents/{incident}/notifications/?limit=500").json()["items"]
    by_plan = [row for row in rows if row["step"] != "resolved" and not row["step"].endswith(".links")]
    return sorted((row["step"], row["recipient"], row["channel"]) for row in by_plan)


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
