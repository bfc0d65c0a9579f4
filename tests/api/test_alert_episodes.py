"""One alert over its episodes, and over the incidents in which it fires: ends, starts, and windows that run out."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.support.processes import Stack
from tests.support.waiting import wait_for

Database = psycopg.Connection[Any]

TEN = datetime(2026, 11, 21, 10, tzinfo=UTC)


def at(minute: float) -> str:
    """So many minutes after ten."""
    return (TEN + timedelta(minutes=minute)).isoformat()


def incident(api: httpx.Client, number: str) -> dict[str, Any]:
    return dict(api.get(f"/incidents/{number}/").json())


def status(api: httpx.Client, number: str) -> str:
    return str(incident(api, number)["status"])


def texts(api: httpx.Client, number: str) -> list[str]:
    return [event["message"] for event in api.get(f"/incidents/{number}/events/?limit=500").json()["items"]]


@pytest.fixture
def window_over(database: Database) -> Callable[[str], None]:
    """Makes the windows of an incident's keys run out."""

    def run_out(number: str) -> None:
        database.execute(
            "UPDATE correlation_slots SET last_alert_at = last_alert_at - interval '301 seconds'"
            " WHERE incident_id = (SELECT id FROM incidents WHERE number = %s)",
            (number.removeprefix("INC-"),),
        )

    return run_out


@pytest.fixture
def long_over(database: Database) -> Callable[[str], None]:
    """Makes the end of an alert one that was heard 16 minutes ago."""

    def grow_old(mark: str) -> None:
        database.execute(
            "UPDATE alert_states SET resolved_at = resolved_at - interval '16 minutes' WHERE identity LIKE %s",
            (f"%{mark}",),
        )

    return grow_old


@pytest.fixture
def held_up(database: Database) -> Callable[[str], AbstractContextManager[None]]:
    """Of an incident whose workflow hears nothing for a while: as long as the block lasts."""

    @contextmanager
    def hold_up(number: str) -> Iterator[None]:
        wait = {"kind": "comment", "id": uuid4().hex, "text": "wait"}
        database.execute(
            "INSERT INTO outbox (incident_id, kind, rank, command_id, payload, due_at)"
            " SELECT id, 'command', 1, %s, %s, clock_timestamp() + interval '1 hour' FROM incidents WHERE number = %s",
            (wait["id"], Jsonb(wait), number.removeprefix("INC-")),
        )
        yield
        assert database.execute("DELETE FROM outbox WHERE command_id = %s", (wait["id"],)).rowcount == 1

    return hold_up


def opened_by(database: Database, mark: str) -> list[str]:
    """The incidents that an alert has opened."""
    query = "SELECT DISTINCT number FROM incidents WHERE fingerprint = %s ORDER BY number"
    return [f"INC-{number}" for (number,) in database.execute(query, (mark,))]


def test_what_came_and_went_before_its_first_end_was_processed_is_over(
    api: httpx.Client, sender: Any, held_up: Any, database: Database
) -> None:
    say, mark = sender(auto_resolve=True), uuid4().hex
    first = say(mark)["incident"]
    with held_up(first):
        for state in ("resolved", "firing", "resolved"):
            assert say(mark, state)["incident"] == first
    wait_for(lambda: status(api, first) == "RESOLVED")
    assert opened_by(database, mark) == [first]
    assert incident(api, first)["alert_count"] == 2
    assert say(mark)["status"] == "new"


def test_what_fires_again_before_its_first_end_was_processed_goes_on_in_another_incident(
    api: httpx.Client, sender: Any, held_up: Any, database: Database
) -> None:
    say, mark = sender(auto_resolve=True), uuid4().hex
    first = say(mark)["incident"]
    with held_up(first):
        for state in ("resolved", "firing", "resolved", "firing"):
            assert say(mark, state)["incident"] == first
    wait_for(lambda: len(opened_by(database, mark)) == 2)
    _, second = opened_by(database, mark)
    assert (status(api, first), status(api, second)) == ("RESOLVED", "TRIGGERED")
    say(mark, "resolved")
    wait_for(lambda: status(api, second) == "RESOLVED")


@pytest.mark.parametrize("auto_resolve", [False, True])
def test_a_start_that_its_end_overtook_opens_nothing(api: httpx.Client, sender: Any, auto_resolve: bool) -> None:
    say, mark = sender(auto_resolve=auto_resolve, resolve_delay_seconds=3600), uuid4().hex
    opened = say(mark, startsAt=at(0))["incident"]
    say(mark, "resolved", startsAt=at(0), endsAt=at(1))
    overtaking = say(mark, "resolved", startsAt=at(2), endsAt=at(3))
    assert overtaking["reason"] == "it was back to normal already"
    assert say(mark, startsAt=at(2))["status"] == "late"
    assert say(mark, startsAt=at(4))["incident"] == opened
    assert "already" not in (say(mark, "resolved", startsAt=at(4), endsAt=at(5))["reason"] or "")


