"""`POST /policies/replay/`: last month's incidents against a policy that is not there yet."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

Database = psycopg.Connection[Any]
Add = Callable[..., str]
FAY = [{"kind": "person", "email": "fay@example.com", "channel": "email"}]
TO_FAY: dict[str, Any] = {"name": "to fay", "steps": [{"after_seconds": 0, "targets": FAY}]}


@pytest.fixture
def add(database: Database) -> Iterator[Add]:
    """Put an incident of the past into the database, with the pages that were sent for it."""
    made: list[Any] = []

    def incident(
        days_ago: float, *pages: tuple[str, int], minutes: int = 10, service: str = "search", generation: int = 1
    ) -> str:
        at = datetime.now(UTC).replace(hour=12, minute=0) - timedelta(days=days_ago)
        id, over = uuid4(), at + timedelta(minutes=minutes)
        made.append(id)
        row = database.execute(
            "INSERT INTO incidents (id, number, title, status, severity, service_id, requested_service_name, source,"
            " correlation_key, last_alert_at, created_at, acknowledged_at, resolved_at, ladder_started_at)"
            " SELECT %s, nextval('incident_number'), 'Slow', 'RESOLVED', 'SEV1_CRITICAL', id, name, 'test', %s, %s, %s,"
            " %s, %s, %s FROM services WHERE name = %s RETURNING number",
            (id, str(id), at, at, over, over, at, service),
        ).fetchone()
        for number, (recipient, after) in enumerate(pages, start=1):
            database.execute(
                "INSERT INTO notifications (id, incident_id, step, recipient, channel, provider, status, created_at)"
                " VALUES (%s, %s, %s, %s, 'sms', 'inbox', 'sent', %s)",
                (uuid4(), id, f"p{generation}.r1.s{number}", recipient, at + timedelta(seconds=after)),
            )
        assert row is not None
        return f"INC-{row[0]}"

    yield incident
    database.execute("DELETE FROM notifications WHERE incident_id = ANY(%s)", (made,))
    database.execute("DELETE FROM incidents WHERE id = ANY(%s)", (made,))


def replay(api: httpx.Client, policy: dict[str, Any], team: str = "Web Experience", **options: Any) -> dict[str, Any]:
    """Over the incidents of the team of `search`: the product itself may open some of nobody's, late."""
    answer = api.post("/policies/replay/", json={"policy": policy, "team": team, **options})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def counts(found: dict[str, Any], user: str) -> tuple[int, int, int]:
    one = next(one for one in found["people"] if one["user"] == user)
    return one["before"]["pages"], one["after"]["pages"], one["difference"]["pages"]


def test_the_pages_of_each_person_before_and_after(api: httpx.Client, add: Add) -> None:
    add(2, ("cy@example.com", 0), ("cy@example.com", 300))
    add(3, ("cy@example.com", 0))
    add(40, ("cy@example.com", 0))
    found = replay(api, TO_FAY)
    assert found["incidents"] == 2
    assert counts(found, "cy@example.com")[0] == 3
    assert counts(found, "fay@example.com") == (0, 2, 2)
    assert replay(api, TO_FAY, days=60)["incidents"] == 3


def test_what_comes_after_the_acknowledgement_is_not_paged(api: httpx.Client, add: Add) -> None:
    late = {**TO_FAY, "steps": [{"after_seconds": 1200, "targets": FAY}]}
    add(2, minutes=10)
    assert "fay@example.com" not in {one["user"] for one in replay(api, late)["people"]}
    add(2, minutes=30)
    assert counts(replay(api, late), "fay@example.com")[1] == 1


def test_nights_are_those_of_whoever_is_paged(api: httpx.Client, add: Add, database: Database) -> None:
    add(2)
    night = ("Pacific/Auckland", "UTC")  # noon UTC is one in the night there
    for zone, expected in zip(night, (1, 0), strict=True):
        assert api.patch("/users/fay@example.com/", json={"time_zone": zone}).status_code == 200
        fay = next(one for one in replay(api, TO_FAY)["people"] if one["user"] == "fay@example.com")
        assert fay["after"] == {"pages": 1, "night_pages": expected}


