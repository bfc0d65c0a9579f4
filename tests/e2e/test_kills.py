"""Kill -9 of any part while incidents climb: every planned page is on the ledger and in the inbox exactly once."""

import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.dev import Dev

INCIDENTS = 12
SCALE = 600
"""Steps after 0, 0.5, 1.5, 3 and 6 seconds, then two rounds 3 seconds apart: the last at 12."""
KILL_AFTER_SECONDS = (0.4, 3.0, 7.0)


def post(dev: Dev, body: dict[str, Any]) -> dict[str, Any]:
    """Report as a monitoring tool does: until somebody accepts it."""

    def attempt() -> Any:
        answer = dev.api.post("/incidents/", json=body)
        return answer.json() if answer.status_code in (200, 201) else None

    incident: dict[str, Any] = dev.wait(attempt)
    return incident


def ledger(dev: Dev, incident: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    answer = dev.api.get(f"/incidents/{incident['id']}/notifications/?limit=500")
    items = answer.json()["items"] if answer.status_code == 200 else []  # 503 while Postgres is away
    # Links that missed the first message follow it: of the plan they are no part.
    planned = [row for row in items if not row["step"].endswith(".links")]
    return sorted((row["step"], row["recipient"], row["channel"], row["status"]) for row in planned)


def planned(dev: Dev) -> list[tuple[str, str, str, str]]:
    body = {"service_name": "checkout-api", "severity": "SEV1_CRITICAL", "drill": {"time_scale": SCALE}}
    items = dev.api.post("/plan/", json=body).json()["items"]
    return sorted(
        (item["step"], delivery["recipient"], delivery["channel"], "sent")
        for item in items
        for delivery in item["deliveries"]
    )


@pytest.mark.parametrize("part", ["tocsin worker", "tocsin api", "postgres -D", "temporal server"])
def test_every_planned_page_leaves_exactly_once(dev: Dev, part: str) -> None:
    expected = planned(dev)
    began = time.monotonic()
    incidents = []
    kills = list(KILL_AFTER_SECONDS)
    for _ in range(INCIDENTS):
        if kills and time.monotonic() - began > kills[0]:
            kills.pop(0)
            dev.kill(part)
        body = {
            "title": f"Climb while {part} dies",
            "service_name": "checkout-api",
            "severity": "SEV1_CRITICAL",
            "fingerprint": uuid4().hex,
            "drill": {"time_scale": SCALE},
        }
        incidents.append(post(dev, body))
    for after in kills:
        dev.wait(lambda: time.monotonic() - began > after)  # noqa: B023
        dev.kill(part)
    assert len({incident["id"] for incident in incidents}) == INCIDENTS
    for incident in incidents:
        dev.wait(lambda: ledger(dev, incident) == expected, what=f"{incident['short_id']}: {expected}")  # noqa: B023
    with dev.database() as database:
        ids = [incident["id"] for incident in incidents]
        counts = "SELECT count(*), count(DISTINCT (incident_id, step, recipient, channel)) FROM inbox_messages"
        row = database.execute(f"{counts} WHERE incident_id = ANY(%s) AND step NOT LIKE '%%.links'", (ids,)).fetchone()
        assert row == (len(expected) * INCIDENTS,) * 2
        finished = "SELECT incident_id FROM incident_events WHERE type = 'ORCHESTRATION_FINISHED'"

        def all_finished() -> bool:
            once = database.execute(f"{finished} AND incident_id = ANY(%s)", (ids,)).fetchall()
            assert len(once) == len(set(once))
            return len(once) == INCIDENTS

        dev.wait(all_finished)
    for incident in incidents:
        resolve(dev, incident)


def resolve(dev: Dev, incident: dict[str, Any]) -> None:
    def attempt() -> bool:
        answer: httpx.Response = dev.api.patch(f"/incidents/{incident['id']}/resolve/")
        return answer.status_code in (200, 409)

    dev.wait(attempt)