def test_a_repeated_end_does_not_prolong_the_time_for_which_its_start_is_late(sender: Any, long_over: Any) -> None:
    say, mark = sender(), uuid4().hex
    opened = say(mark, startsAt=at(0))["incident"]
    say(mark, "resolved", startsAt=at(0), endsAt=at(1))
    long_over(mark)
    say(mark, "resolved", startsAt=at(0), endsAt=at(1))
    again = say(mark, startsAt=at(0))
    assert (again["status"], again["incident"]) == ("attached", opened)


def test_only_what_fired_flaps(api: httpx.Client, sender: Any) -> None:
    say, mark = sender(auto_resolve=True, flapping={"changes": 3, "seconds": 900}), uuid4().hex
    for _ in range(4):
        say(mark, "resolved")
    opened = say(mark)["incident"]
    say(mark, "resolved")
    wait_for(lambda: status(api, opened) == "RESOLVED")
    again = [say(mark)["incident"], say(mark, "resolved")["incident"]]
    wait_for(lambda: status(api, again[0]) == "RESOLVED")
    flaps = say(mark)["incident"]
    say(mark, "resolved")
    wait_for(lambda: any("3 times within 900 s: it flaps" in text for text in texts(api, flaps)))
    assert status(api, flaps) == "TRIGGERED"


def test_what_a_threshold_held_before_its_end_was_repeated_is_over(
    api: httpx.Client, service: Any, sender: Any
) -> None:
    settings = {"correlation": {"preset": "service"}, "threshold": {"count": 2, "seconds": 600}}
    say, mark = sender(service_name=service(), auto_resolve=True, **settings), uuid4().hex
    say(mark, "resolved")
    assert say(mark)["status"] == "held"
    say(mark, "resolved")
    opened = say(f"other {mark}")["incident"]
    say(f"other {mark}", "resolved")
    wait_for(lambda: status(api, opened) == "RESOLVED")


def test_a_start_that_comes_again_long_after_its_end_pages_again_and_ends_again(
    api: httpx.Client, sender: Any, long_over: Any
) -> None:
    say, mark = sender(auto_resolve=True), uuid4().hex
    first = say(mark, startsAt=at(0))["incident"]
    say(mark, "resolved", startsAt=at(0), endsAt=at(20))
    wait_for(lambda: status(api, first) == "RESOLVED")
    assert say(mark, startsAt=at(0))["status"] == "late"
    long_over(mark)
    again = say(mark, startsAt=at(0))
    assert again["status"] == "new"
    assert say(mark, "resolved", startsAt=at(0), endsAt=at(20))["status"] == "late"
    assert status(api, again["incident"]) == "TRIGGERED"
    say(mark, "resolved", startsAt=at(0), endsAt=datetime.now(UTC).isoformat())
    wait_for(lambda: status(api, again["incident"]) == "RESOLVED")


@pytest.mark.parametrize("ends", [{"endsAt": at(5)}, {}])
def test_the_end_of_an_episode_before_ends_nothing(api: httpx.Client, sender: Any, ends: dict[str, str]) -> None:
    say, mark = sender(auto_resolve=True), uuid4().hex
    opened = say(mark, startsAt=at(0))["incident"]
    assert say(mark, startsAt=at(6))["incident"] == opened
    assert say(mark, startsAt=at(0))["incident"] == opened  # once more, out of order
    past = say(mark, "resolved", startsAt=at(0), **ends)
    assert (past["status"], past["incident"]) == ("late", None)
    assert say(mark, startsAt=at(6))["status"] == "attached"
    assert status(api, opened) == "TRIGGERED"
    say(mark, "resolved", startsAt=at(6))
    wait_for(lambda: status(api, opened) == "RESOLVED")


def test_an_end_is_heard_although_the_other_half_of_a_pair_saw_it_begin_later(api: httpx.Client, sender: Any) -> None:
    say, mark = sender(auto_resolve=True), uuid4().hex
    opened = say(mark, startsAt=at(0))["incident"]
    say(mark, startsAt=at(0.2))
    say(mark, "resolved", startsAt=at(0), endsAt=at(20))
    wait_for(lambda: status(api, opened) == "RESOLVED")


