"""The plan and a hand-over in the middle of a climb: whoever is on call at that moment is paged, as the plan said."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from db.catalogue.writing import write
from db.engine import make_engine, make_sessions
from domain.catalogue import Catalogue
from tests.support.product import Product
from tests.support.waiting import wait_for

SECONDS = (6, 24, 96)
"""Until the hand-over: longer, when the machine was too slow to plan and to page before it."""


def house(name: str, seconds: int) -> Catalogue:
    """Two people, of whom the first is always on call; the second rung comes so much after the first."""
    rotation = {"kind": "weekly", "start": "2026-01-05T00:00:00Z", "participants": [[f"one-{name}@example.com"]]}
    layers = [{"name": "primary", "rotations": [rotation]}]
    on_call = [{"kind": "on_call", "channel": "sms"}]
    steps = [{"after_seconds": after, "targets": on_call} for after in (0, seconds)]
    return Catalogue.model_validate(
        {
            "users": [{"email": f"{who}-{name}@example.com", "name": who} for who in ("one", "two")],
            "schedules": [{"name": name, "time_zone": "Europe/Paris", "layers": layers}],
            "policies": [{"name": name, "steps": steps, "max_rounds": 1}],
            "teams": [{"name": name, "schedule": name, "policy": name}],
            "services": [{"name": name, "team": name}],
        }
    )


def put(database_url: str, catalogue: Catalogue) -> None:
    async def write_it() -> None:
        engine = make_engine(database_url)
        async with make_sessions(engine).begin() as session:
            await write(session, catalogue)
        await engine.dispose()

    asyncio.run(write_it())


def paged_at(database: psycopg.Connection[Any], incident: str, step: str) -> datetime | None:
    """When the page of a step was begun."""
    query = "SELECT created_at FROM notifications WHERE incident_id = %s AND step = %s"
    row = database.execute(query, (incident, step)).fetchone()
    return None if row is None else row[0]


def test_whoever_is_on_call_at_that_moment_is_paged_as_the_plan_said(
    api: httpx.Client, shared_product: Product, database: psycopg.Connection[Any]
) -> None:
    for seconds in SECONDS:
        name = f"plan{uuid4().hex[:10]}"
        one, two = f"one-{name}@example.com", f"two-{name}@example.com"
        put(shared_product.database_url, house(name, 2 * seconds))
        begins = datetime.now(UTC) + timedelta(seconds=seconds)
        override = {"start": begins.isoformat(), "end": (begins + timedelta(hours=1)).isoformat(), "users": [two]}
        made = api.post(f"/schedules/{name}/overrides/", json=override)
        assert made.status_code == 201, made.text
        body = {"service_name": name, "severity": "SEV1_CRITICAL"}
        planned = api.post("/plan/", json=body).json()["items"]
        incident = api.post("/incidents/", json=body | {"title": "In the middle of a hand-over"}).json()["id"]
        first = wait_for(lambda: paged_at(database, incident, "p1.r1.s1"))  # noqa: B023
        if first >= begins or any(datetime.fromisoformat(item["at"]) >= begins for item in planned[:-1]):
            continue
        told = {item["step"]: [page["recipient"] for page in item["deliveries"]] for item in planned}
        assert (told["p1.r1.s1"], told["p1.r1.s2"]) == ([one], [two])
        wait_for(lambda: paged_at(database, incident, "p1.r1.s2"))  # noqa: B023
        assert ledger(api, incident) == pages(planned)
        return
    pytest.fail(f"too slow for a hand-over in {SECONDS} seconds")


def pages(planned: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return sorted((item["step"], page["recipient"], page["channel"]) for item in planned for page in item["deliveries"])


def ledger(api: httpx.Client, incident: str) -> list[tuple[str, str, str]]:
    """But for the links, which follow where they come late."""
    rows = api.get(f"/incidents/{incident}/notifications/").json()["items"]
    return sorted((row["step"], row["recipient"], row["channel"]) for row in rows if row["step"] != "p1.links")
