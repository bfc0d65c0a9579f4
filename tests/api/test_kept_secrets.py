"""What is kept of a body that was refused can be read by many: no key of a source is in it."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.processes import Stack

KEY_AT_HAND = '{"routing_key":"%s","event_action":"tri'


@pytest.fixture
def source() -> dict[str, Any]:
    return {"name": f"source {uuid4().hex[:8]}", "kind": "pagerduty"}


@pytest.mark.parametrize("where", ["its own", "another's"])
def test_a_key_in_a_body_that_is_refused_is_not_kept(
    stack: Stack, api: httpx.Client, source: dict[str, Any], where: str
) -> None:
    made = api.post("/sources/", json=source).json()
    other = api.post("/sources/", json=source | {"name": uuid4().hex}).json()
    key = made["key"] if where == "its own" else other["key"]
    for body in (KEY_AT_HAND % key, f'{{"routing_key" :\n "{key[:20]}', f'["{made["key"]}"'):
        url = f"{stack.url()}/api/v1/alerts/pagerduty/"
        answer = httpx.post(url, params={"token": made["key"]}, content=body, timeout=30)
        assert answer.status_code == 400
    kept = api.get(f"/sources/{made['id']}/alerts/").json()["items"]
    assert [one["fate"] for one in kept] == ["refused"] * 3
    shown = str([one["raw"] for one in kept])
    assert "routing_key" in shown and "event_action" in shown
    assert key[:20] not in shown and made["key"] not in shown
