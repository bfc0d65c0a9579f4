"""`/silences/`: made, extended, ended; and what they keep quiet, seen from outside."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.problems import require_problem


def silence(**fields: Any) -> dict[str, Any]:
    body = {"matchers": ['service="search"'], "seconds": 3600, "reason": "A new index is built"}
    return {name: value for name, value in (body | fields).items() if value is not ...}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def in_seconds(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def test_made_extended_and_ended(api: httpx.Client) -> None:
    mark, before = uuid4().hex, datetime.now(UTC)
    answer = api.post("/silences/", json=silence(matchers=[f'mark="{mark}"', {"name": "pod", "value": "a"}]))
    assert answer.status_code == 201
    after = datetime.now(UTC)
    made = answer.json()
    assert made["matchers"] == [
        {"name": "mark", "operator": "=", "value": mark},
        {"name": "pod", "operator": "=", "value": "a"},
    ]
    assert (made["created_by"], made["state"]) == ("admin@example.com", "active")
    assert before <= at(made["ends_at"]) - timedelta(seconds=3600) <= after
    assert api.get(f"/silences/{made['id']}/").json() == made
    longer = api.patch(f"/silences/{made['id']}/", json={"seconds": 7200, "reason": "It takes longer"}).json()
    assert at(longer["ends_at"]) > at(made["ends_at"]) and longer["reason"] == "It takes longer"
    assert made["id"] in [one["id"] for one in api.get("/silences/?active=true").json()["items"]]
    ended = api.delete(f"/silences/{made['id']}/").json()
    assert ended["state"] == "over"
    assert api.get(f"/silences/{made['id']}/").json() == ended, "it is kept"
    assert made["id"] not in [one["id"] for one in api.get("/silences/?active=true").json()["items"]]
    assert made["id"] in [one["id"] for one in api.get("/silences/?active=false").json()["items"]]
    require_problem(api.patch(f"/silences/{made['id']}/", json={"seconds": 60}), 409)
    assert api.delete(f"/silences/{made['id']}/").json()["ends_at"] == ended["ends_at"]


def test_one_that_begins_later(api: httpx.Client) -> None:
    made = api.post("/silences/", json=silence(starts_at=in_seconds(600), seconds=60)).json()
    assert made["state"] == "pending"
    assert at(made["ends_at"]) - at(made["starts_at"]) == timedelta(seconds=60)
    ended = api.delete(f"/silences/{made['id']}/").json()
    assert ended["state"] == "over" and at(ended["starts_at"]) <= at(ended["ends_at"])


def test_an_alert_under_a_silence_pages_nobody_and_is_kept(api: httpx.Client) -> None:
    mark = uuid4().hex
    made = api.post("/silences/", json=silence(matchers=['service=~"sea.*"', f'mark="{mark}"'])).json()

    def send(zone: str) -> Any:
        body = {"title": "Slow", "severity": "critical", "labels": {"service": "search", "mark": zone}}
        return api.post("/alerts/generic/", json=body).json()["results"][0]

    kept = send(mark)
    assert (kept["status"], kept["incident"]) == ("silenced", None)
    assert "admin@example.com" in kept["reason"] and "A new index is built" in kept["reason"]
    assert send("other")["status"] == "new"
    api.delete(f"/silences/{made['id']}/")
    assert send(mark)["status"] in {"new", "attached"}


@pytest.mark.parametrize("matcher", ['service="legacy-batch"', 'severity="critical"', 'severity="SEV1"'])
def test_a_silence_in_the_words_of_the_alert(api: httpx.Client, matcher: str) -> None:
    mark = uuid4().hex
    made = api.post("/silences/", json=silence(matchers=[matcher, f'mark="{mark}"'])).json()
    labels = {"service": "legacy-batch", "severity": "critical", "mark": mark}
    body = {"status": "firing", "labels": labels, "annotations": {"summary": "Slow"}}
    (kept,) = api.post("/alerts/alertmanager/", json={"alerts": [body]}).json()["results"]
    assert kept["status"] == "silenced"
    api.delete(f"/silences/{made['id']}/")


def test_who_may(api: httpx.Client, as_role: Callable[[str], httpx.Client]) -> None:
    require_problem(as_role("operator").post("/silences/", json=silence()), 403)
    assert as_role("viewer").get("/silences/").status_code == 200
    made = as_role("responder").post("/silences/", json=silence(seconds=60))
    assert made.status_code == 201 and made.json()["created_by"].startswith("responder-")
    require_problem(as_role("operator").delete(f"/silences/{made.json()['id']}/"), 403)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"matchers": ...}, "matchers"),
        ({"matchers": []}, "matchers"),
        ({"matchers": 5}, "matchers"),
        ({"matchers": "nonsense"}, "matchers"),
        ({"matchers": ["nonsense"]}, "matchers"),
        ({"matchers": [5]}, "matchers"),
        ({"matchers": [{"name": "a"}]}, "matchers"),
        ({"matchers": [{"name": "", "value": "b"}]}, "matchers"),
        ({"matchers": [{"name": "a", "value": "b", "operator": "<"}]}, "matchers"),
        ({"matchers": ['service=~"("']}, "matchers"),
        ({"matchers": ['service=~"(?=a)"']}, "matchers"),
        ({"matchers": ['service=""']}, "matchers"),
        ({"matchers": ['service=~".*"']}, "matchers"),
        ({"matchers": ['service!="x"', 'zone!~"x.+"']}, "matchers"),
        ({"matchers": ['severity=~".+"']}, "matchers"),
        ({"matchers": ['severity=~"SEV[1-4]"', 'service!=""']}, "matchers"),
        ({"matchers": ['title=~".+"', 'source=~".+"', 'team=~".+"', 'service=~".+"']}, "matchers"),
        ({"matchers": [{"name": "a\x00", "value": "b"}]}, "matchers"),
        ({"matchers": [{"name": "a", "value": "b\x00"}]}, "matchers"),
        ({"matchers": ['a="b"'] * 51}, "matchers"),
        ({"matchers": [{"name": "a", "value": "x" * 1001}]}, "matchers"),
        ({"reason": ...}, "reason"),
        ({"reason": " "}, "reason"),
        ({"reason": "x\x00"}, "reason"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": "60"}, "seconds"),
        ({"seconds": 40_000_000}, "seconds"),
        ({"seconds": ...}, None),
        ({"ends_at": "2200-01-01T00:00:00Z"}, None),
        ({"seconds": ..., "ends_at": "2020-01-01T00:00:00Z"}, "ends_at"),
        ({"seconds": ..., "ends_at": "2200-01-01T00:00:00Z"}, "ends_at"),
        ({"seconds": ..., "ends_at": "soon"}, "ends_at"),
        ({"starts_at": 5}, "starts_at"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_what_is_refused(api: httpx.Client, fields: dict[str, Any], field: str | None) -> None:
    def kept() -> list[str]:
        """Without their states: one may be over meanwhile."""
        return [one["id"] for one in api.get("/silences/?limit=500").json()["items"]]

    before = kept()
    require_problem(api.post("/silences/", json=silence(**fields)), 422, field)
    assert kept() == before


def test_one_matcher_that_is_narrow_is_enough(api: httpx.Client) -> None:
    made = api.post("/silences/", json=silence(matchers=['service!="x"', 'zone=~".+"'], seconds=1))
    assert made.status_code == 201
    for one in ('zone="a"', 'severity=~"SEV[34].*"', 'title=~".*disk.*"'):
        assert api.post("/silences/", json=silence(matchers=one, seconds=1)).status_code == 201, "one as a text"


def test_bad_changes(api: httpx.Client) -> None:
    made = api.post("/silences/", json=silence()).json()
    path = f"/silences/{made['id']}/"
    require_problem(api.patch(path, json={"seconds": 5, "ends_at": in_seconds(5)}), 422, "ends_at")
    require_problem(api.patch(path, json={"ends_at": in_seconds(-5)}), 422, "ends_at")
    require_problem(api.patch(path, json={"matchers": ['a="b"']}), 422, "matchers")
    require_problem(api.patch(path, json={"reason": ""}), 422, "reason")
    require_problem(api.patch(path, json=[]), 422)
    assert api.patch(path, json={}).json() == made
    require_problem(api.get(f"/silences/{uuid4()}/"), 404)
    require_problem(api.delete(f"/silences/{uuid4()}/"), 404)
    require_problem(api.get("/silences/nonsense/"), 422, "id")
    require_problem(api.get("/silences/?cursor=x"), 422, "cursor")
    api.delete(path)


def test_pages(api: httpx.Client) -> None:
    for _ in range(3):  # none of which is over while they are read
        api.post("/silences/", json=silence(matchers=[f'mark="{uuid4().hex}"']))
    whole = api.get("/silences/?limit=500").json()["items"]
    first = api.get("/silences/?limit=2").json()
    second = api.get(f"/silences/?limit=2&cursor={first['next_cursor']}").json()
    assert [*first["items"], *second["items"]][:3] == whole[:3]
