"""`sources`, against the running product."""

import json
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.cli.conftest import Tocsin
from tests.cli.support import Body, FakeTocsin, page, problem
from tests.support.processes import Stack


def key_in(output: str) -> str:
    found = re.search(r"key\s+([0-9a-f]{32})\s", output)
    assert found, output
    return found[1]


def send(stack: Stack, key: str, **body: Any) -> Any:
    body = {"title": "Disk [full]"} | body
    return httpx.post(f"{stack.url()}/api/v1/alerts/generic/?token={key}", json=body, timeout=60).json()


@pytest.mark.usefixtures("running")
def test_added_used_and_read(stack: Stack, tocsin: Tocsin, api: httpx.Client) -> None:
    name = f"cli/{uuid4().hex[:8]}"
    arguments = ("--kind", "generic", "--service", "search", "--auto-resolve", "--resolve-delay", "5m")
    added = tocsin("sources", "--add", name, *arguments, "--heartbeat", "1h")
    assert (added.exit_code, added.stderr) == (0, "")
    key = key_in(added.stdout)
    assert f"/api/v1/alerts/generic/?token={key}" in added.stdout
    (made,) = [one for one in api.get("/sources/?limit=500").json()["items"] if one["name"] == name]
    assert (made["service_name"], made["auto_resolve"], made["resolve_delay_seconds"]) == ("search", True, 300)
    assert made["heartbeat_seconds"] == 3600
    number = send(stack, key, dedup_key="a")["results"][0]["incident"]
    send(stack, key, dedup_key="a")
    httpx.post(f"{stack.url()}/api/v1/alerts/generic/?token={key}", content="no json", timeout=60)
    (line,) = [line for line in tocsin("sources").stdout.splitlines() if name in line]
    assert " ".join(line.split()) == f"{name} generic search active new 1, attached 1, refused 1 waiting"
    shown = tocsin("sources", made["id"])
    assert shown.exit_code == 0
    rows = [re.split(r" {2,}", line) for line in shown.stdout.splitlines() if " UTC " in line]
    assert [row[1] for row in rows] == ["refused", "attached", "new"]
    assert rows[1][2:5] == [number, "SEV3_MEDIUM", "Disk [full]"]
    assert "not valid JSON" in rows[0][-2] and "…" in shown.stdout
    found = json.loads(tocsin("sources", name, "--fate", "new", "--json").stdout)["items"]
    assert [(one["fate"], one["incident"]) for one in found] == [("new", number)]
    assert json.loads(tocsin("sources", "--json").stdout)["items"]


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize(
    ("kind", "shown"),
    [("pagerduty", "routing key  {key}"), ("email", "{key}@tocsin.test"), ("opsgenie", "/v2/alerts")],
)
def test_each_kind_says_what_its_sender_needs(tocsin: Tocsin, kind: str, shown: str) -> None:
    added = tocsin("sources", "--add", f"cli-{uuid4().hex[:8]}", "--kind", kind)
    assert shown.format(key=key_in(added.stdout)) in added.stdout
    assert f"?token={key_in(added.stdout)}" not in added.stdout
    as_json = json.loads(tocsin("sources", "--add", f"cli-{uuid4().hex[:8]}", "--kind", kind, "--json").stdout)
    assert len(as_json["key"]) == 32


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize(
    "arguments",
    [
        ("sources", "no such source"),
        ("sources", "--add", "x", "--kind", "nonsense"),
        ("sources", "--add", "x", "--kind", "generic", "--service", "nope"),
        ("sources", "--add", "x", "--kind", "heartbeat"),
    ],
)
def test_a_refusal_is_status_1(tocsin: Tocsin, arguments: tuple[str, ...]) -> None:
    result = tocsin(*arguments)
    assert (result.exit_code, result.stdout) == (1, "") and result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--kind", "generic"),
        ("--add", "x"),
        ("name", "--add", "x", "--kind", "generic"),
        ("--add", "x", "--kind", "generic", "--heartbeat", "soon"),
        ("name", "--fate", "lost"),
        ("name", "--limit", "501"),
        ("name", "other"),
    ],
)
def test_wrong_usage_is_status_2_and_asks_nobody(
    product: FakeTocsin, tocsin: Tocsin, arguments: tuple[str, ...]
) -> None:
    assert tocsin("sources", *arguments).exit_code == 2
    assert product.requests == []


def test_a_proxy_without_its_product_is_status_3(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("GET", "/sources/", (503, problem(503, "The database cannot be reached")))
    assert tocsin("sources").exit_code == 3


def test_a_missing_heartbeat_says_since_when(product: FakeTocsin, tocsin: Tocsin) -> None:
    beat = {"status": "missing", "last_ping_at": "x", "due_at": "x", "missing_since": "2026-11-21T08:30:00+01:00"}
    one: Body = {"name": "a", "kind": "heartbeat", "service_name": None, "is_active": False, "last_24_hours": {}}
    product.on("GET", "/sources/", (200, page({**one, "heartbeat": beat})))
    assert tocsin("sources").stdout.splitlines()[1].split(maxsplit=3) == [
        *("a", "heartbeat", "off"),
        "missing since 2026-11-21 07:30:00 UTC",
    ]
