"""Temporal frozen, dead, or with its storage gone: what is accepted is kept, and nobody is paged twice."""

import signal
import time
from typing import Any
from uuid import uuid4

from tests.support.dev import Dev


def report(dev: Dev, **changes: Any) -> dict[str, Any]:
    body = {"title": "Outage", "service_name": "search", "severity": "SEV1_CRITICAL", "fingerprint": uuid4().hex}
    answer = dev.api.post("/incidents/", json=body | changes)
    assert answer.status_code == 201
    incident: dict[str, Any] = answer.json()
    return incident


def read(dev: Dev, incident: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = dev.api.get(f"/incidents/{incident['id']}/").json()
    return row


def events(dev: Dev, incident: dict[str, Any]) -> list[str]:
    items = dev.api.get(f"/incidents/{incident['id']}/events/?limit=500").json()["items"]
    return [f"{event['type']}: {event['message']}" for event in items]


def ledger(dev: Dev, incident: dict[str, Any]) -> list[tuple[str, str, str]]:
    items = dev.api.get(f"/incidents/{incident['id']}/notifications/?limit=500").json()["items"]
    return [(row["step"], row["recipient"], row["channel"]) for row in items]


def finished(dev: Dev, incident: dict[str, Any]) -> bool:
    return bool(read(dev, incident)["orchestration"] == "COMPLETE")


def command(dev: Dev, incident: dict[str, Any], kind: str, status: str) -> None:
    """Give a command, at once or queued; until it is carried out."""
    answer = dev.api.patch(f"/incidents/{incident['id']}/{kind}/")
    assert answer.status_code in (200, 202), answer.text
    dev.wait(lambda: read(dev, incident)["status"] == status, what=f"{incident['short_id']} {status}")


def test_frozen(dev: Dev) -> None:
    before = report(dev)
    dev.wait(lambda: finished(dev, before))
    dev.kill("temporal server", signal.SIGSTOP)
    try:
        began = time.monotonic()
        during = [report(dev) for _ in range(20)]
        assert time.monotonic() - began < 20, "alerts must be accepted as fast as ever"
        began = time.monotonic()
        answer = dev.api.patch(f"/incidents/{before['id']}/acknowledge/")
        assert answer.status_code == 202
        assert time.monotonic() - began < 20, "it waits for a moment, and is queued"
        early = dev.api.patch(f"/incidents/{during[0]['id']}/acknowledge/")
        assert early.status_code == 202
        dev.wait(lambda: dev.ready("degraded"))
    finally:
        dev.kill("temporal server", signal.SIGCONT)
    dev.wait(lambda: dev.ready("ok"))
    for incident in (before, during[0]):
        dev.wait(lambda: read(dev, incident)["status"] == "ACKNOWLEDGED")  # noqa: B023
        said = [text for text in events(dev, incident) if "Acknowledged by" in text]
        assert len(said) == 1
    for incident in during:
        dev.wait(lambda: finished(dev, incident))  # noqa: B023
        pages = ledger(dev, incident)
        assert len(pages) == len(set(pages))
    for incident in during[1:]:
        dev.wait(lambda: ("p1.r1.s1", "cy@example.com", "slack") in ledger(dev, incident))  # noqa: B023
    assert sum("ORCHESTRATION_FINISHED" in text for text in events(dev, before)) == 1


def test_storage_deleted(dev: Dev) -> None:
    """The reconcile brings the workflows back, they go on climbing, and nobody hears of a step twice."""
    drill = {"drill": {"time_scale": 240}}  # steps after 0, 1.3, 3.8, 7.5 and 15 seconds
    climbing, taken = report(dev, **drill), report(dev)
    dev.wait(lambda: ("p1.r1.s2", "cy@example.com", "slack") in ledger(dev, climbing))
    dev.wait(lambda: finished(dev, taken))
    command(dev, taken, "acknowledge", "ACKNOWLEDGED")
    for file in dev.home.glob("temporal.db*"):
        file.unlink()
    dev.kill("temporal server")
    dev.wait(lambda: ("p1.r1.s5", "fay@example.com", "email") in ledger(dev, climbing))
    said = dev.api.get(f"/incidents/{climbing['id']}/events/?limit=500").json()["items"]
    pages = ledger(dev, climbing)  # later than the timeline: it goes on
    assert len(pages) == len(set(pages))
    steps = [event["data"]["step"] for event in said if event["type"] == "ESCALATED" and "step" in event["data"]]
    assert len(steps) == len(set(steps)), "nor does the timeline say it twice"
    assert sum(event["type"] == "ALERT_SENT" for event in said) <= len(pages)
    dev.wait(lambda: every_page_is_one_message(dev, climbing), what="each page is a message, and one")
    # What was acknowledged stays so, and is served by a workflow again.
    command(dev, taken, "mitigate", "MITIGATED")
    assert [step for step, *_ in ledger(dev, taken)].count("p1.r1.s2") == 0
    command(dev, climbing, "resolve", "RESOLVED")


def every_page_is_one_message(dev: Dev, incident: dict[str, Any]) -> bool:
    """At one instant: the incident climbs on, and a page is on the ledger before it is sent."""
    query = """SELECT (SELECT count(*) FROM notifications WHERE incident_id = %(id)s), count(*),
                      count(DISTINCT notification_id) FROM inbox_messages WHERE incident_id = %(id)s"""
    with dev.database() as database:
        row = database.execute(query, {"id": incident["id"]}).fetchone()
    assert row is not None and row[1] == row[2], row
    return bool(row[0] == row[1])


def test_dead_for_a_while(dev: Dev) -> None:
    """Killed again and again for seconds: accepted all the same, and told when it is back."""
    incidents = []
    for _ in range(25):
        if dev.pids("temporal server"):
            dev.kill("temporal server")
        incidents.append(report(dev, severity="SEV2_HIGH"))
    for incident in incidents:
        dev.wait(lambda: finished(dev, incident))  # noqa: B023