def test_only_the_incidents_of_a_team_or_of_the_policy_that_is_replaced(api: httpx.Client, add: Add) -> None:
    add(2, service="search")
    add(2, service="billing-worker")
    for team in ("Web Experience", "Backend Payment"):
        assert replay(api, TO_FAY, team)["incidents"] == 1
    assert api.post("/policies/replay/", json={"policy": TO_FAY}).json()["incidents"] >= 2
    assert replay(api, {**TO_FAY, "name": "fast"})["incidents"] == 0


def test_pages_of_later_climbs_are_not_counted(api: httpx.Client, add: Add) -> None:
    """Whoever reassigned an incident, or gave it back, decided on those: no policy is tried on them."""
    add(2, ("cy@example.com", 0))
    add(3, ("cy@example.com", 0), ("cy@example.com", 300), generation=2)
    add(4, ("cy@example.com", 0), generation=11)
    assert counts(replay(api, TO_FAY), "cy@example.com")[0] == 1


def test_the_unchanged_policy_changes_nothing(api: httpx.Client, add: Add) -> None:
    at = datetime.now(UTC).replace(hour=12, minute=0) - timedelta(days=2)
    asked = {"service_name": "search", "severity": "SEV1_CRITICAL", "at": at.isoformat()}
    planned = api.post("/plan/", json=asked)
    assert planned.status_code == 200, planned.text
    pages = []
    for step in planned.json()["items"]:
        after = round((datetime.fromisoformat(step["at"]) - at).total_seconds())
        pages += [(one["recipient"], after) for one in step["deliveries"] if after < 3000]
    add(2, *pages, minutes=50)
    (ladder,) = (one for one in api.get("/catalogue/").json()["policies"] if one["name"] == "ladder")
    found = replay(api, ladder)
    assert found["incidents"] == 1 and found["people"]
    assert [one["difference"] for one in found["people"]] == [{"pages": 0, "night_pages": 0}] * len(found["people"])


NOBODY = [{"kind": "person", "email": "nobody@example.com"}]


@pytest.mark.parametrize(
    ("policy", "field", "named"),
    [
        ({"steps": [{"after_seconds": 0, "targets": NOBODY}]}, "policy.steps", "no user 'nobody@example.com'"),
        (
            {"steps": [{"after_seconds": 0, "targets": [{"kind": "on_call", "schedule": "nosched"}]}]},
            "policy.steps",
            "no schedule 'nosched'",
        ),
        ({"owner": "nobody@example.com"}, "policy.owner", "no user 'nobody@example.com'"),
        ({"steps": []}, "policy.steps", "at least 1"),
        ({"team": "Web Experience"}, "policy.team", "is no field here"),
    ],
)
@pytest.mark.parametrize("name", ["tried", "ladder"])
def test_a_policy_that_cannot_be_is_refused(
    api: httpx.Client, policy: dict[str, Any], field: str, named: str, name: str
) -> None:
    answer = api.post("/policies/replay/", json={"policy": {**TO_FAY, "name": name, **policy}})
    assert answer.status_code == 422
    assert [error["field"].startswith(field) for error in answer.json()["errors"]] == [True]
    assert named in answer.json()["errors"][0]["message"] and field in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"policy": {"name": "x", "steps": []}}, "policy"),
        ({"policy": TO_FAY, "team": "Nobody"}, "team"),
        ({"policy": TO_FAY, "days": 0}, "days"),
        ({}, "policy"),
    ],
)
def test_bad_input_is_named(api: httpx.Client, body: dict[str, Any], field: str) -> None:
    answer = api.post("/policies/replay/", json=body)
    assert answer.status_code == 422
    assert any(field in error["field"] or field == "policy" for error in answer.json()["errors"])
