"""Monitoring tools, services, and what becomes of alerts, for the tests of the doors."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.processes import Stack

Say = Callable[..., dict[str, Any]]


@pytest.fixture
def service(api: httpx.Client) -> Callable[..., str]:
    """Makes a service that no other test has."""

    def make(**facts: Any) -> str:
        name = f"service-{uuid4().hex[:8]}"
        api.post("/services/", json={"name": name, "team": "SRE Core"} | facts).raise_for_status()
        return name

    return make


@pytest.fixture
def sender(stack: Stack, api: httpx.Client) -> Callable[..., Say]:
    """Makes a source; what it says is one alert of the generic format, and the answer what became of it."""

    def make(**settings: Any) -> Say:
        body = {"name": f"source {uuid4().hex[:8]}", "kind": "generic"} | settings
        key = api.post("/sources/", json=body).raise_for_status().json()["key"]

        def say(mark: str, status: str = "firing", **fields: Any) -> dict[str, Any]:
            alert = {"title": f"About {mark}", "dedup_key": mark, "status": status, "severity": "critical"} | fields
            answer = httpx.post(f"{stack.url()}/api/v1/alerts/generic/?token={key}", json=alert, timeout=30)
            return dict(answer.raise_for_status().json()["results"][0])

        return say

    return make
