"""What still fires when a silence is over is decided anew, once."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.waiting import wait_for

Database = psycopg.Connection[Any]


@pytest.fixture
def silence(api: httpx.Client) -> Callable[[str], Callable[[], None]]:
    """Makes a silence; what it gives back ends it."""

    def make(matcher: str) -> Callable[[], None]:
        body = {"matchers": [matcher], "seconds": 3600, "reason": "a test"}
        id = api.post("/silences/", json=body).raise_for_status().json()["id"]

        def end() -> None:
            api.delete(f"/silences/{id}/").raise_for_status()

        return end

    return make


@pytest.fixture
def fate(database: Database) -> Callable[[str], str]:
    """What became of an alert in the end."""

    def find(alert_id: str) -> str:
        row = database.execute("SELECT fate FROM alerts WHERE id = %s", (alert_id,)).fetchone()
        assert row is not None
        return str(row[0])

    return find


def waits(database: Database, mark: str) -> bool:
    """Whether an alert is to be looked at again."""
    query = "SELECT 1 FROM alert_states WHERE identity LIKE %s AND status = 'quiet' AND quiet_until IS NOT NULL"
    return database.execute(query, (f"%{mark}",)).fetchone() is not None


def test_one_that_a_threshold_holds_then_is_held_and_counted_once(
    database: Database, service: Any, sender: Any, silence: Any, fate: Any
) -> None:
    say, mark = sender(service_name=service(), threshold={"count": 2, "seconds": 600}), uuid4().hex
    end = silence(f'mark="{mark}"')
    quiet = say(mark, labels={"mark": mark})
    assert quiet["status"] == "silenced"
    end()
    wait_for(lambda: fate(quiet["alert_id"]) == "held")
    wait_for(lambda: not waits(database, mark))
    assert fate(quiet["alert_id"]) == "held"
    assert say(mark)["status"] == "new"
    assert fate(quiet["alert_id"]) == "attached"


def test_one_of_an_episode_that_is_over_stays_so(
    api: httpx.Client, database: Database, sender: Any, silence: Any, fate: Any
) -> None:
    say, mark, start = sender(auto_resolve=True), uuid4().hex, {"startsAt": "2026-11-21T10:00:00Z"}
    say(mark, "resolved", **start)
    end = silence(f'mark="{mark}"')
    quiet = say(mark, labels={"mark": mark}, **start)
    # However long the silence was: it was late when it came.
    database.execute(
        "UPDATE alert_states SET resolved_at = resolved_at - interval '1 hour',"
        " last_fired_at = last_fired_at - interval '1 hour' WHERE identity LIKE %s",
        (f"%{mark}",),
    )
    end()
    wait_for(lambda: fate(quiet["alert_id"]) == "late")
    wait_for(lambda: not waits(database, mark))
    assert say(mark, startsAt="2026-11-21T12:00:00Z")["status"] == "new"


def test_one_whose_incident_was_resolved_is_not_forgotten_for_another_incident_of_its_key(
    api: httpx.Client, service: Any, sender: Any, silence: Any, fate: Any
) -> None:
    say, mark = sender(service_name=service(), correlation={"preset": "service"}), uuid4().hex
    first = say(mark, labels={"mark": mark})["incident"]
    api.patch(f"/incidents/{first}/resolve/").raise_for_status()
    wait_for(lambda: api.get(f"/incidents/{first}/").json()["status"] == "RESOLVED")  # it may have been queued
    second = say("other")["incident"]
    end = silence(f'mark="{mark}"')
    quiet = say(mark, labels={"mark": mark})
    assert quiet["status"] == "silenced"
    end()
    wait_for(lambda: fate(quiet["alert_id"]) == "attached")
    assert second != first


def test_a_missing_heartbeat_pages_whatever_the_threshold_of_its_source(
    api: httpx.Client, database: Database, service: Any, silence: Any
) -> None:
    settings = {"service_name": service(), "heartbeat_seconds": 1, "threshold": {"count": 5, "seconds": 600}}
    made = api.post("/sources/", json={"name": uuid4().hex, "kind": "generic", **settings}).json()
    end = silence(f'heartbeat="{made["name"]}"')
    api.post(f"/heartbeats/{made['key']}/").raise_for_status()

    def fates() -> list[str]:
        return [one["fate"] for one in api.get(f"/sources/{made['id']}/alerts/").json()["items"]]

    wait_for(lambda: fates() == ["silenced"])
    end()
    wait_for(lambda: fates() == ["new"])
