"""`/maintenance/`: windows in the wall-clock time of a zone, and what they keep quiet."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.problems import require_problem


def window(**fields: Any) -> dict[str, Any]:
    body = {
        "name": "Database upgrade",
        "time_zone": "Europe/Paris",
        "start": "2027-03-27T02:30",
        "end": "2027-03-27T04:30",
        "services": ["postgres-main"],
    }
    return {name: value for name, value in (body | fields).items() if value is not ...}


@pytest.fixture(scope="module", autouse=True)
def _service(api: httpx.Client) -> None:
    api.post("/services/", json={"name": "postgres-main", "team": "SRE Core"})


def test_across_a_clock_change(api: httpx.Client) -> None:
    """On 2027-03-28, 02:00 to 03:00 is skipped in Paris."""
    answer = api.post("/maintenance/", json=window(repeat="daily", until="2027-03-30", reason="Nightly"))
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["next"] == [
        {"start": "2027-03-27T01:30:00Z", "end": "2027-03-27T03:30:00Z"},
        {"start": "2027-03-28T01:00:00Z", "end": "2027-03-28T02:30:00Z"},
        {"start": "2027-03-29T00:30:00Z", "end": "2027-03-29T02:30:00Z"},
        {"start": "2027-03-30T00:30:00Z", "end": "2027-03-30T02:30:00Z"},
    ]
    assert (made["start"], made["end"], made["until"]) == ("2027-03-27T02:30:00", "2027-03-27T04:30:00", "2027-03-30")
    assert api.get(f"/maintenance/{made['id']}/").json() == made
    assert made in api.get("/maintenance/").json()["items"]
    changed = api.patch(f"/maintenance/{made['id']}/", json={"repeat": "once", "until": None}).json()
    assert len(changed["next"]) == 1
    assert api.delete(f"/maintenance/{made['id']}/").status_code == 204
    require_problem(api.get(f"/maintenance/{made['id']}/"), 404)


def test_monthly_on_the_31st_shows_five(api: httpx.Client) -> None:
    body = window(start="2027-01-31T22:00", end="2027-02-01T02:00", repeat="monthly", interval=2, time_zone="UTC")
    days = [one["start"][:10] for one in api.post("/maintenance/", json=body).json()["next"]]
    assert days == ["2027-01-31", "2027-03-31", "2027-05-31", "2027-07-31", "2028-01-31"]


@pytest.mark.parametrize("whom", [{"services": ["ingress"]}, {"services": [], "teams": ["SRE Core"]}])
def test_alerts_in_a_window_page_nobody_and_are_kept(api: httpx.Client, whom: dict[str, Any]) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    start, end = now - timedelta(hours=1), now + timedelta(hours=1)
    times = {"start": start.isoformat(), "end": end.isoformat(), "time_zone": "UTC"}
    made = api.post("/maintenance/", json=window(**times, **({"services": []} | whom))).json()

    def send() -> Any:
        body = {"title": f"Down {uuid4()}", "severity": "critical", "labels": {"service": "ingress"}}
        return api.post("/alerts/generic/", json=body).json()["results"][0]

    service = next(one for one in api.get("/services/?limit=500").json()["items"] if one["name"] == "ingress")
    kept = send()
    if whom.get("teams", [service["team"]]) == [service["team"]]:
        assert (kept["status"], kept["incident"]) == ("maintenance", None)
        assert "Database upgrade" in kept["reason"]
    api.delete(f"/maintenance/{made['id']}/")
    assert send()["status"] in {"new", "attached"}


def test_who_may(as_role: Callable[[str], httpx.Client]) -> None:
    require_problem(as_role("operator").post("/maintenance/", json=window()), 403)
    assert as_role("viewer").get("/maintenance/").status_code == 200
    made = as_role("responder").post("/maintenance/", json=window())
    assert made.status_code == 201 and made.json()["created_by"].startswith("responder-")
    require_problem(as_role("viewer").delete(f"/maintenance/{made.json()['id']}/"), 403)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ...}, "name"),
        ({"name": "\x00"}, "name"),
        ({"time_zone": ...}, "time_zone"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
        ({"time_zone": "+02:00"}, "time_zone"),
        ({"start": "2027-03-27T02:30Z"}, "start"),
        ({"start": "2027-03-27T02:30+01:00"}, "start"),
        ({"start": "2027-03-27"}, "start"),
        ({"start": "soon"}, "start"),
        ({"start": 5}, "start"),
        ({"start": "9999-12-31T23:00"}, "start"),
        ({"end": "0001-01-01T00:00"}, "end"),
        ({"end": "2027-03-27T04:30-05:00"}, "end"),
        ({"end": "2027-03-27T02:30"}, "end"),
        ({"end": "2027-03-26T02:30"}, "end"),
        ({"end": "2027-04-28T02:30"}, "end"),
        ({"end": "2027-03-28T03:30", "repeat": "daily"}, "end"),
        ({"end": "2027-04-04T02:30", "repeat": "weekly"}, "end"),
        ({"end": "2027-04-26T02:30", "repeat": "monthly"}, "end"),
        ({"repeat": "yearly"}, "repeat"),
        ({"interval": 0}, "interval"),
        ({"interval": 1001}, "interval"),
        ({"interval": "2"}, "interval"),
        ({"until": "2027-03-26"}, "until"),
        ({"until": "x"}, "until"),
        ({"until": "9999-01-01"}, "until"),
        ({"services": ["nope"]}, "services"),
        ({"services": []}, "services"),
        ({"services": "postgres-main"}, "services"),
        ({"services": ["a\x00"]}, "services"),
        ({"teams": ["nope"]}, "teams"),
        ({"reason": "x" * 1001}, "reason"),
        ({"reason": "\x00"}, "reason"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_what_is_refused(api: httpx.Client, fields: dict[str, Any], field: str) -> None:
    require_problem(api.post("/maintenance/", json=window(**fields)), 422, field)


@pytest.mark.parametrize(
    "fields",
    [
        {"end": "2027-03-28T02:30", "repeat": "daily"},
        {"end": "2027-03-29T02:30", "repeat": "daily", "interval": 2},
        {"end": "2027-04-27T02:30"},
        {"start": "2200-12-31T23:00", "end": "2200-12-31T23:30", "repeat": "monthly", "interval": 1000},
        {"start": "1970-01-01T00:00", "end": "1970-01-01T01:00", "repeat": "daily"},
        {"start": "2027-03-27 02:30:00"},
    ],
)
def test_what_is_just_allowed(api: httpx.Client, fields: dict[str, Any]) -> None:
    made = api.post("/maintenance/", json=window(**fields))
    assert made.status_code == 201, made.text
    assert made.json()["next"]
    assert api.delete(f"/maintenance/{made.json()['id']}/").status_code == 204


def test_bad_changes(api: httpx.Client) -> None:
    made = api.post("/maintenance/", json=window()).json()
    path = f"/maintenance/{made['id']}/"
    require_problem(api.patch(path, json={"end": "2027-03-27T01:00"}), 422, "end")
    require_problem(api.patch(path, json={"services": ["nope"]}), 422, "services")
    require_problem(api.patch(path, json={"time_zone": None}), 422, "time_zone")
    require_problem(api.patch(path, json=[]), 422)
    assert api.patch(path, json={}).json() == made
    require_problem(api.delete(f"/maintenance/{uuid4()}/"), 404)
    require_problem(api.get("/maintenance/nonsense/"), 422, "id")
    require_problem(api.get("/maintenance/?cursor=x"), 422, "cursor")
