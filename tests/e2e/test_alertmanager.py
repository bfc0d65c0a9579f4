"""The real Alertmanager, pointed at Tocsin: alone, as a pair, and by the doors of PagerDuty and Opsgenie."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support.alertmanager import Alertmanager, alertmanagers
from tests.support.dev import Dev

SECONDS = 120


def webhook(dev: Dev, key: str) -> dict[str, Any]:
    http = {"authorization": {"type": "Bearer", "credentials": key}}
    url = f"{root(dev)}/api/v1/alerts/alertmanager/"
    return {"webhook_configs": [{"url": url, "send_resolved": True, "http_config": http}]}


def pagerduty(dev: Dev, key: str) -> dict[str, Any]:
    details = {"routing_key": key, "url": f"{root(dev)}/v2/enqueue", "severity": "{{ .CommonLabels.severity }}"}
    return {"pagerduty_configs": [details | {"details": {"service": "{{ .CommonLabels.service }}"}}]}


def opsgenie(dev: Dev, key: str) -> dict[str, Any]:
    details = {"service": "{{ .CommonLabels.service }}"}
    return {"opsgenie_configs": [{"api_key": key, "api_url": f"{root(dev)}/", "priority": "P1", "details": details}]}


def root(dev: Dev) -> str:
    return f"http://127.0.0.1:{dev.api_port}"


def make_source(dev: Dev, kind: str) -> dict[str, Any]:
    body = {"name": f"{kind} {uuid4().hex[:8]}", "kind": kind, "auto_resolve": True, "service_name": "redis-prod"}
    answer = dev.api.post("/sources/", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def an_alert() -> dict[str, str]:
    return {"alertname": f"Errors{uuid4().hex}", "severity": "critical", "instance": "web-1"}


def incidents(dev: Dev, source: dict[str, Any]) -> list[dict[str, Any]]:
    """All that a source has opened."""
    with dev.database() as database:
        rows = database.execute("SELECT id FROM incidents WHERE source = %s", (source["name"],)).fetchall()
    return [dev.api.get(f"/incidents/{id}/").raise_for_status().json() for (id,) in rows]


def the_incident(dev: Dev, source: dict[str, Any], holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """The only one of a source, once something holds of it."""

    def read() -> dict[str, Any] | None:
        found = incidents(dev, source)
        assert len(found) <= 1, found
        return found[0] if found and holds(found[0]) else None

    incident: dict[str, Any] = dev.wait(read, SECONDS, f"of {source['name']}")
    return incident


def messages(dev: Dev, incident: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Step, recipient and channel of each, but for the links that follow."""
    query = "SELECT step, recipient, channel FROM inbox_messages WHERE incident_id = %s AND step NOT LIKE '%%.links'"
    with dev.database() as database:
        return database.execute(query, (incident["id"],)).fetchall()


def is_paged(dev: Dev, incident: dict[str, Any]) -> bool:
    """Whoever is on call was told of the first step."""
    told = messages(dev, incident)
    return ("p1.r1.s1", "ana@example.com") in {(step, recipient) for step, recipient, _ in told}


def require_paged_once(dev: Dev, incident: dict[str, Any]) -> None:
    """Whoever was told of a step was told once, and the incident began once."""
    told = messages(dev, incident)
    assert len(told) == len(set(told)), told
    pages = [(step, recipient) for step, recipient, channel in told if channel not in ("email", "slack")]
    assert len(pages) == len(set(pages)), pages


def finished(incident: dict[str, Any]) -> bool:
    return bool(incident["orchestration"] == "COMPLETE")


def fire_until_resolved(
    dev: Dev, source: dict[str, Any], senders: list[Alertmanager], repeats: int, *, each: bool = False
) -> dict[str, Any]:
    """Its life from outside: opened, repeated, over.

    Args:
        each: every one of the senders has sent it before it is over.
    """
    labels, started = an_alert(), datetime.now(UTC)
    for sender in senders:
        sender.fire(started, **labels)
    opened = the_incident(dev, source, finished)
    assert (opened["status"], opened["severity"]) == ("TRIGGERED", "SEV1_CRITICAL")
    dev.wait(lambda: is_paged(dev, opened), SECONDS, "paged while it fires")
    the_incident(dev, source, lambda incident: incident["alert_count"] >= repeats)
    if each:
        dev.wait(lambda: all(sender.delivered() for sender in senders), SECONDS, "sent by each of them")
    for sender in senders:
        sender.end(started, **labels)
    the_incident(dev, source, lambda incident: incident["status"] == "RESOLVED")
    require_paged_once(dev, opened)
    return opened


@pytest.mark.parametrize(
    ("kind", "receiver"), [("alertmanager", webhook), ("pagerduty", pagerduty), ("opsgenie", opsgenie)]
)
def test_one(dev: Dev, tmp_path: Path, kind: str, receiver: Callable[[Dev, str], dict[str, Any]]) -> None:
    source = make_source(dev, kind)
    with alertmanagers(tmp_path, receiver(dev, source["key"])) as senders:
        fire_until_resolved(dev, source, senders, repeats=3)
        assert len(incidents(dev, source)) == 1


@pytest.mark.parametrize("linked", [True, False], ids=["in a cluster", "torn apart"])
def test_a_pair(dev: Dev, tmp_path: Path, linked: bool) -> None:
    """Prometheus tells both; torn apart, each sends everything, as the other does."""
    source = make_source(dev, "alertmanager")
    with alertmanagers(tmp_path, webhook(dev, source["key"]), 2, linked=linked) as senders:
        dev.wait(lambda: [sender.members() for sender in senders] == ([2, 2] if linked else [1, 1]), SECONDS)
        fire_until_resolved(dev, source, senders, repeats=4, each=not linked)
        if not linked:
            dev.wait(lambda: all(sender.delivered() >= 2 for sender in senders), SECONDS, "both ends are sent")
        kept = dev.api.get(f"/sources/{source['id']}/alerts/", params={"limit": 500}).json()["items"]
        assert [one["fate"] for one in kept].count("new") == 1
        assert len(incidents(dev, source)) == 1


def test_it_waits_for_tocsin_to_come_back(dev: Dev, tmp_path: Path) -> None:
    """The API dies while an alert fires: Alertmanager tries again, and nothing is lost or doubled."""
    source = make_source(dev, "alertmanager")
    with alertmanagers(tmp_path, webhook(dev, source["key"])) as senders:
        dev.kill("tocsin api")
        fire_until_resolved(dev, source, senders, repeats=2)
