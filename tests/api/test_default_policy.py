"""The default policy through the front door: the one that is marked, whatever others are called."""

from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from tests.api.test_catalogue_files import put_back

FAY = [{"kind": "person", "email": "fay@example.com", "channel": "email"}]


@pytest.fixture(autouse=True)
def _as_it_was(database: psycopg.Connection[Any], api: httpx.Client) -> Iterator[None]:
    before = api.get("/catalogue/").json()
    yield
    put_back(api, before, database)


def test_the_marked_one_goes_before_the_one_named_ladder(api: httpx.Client) -> None:
    (ladder,) = (one for one in api.get("/catalogue/").json()["policies"] if one["name"] == "ladder")
    policies = [
        {**ladder, "is_default": False},
        {"name": "to fay", "steps": [{"after_seconds": 0, "targets": FAY}], "is_default": True},
    ]
    answer = api.post("/catalogue/apply/", json={"catalogue": {"policies": policies}})
    assert answer.status_code == 200, answer.text
    planned = api.post("/plan/", json={"service_name": "search", "severity": "SEV1_CRITICAL"}).json()["items"]
    (first,) = (step for step in planned if step["step"] == "p1.r1.s1")
    assert [one["recipient"] for one in first["deliveries"]] == ["fay@example.com"]
    teams = {name: api.get(f"/policies/{name}/readiness/").json()["teams"] for name in ("ladder", "to fay")}
    assert teams["to fay"] and not teams["ladder"]
