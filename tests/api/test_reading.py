"""Lists, filters, figures, health: what can be read, and in which shape."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.processes import Stack
from tests.support.waiting import wait_for

APIS = 2
"""API processes: what one has accepted the other must know."""

Make = Callable[..., dict[str, Any]]

INCIDENT_FIELDS = [
    "responders",
    "roles",
    "id",
    "short_id",
    "title",
    "description",
    "status",
    "severity",
    "service",
    "requested_service_name",
    "team",
    "lead",
    "impacted_scopes",
    "source",
    "fingerprint",
    "labels",
    "links",
    "acknowledgements",
    "alert_count",
    "last_alert_at",
    "lid_link",
    "war_room_id",
    "war_room_link",
    "orchestration",
    "drill",
    "detected_at",
    "created_at",
    "acknowledged_at",
    "acknowledged_by",
    "mitigated_at",
    "resolved_at",
    "resolved_by",
    "snoozed_until",
    "cleared_at",
    "merged_into",
    "resolution_note",
    "root_cause",
    "mttd_seconds",
    "mtta_seconds",
    "mttr_seconds",
    "url",
    "workflow_id",
    "temporal_url",
]


@pytest.fixture(scope="module")
def some(api: httpx.Client) -> list[dict[str, Any]]:
    """Seven incidents that differ, oldest first."""
    mark = uuid4().hex
    bodies: list[dict[str, Any]] = [
        {"severity": "SEV1_CRITICAL", "service_name": "redis-prod", "labels": {"zone": f"north-{mark}"}},
        {"severity": "SEV2_HIGH", "service_name": "search", "labels": {"zone": "south"}},
        {"severity": "SEV3_MEDIUM", "service_name": "search", "title": "100% of %_wild\\cards"},
        {"severity": "SEV4_LOW", "service_name": "ingress", "drill": True},
        {"severity": "SEV4_LOW", "service_name": "ingress", "impacted_scopes": ["Legal", "Security"]},
        {"severity": "SEV4_LOW", "service_name": "billing-worker", "source": "grafana"},
        {"severity": "SEV4_LOW", "service_name": "nope-" + mark},
    ]
    made = []
    for body in bodies:
        alert = {"title": "Some incident", "fingerprint": uuid4().hex} | body
        answer = api.post("/incidents/", json=alert)
        assert answer.status_code == 201
        made.append(answer.json())
    return made


def ids_of(page: dict[str, Any]) -> list[str]:
    """But for what Tocsin itself may report late of a noisy source of the file before this one."""
    return [item["short_id"] for item in page["items"] if item["source"] != "tocsin"]


def found(api: httpx.Client, **query: Any) -> list[str]:
    return ids_of(api.get("/incidents/", params=query).json())


def test_an_incident_has_every_field(api: httpx.Client, some: list[dict[str, Any]]) -> None:
    incident = api.get(f"/incidents/{some[0]['short_id'].lower()}").json()
    assert sorted(incident) == sorted(INCIDENT_FIELDS)
    assert incident["workflow_id"] == f"incident-{incident['short_id']}"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", incident["created_at"])


def test_filters(api: httpx.Client, some: list[dict[str, Any]]) -> None:
    ids = [incident["short_id"] for incident in some]
    assert found(api) == ids[::-1], "newest first"
    assert found(api, severity="SEV1_CRITICAL") == [ids[0]]
    assert found(api, severity=["SEV1_CRITICAL", "SEV2_HIGH"]) == [ids[1], ids[0]]
    assert found(api, service="search") == [ids[2], ids[1]]
    assert found(api, team="Backend Payment") == [ids[5]]
    assert found(api, drill="true") == [ids[3]]
    assert len(found(api, drill="false")) == 6
    assert found(api, label="zone=south") == [ids[1]]
    assert found(api, label="zone") == [ids[1], ids[0]]
    assert found(api, q="NORTH-") == [ids[0]], "part of a label's value, in any case"
    assert found(api, q="%_WILD\\c") == [ids[2]], "part of the title; nothing in it is a wild card"
    assert found(api, q=ids[4].lower())[-1] == ids[4]
    assert found(api, since=some[5]["created_at"]) == [ids[6], ids[5]]
    assert found(api, until=some[1]["created_at"]) == [ids[0]]
    assert found(api, status="RESOLVED") == []


def test_pages_of_a_list(api: httpx.Client, some: list[dict[str, Any]]) -> None:
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 3}
    while True:
        page = api.get("/incidents/", params=query).json()
        seen += ids_of(page)
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == [incident["short_id"] for incident in some][::-1]


@pytest.mark.parametrize("path", ["services", "teams", "users", "scopes", "policies"])
def test_the_catalogue_in_pages(api: httpx.Client, path: str) -> None:
    whole = api.get(f"/{path}/?limit=500").json()["items"]
    assert len(whole) >= 2
    first = api.get(f"/{path}/?limit=1").json()
    second = api.get(f"/{path}/?limit=1&cursor={first['next_cursor']}").json()
    assert [first["items"][0]["id"], second["items"][0]["id"]] == [one["id"] for one in whole[:2]]


def test_the_example_organisation(api: httpx.Client) -> None:
    teams = {team["name"]: team for team in api.get("/teams/").json()["items"]}
    example = [teams[name] for name in ("SRE Core", "Backend Payment", "Web Experience")]
    assert all(team["on_call"] and team["manager"] and team["channel"].startswith("#") for team in example)
    services = {service["name"] for service in api.get("/services/?limit=500").json()["items"]}
    assert services >= {"Unknown/Triage", "redis-prod", "search", "checkout-api", "postgres-main", "ingress"}
    people = api.get("/users/").json()["items"]
    assert sum(person["title"] == "CTO" for person in people) == 1
    assert not any("password" in field for field in people[0])
    assert [scope["name"] for scope in api.get("/scopes/").json()["items"]] == ["Legal", "PR", "Security"]


def test_a_new_service_is_known_at_once_to_every_process(stack: Stack, api: httpx.Client) -> None:
    name = f"new-{uuid4().hex[:8]}"
    miss = {"title": "Before it is there", "service_name": name, "severity": "SEV4_LOW"}
    assert stack.client(1).post("/incidents/", json=miss).json()["service"]["name"] == "Unknown/Triage"
    made = api.post("/services/", json={"name": name, "team": "Backend Payment", "criticality": "TIER_2"})
    assert made.status_code == 201
    assert api.get(f"/services/{made.json()['id']}/").json()["team"] == "Backend Payment"
    body = {"title": "It is there", "service_name": name, "severity": "SEV4_LOW"}
    assert stack.client(1).post("/incidents/", json=body).json()["service"]["name"] == name


def test_scope_addresses_are_told(api: httpx.Client, alert: Make) -> None:
    incident = api.post("/incidents/", json=alert(severity="SEV2_HIGH", impacted_scopes=["Legal", "Security"])).json()

    def told() -> dict[str, str]:
        rows = api.get(f"/incidents/{incident['id']}/notifications/").json()["items"]
        return {row["recipient"]: row["channel"] for row in rows if row["step"] == "p1.created"}

    expected = {"ciso@example.com", "security@example.com", "dpo@example.com"}
    wait_for(lambda: expected <= told().keys())
    assert {told()[address] for address in expected} == {"email"}

    def newest() -> list[str]:
        return [one["incident"] for one in api.get("/users/dpo@example.com/inbox/?limit=1").json()["items"]]

    wait_for(lambda: newest() == [incident["short_id"]])  # on the ledger before it leaves


def test_what_each_severity_sets_in_motion(api: httpx.Client, alert: Make) -> None:
    """REQUIREMENTS R-B-14: rooms for SEV1 and SEV2, the channel for SEV3, nobody for SEV4; a document for all."""
    seen = {}
    for severity in ("SEV1_CRITICAL", "SEV2_HIGH", "SEV3_MEDIUM", "SEV4_LOW"):
        incident = api.post("/incidents/", json=alert(severity=severity)).json()
        done = wait_for(
            lambda: (
                (row := api.get(f"/incidents/{incident['id']}/").json())  # noqa: B023
                and row["orchestration"] == "COMPLETE"
                and row
            )
        )
        rows = api.get(f"/incidents/{incident['id']}/notifications/").json()["items"]
        created = {(row["recipient"], row["channel"]) for row in rows if row["step"] == "p1.created"}
        seen[severity[:4]] = (bool(done["war_room_link"]), bool(done["lid_link"]), created)
    channel, mail, sms = ("#sre-core", "slack"), ("ana@example.com", "email"), ("ana@example.com", "sms")
    assert seen == {
        "SEV1": (True, True, {channel, mail, sms}),
        "SEV2": (True, True, {channel, mail}),
        "SEV3": (False, True, {channel}),
        "SEV4": (False, True, set()),
    }


def test_kpis(api: httpx.Client, database: psycopg.Connection[Any], alert: Make) -> None:
    """REQUIREMENTS R-H-01: 18:25, 18:30, 18:35, 19:00 are 300, 300 and 1,800 seconds; drills are left out."""
    service = f"kpi-{uuid4().hex[:8]}"
    api.post("/services/", json={"name": service, "team": "SRE Core"})
    for drill in (False, True):
        incident = api.post("/incidents/", json=alert(service_name=service, severity="SEV4_LOW", drill=drill)).json()
        api.patch(f"/incidents/{incident['id']}/resolve/").raise_for_status()
        wait_for(lambda: api.get(f"/incidents/{incident['id']}/").json()["resolved_at"])  # noqa: B023
        database.execute(
            "UPDATE incidents SET detected_at = '2026-01-01T18:25Z', created_at = '2026-01-01T18:30Z',"
            " acknowledged_at = '2026-01-01T18:35Z', resolved_at = '2026-01-01T19:00Z' WHERE id = %s",
            (incident["id"],),
        )
    query = {"start_date": "2025-12-15T00:00:00Z", "end_date": "2026-01-15T00:00:00Z", "service": service}
    figures = api.get("/metrics/", params=query).json()
    assert figures["incidents"] == 1
    assert [figures[name]["mean_seconds"] for name in ("mttd", "mtta", "mttr")] == [300, 300, 1800]
    assert figures["previous"]["mtta"]["mean_seconds"] is None
    assert api.get("/metrics/?start_date=2026-01-02T00:00:00Z&end_date=2026-01-01T00:00:00Z").status_code == 422


def test_prometheus(stack: Stack, api: httpx.Client, alert: Make) -> None:
    incident = api.post("/incidents/", json=alert()).json()
    api.post("/incidents/", json=alert(fingerprint=incident["fingerprint"]))
    wait_for(lambda: api.get(f"/incidents/{incident['id']}/").json()["orchestration"] == "COMPLETE")
    text = stack.root("/metrics").text
    for name in (
        "incidents_total",
        "incidents_open",
        "alerts_received_total",
        "alerts_deduplicated_total",
        "incident_mttd_seconds_bucket",
        "incident_mtta_seconds_bucket",
        "incident_mttr_seconds_bucket",
        "notifications_total",
        "tocsin_outbox_oldest_age_seconds",
        "tocsin_workers",
    ):
        assert re.search(rf"^{name}(\{{.*\}})? [0-9.e+-]+$", text, re.MULTILINE), name


def test_health(stack: Stack) -> None:
    assert stack.root("/healthz").json() == {"status": "ok"}
    stack.wait_until("ok")  # on a slow machine it may have been degraded for a moment
    ready = wait_for(lambda: (answer := stack.root("/readyz")).json()["status"] == "ok" and answer)
    assert ready.status_code == 200
    assert ready.json()["checks"] == {"database": "ok", "temporal": "ok", "workers": "ok"}


def test_without_a_worker_it_is_degraded(stack: Stack, api: httpx.Client, alert: Make) -> None:
    stack.worker.stop()
    try:
        stack.wait_until("degraded")
        assert stack.root("/readyz").status_code == 200
        incident = api.post("/incidents/", json=alert()).json()
        assert api.patch(f"/incidents/{incident['id']}/acknowledge/").status_code == 202
    finally:
        stack.worker.start()
    stack.wait_until("ok")
    now = wait_for(lambda: (row := api.get(f"/incidents/{incident['id']}/").json())["status"] != "TRIGGERED" and row)
    assert now["status"] == "ACKNOWLEDGED"


def test_the_description_of_the_api(stack: Stack) -> None:
    paths = stack.root("/api/openapi.json").json()["paths"]
    assert "/api/v1/incidents/{id}/acknowledge/" in paths
    assert {"patch", "post"} <= paths["/api/v1/incidents/{id}/acknowledge/"].keys()
    for page in ("/api/docs/", "/api/redoc/"):
        html = stack.root(page).text
        assert "https://" not in html, "nothing comes from outside"
        for script in re.findall(r'src="([^"]+)"', html):
            assert stack.root(script).status_code == 200