@pytest.mark.parametrize("ends", [{"endsAt": at(5)}, {}])
def test_an_end_without_a_start_is_heard(api: httpx.Client, sender: Any, ends: dict[str, str]) -> None:
    say, mark = sender(auto_resolve=True), uuid4().hex
    opened = say(mark)["incident"]
    say(mark, "resolved", **ends)
    wait_for(lambda: status(api, opened) == "RESOLVED")


def test_when_its_window_is_over_and_it_opens_another_incident_the_one_before_is_proposed_to_be_over(
    api: httpx.Client, service: Any, sender: Any, window_over: Any
) -> None:
    say = sender(auto_resolve=True)
    alert = {"title": "Disk full", "service": service(), "severity": "high", "dedup_key": None}
    first = say("", **alert)["incident"]
    assert say("", **alert)["incident"] == first
    window_over(first)
    second = say("", **alert)
    assert (second["status"], second["incident"] != first) == ("new", True)
    wait_for(lambda: incident(api, first)["cleared_at"])
    assert any(f"goes on in {second['incident']}" in text for text in texts(api, first))
    say("", "resolved", **alert)
    wait_for(lambda: status(api, second["incident"]) == "RESOLVED")
    assert status(api, first) == "TRIGGERED"


def test_an_incident_is_not_proposed_to_be_over_while_another_alert_of_it_fires(
    api: httpx.Client, service: Any, sender: Any, window_over: Any
) -> None:
    say, own = sender(correlation={"preset": "service+severity"}), service()
    first = say("stays", service=own)["incident"]
    alert = {"title": "Moves", "service": own, "dedup_key": None}
    assert say("", **alert)["incident"] == first
    window_over(first)
    second = say("", **alert)["incident"]
    assert second != first
    say("stays", "resolved", service=own)
    wait_for(lambda: incident(api, first)["cleared_at"])
    assert not any("goes on in" in text for text in texts(api, first))


def test_a_fingerprint_goes_on_in_its_own_incident_when_the_key_leads_to_the_next(
    api: httpx.Client, service: Any, sender: Any, window_over: Any
) -> None:
    own = {"service": service()}
    say = sender(auto_resolve=True, correlation={"preset": "service+severity"})
    first = say("a", **own)["incident"]
    window_over(first)
    second = say("b", **own)["incident"]
    assert first != second
    for _ in range(2):
        again = say("a", **own)
        assert (again["status"], again["incident"]) == ("attached", first)
    assert say("c", **own)["incident"] == second
    assert incident(api, first)["alert_count"] == 3
    assert say("a", "resolved", **own)["incident"] == first
    wait_for(lambda: status(api, first) == "RESOLVED")
    assert status(api, second) == "TRIGGERED"
    assert say("a", **own)["incident"] == second


def test_a_command_goes_to_the_incident_of_its_own_alert(
    stack: Stack, api: httpx.Client, service: Any, window_over: Any, database: Database
) -> None:
    settings = {"service_name": service(), "correlation": {"preset": "service+severity"}}
    key = api.post("/sources/", json={"name": uuid4().hex, "kind": "pagerduty", **settings}).json()["key"]

    def tell(action: str, mark: str) -> None:
        payload = {"summary": mark, "source": "test", "severity": "critical"}
        event = {"routing_key": key, "event_action": action, "dedup_key": mark, "payload": payload}
        httpx.post(f"{stack.url()}/v2/enqueue", json=event, timeout=30).raise_for_status()

    def opened() -> list[str]:
        query = "SELECT number FROM incidents WHERE requested_service_name = %s ORDER BY number"
        return [f"INC-{number}" for (number,) in database.execute(query, (settings["service_name"],))]

    tell("trigger", "a")
    window_over(opened()[0])
    tell("trigger", "b")
    first, second = opened()
    tell("acknowledge", "a")
    wait_for(lambda: status(api, first) == "ACKNOWLEDGED")
    assert status(api, second) == "TRIGGERED"


def test_what_cannot_go_back_to_normal_keeps_an_incident_open(api: httpx.Client, service: Any, sender: Any) -> None:
    own = service()
    declared = {"title": "By a person", "service_name": own, "severity": "SEV3_MEDIUM"}
    opened = api.post("/incidents/", json=declared).json()["short_id"]
    say = sender(service_name=own, correlation={"preset": "service"}, auto_resolve=True)
    assert say("", dedup_key=None)["incident"] == opened
    assert "still fire" in say("", "resolved", dedup_key=None)["reason"]
    assert status(api, opened) == "TRIGGERED"
