"""Bad input gets the right 4xx, as problem details that name the field, and nothing is stored."""

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from tests.support.processes import Stack

Make = Callable[..., dict[str, Any]]

GONE = object()
WRONG: dict[str, list[Any]] = {
    "title": [GONE, None, 5, "", "   ", "x" * 501, "a\x00b", ["x"]],
    "description": [None, 5, "x" * 50_001, "a\x00b", {}],
    "service_name": [GONE, None, 5, "", "x" * 256, "a\x00b"],
    "severity": [GONE, None, 5, "", "banana", "sev1", "SEV1_CRITICAL\x00", ["SEV1_CRITICAL"]],
    "detected_at": [5, 1.5, True, "", "yesterday", "2026-13-45T99:00:00Z", "0001-01-01T00:00:00Z", "x\x00", {}],
    "impacted_scopes": [5, "Security", ["Nonsense"], [""], [5], ["a\x00b"], {}],
    "source": [None, 5, "", "x" * 256, "a\x00b"],
    "fingerprint": [5, "", "x" * 513, "a\x00b", []],
    "labels": [5, "x", ["x"], {"a": 5}, {"a": None}, {"": "x"}, {"a": "b\x00"}, {"a\x00": "b"}, {"a": {}}],
    "links": [
        5,
        "x",
        [5],
        [{}],
        [{"href": "x"}],
        [{"href": "javascript:alert(1)", "text": "x"}],
        [{"href": "https://example.com", "text": ""}],
        [{"href": "https://example.com/\x00", "text": "x"}],
    ],
    "drill": [5, "yes", {}, {"time_scale": 0}, {"time_scale": 3601}, {"time_scale": "fast"}, {"time_scale": None}, []],
}


def require_problem(answer: httpx.Response, status: int, field: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["detail"]
    if field is not None:
        assert any(error["field"].split(".")[0] == field for error in body["errors"]), body


def counts(database: psycopg.Connection[Any]) -> Any:
    """How much is stored, but for what Tocsin itself may report late of a noisy source of the file before this one."""
    query = (
        "SELECT (SELECT count(*) FROM incidents WHERE source <> 'tocsin'),"
        " (SELECT count(*) FROM alerts WHERE source <> 'tocsin'),"
        " (SELECT count(*) FROM incident_events WHERE key = 'opened' AND actor <> 'tocsin')"
    )
    return database.execute(query).fetchone()


@pytest.mark.parametrize("field", WRONG)
def test_each_field_of_an_alert(api: httpx.Client, alert: Make, database: psycopg.Connection[Any], field: str) -> None:
    before = counts(database)
    for value in WRONG[field]:
        body = alert(**{field: ... if value is GONE else value})
        require_problem(api.post("/incidents/", json=body), 422, field)
    assert counts(database) == before


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"title": NaN}',
        b'{"title": "\xff"}',
        b"[" * 100_000,
        b'{"title": "a" "b"}',
        b'{"title": "\x00"}',
    ],
)
def test_broken_json(api: httpx.Client, database: psycopg.Connection[Any], body: bytes) -> None:
    before = counts(database)
    answer = api.post("/incidents/", content=body)
    require_problem(answer, 422 if body == b"" else 400, "body")
    assert counts(database) == before


@pytest.mark.parametrize("body", ["5", "[]", '"x"', "null", "true"])
def test_json_that_is_no_object(api: httpx.Client, body: str) -> None:
    require_problem(api.post("/incidents/", content=body), 422, "body")


def test_lone_surrogates(api: httpx.Client, alert: Make, database: psycopg.Connection[Any]) -> None:
    before = counts(database)
    body = json.dumps(alert()).replace("Redis does", "\\ud800 does")
    answer = api.post("/incidents/", content=body)
    assert answer.status_code in (400, 422)
    assert counts(database) == before


def test_what_is_unknown_may_hold_anything(api: httpx.Client, alert: Make) -> None:
    body = json.dumps(alert(extra="x")).replace('"extra": "x"', '"extra": "\\u0000 \\u00e9"')
    assert api.post("/incidents/", content=body).status_code == 201


def test_ten_megabytes(api: httpx.Client, alert: Make, database: psycopg.Connection[Any]) -> None:
    before = counts(database)
    body = json.dumps(alert(description="x" * 10_000_000)).encode()
    require_problem(api.post("/incidents/", content=body), 413, "body")

    def in_pieces() -> Any:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    try:
        answer = api.post("/incidents/", content=in_pieces())
    except httpx.TransportError:
        pass  # refused while it was still being sent: the connection is closed
    else:
        require_problem(answer, 413, "body")
    assert counts(database) == before


@pytest.mark.parametrize("header", [None, "", "Token", "Token wrong", "Basic YTpi", "wrong"])
def test_a_wrong_token(stack: Stack, alert: Make, database: psycopg.Connection[Any], header: str | None) -> None:
    before = counts(database)
    headers = {"Authorization": header} if header is not None else {}
    answer = stack.client(token=None).post("/incidents/", content=json.dumps(alert()), headers=headers)
    require_problem(answer, 401)
    assert "www-authenticate" in answer.headers
    assert counts(database) == before


def test_the_token_is_looked_at_before_the_body(stack: Stack) -> None:
    require_problem(stack.client(token=None).post("/incidents/", content=b"{"), 401)


@pytest.mark.parametrize(
    "reference", ["INC-999999999", "INC-0", "INC-x", "nonsense", "01a1fd27-aebe-7564-a577-4822692da427", "INC-1%00"]
)
@pytest.mark.parametrize("path", ["", "events/", "alerts/", "notifications/", "plan/"])
def test_an_unknown_incident(api: httpx.Client, reference: str, path: str) -> None:
    require_problem(api.get(f"/incidents/{reference}/{path}"), 404)


@pytest.mark.parametrize("verb", ["acknowledge", "mitigate", "resolve", "escalate", "repair"])
def test_a_command_to_an_unknown_incident(api: httpx.Client, verb: str) -> None:
    require_problem(api.post(f"/incidents/INC-999999999/{verb}/"), 404)


@pytest.mark.parametrize(
    "path",
    ["incidents/", "services/", "users/", "teams/", "scopes/", "policies/", "users/ana@example.com/inbox/"],
)
@pytest.mark.parametrize("cursor", ["x", "bm9uc2Vuc2U", "WyJhIiwgImIiLCAiYyJd", "%00", "WzVd", "🐟"])
def test_a_bad_cursor(api: httpx.Client, path: str, cursor: str) -> None:
    require_problem(api.get(f"/{path}?cursor={cursor}"), 422, "cursor")


@pytest.mark.parametrize("limit", ["0", "-1", "501", "x", "1e9", ""])
def test_a_bad_limit(api: httpx.Client, limit: str) -> None:
    require_problem(api.get(f"/incidents/?limit={limit}"), 422, "limit")


@pytest.mark.parametrize(
    "query",
    [
        "status=OPEN",
        "severity=banana",
        "since=yesterday",
        "until=5",
        "drill=perhaps",
        "service=%00",
        "q=%00",
        "label=%00",
        "team=%00",
    ],
)
def test_bad_filters(api: httpx.Client, query: str) -> None:
    require_problem(api.get(f"/incidents/?{query}"), 422, query.split("=")[0])


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("comments/", {}, "text"),
        ("comments/", {"text": ""}, "text"),
        ("comments/", {"text": 5}, "text"),
        ("comments/", {"text": "a\x00"}, "text"),
        ("comments/", {"text": "x" * 10_001}, "text"),
        ("acknowledge/", {"note": 5}, "note"),
        ("acknowledge/", {"note": "a\x00"}, "note"),
        ("mitigate/", {"note": "x" * 10_001}, "note"),
        ("resolve/", {"resolution_note": []}, "resolution_note"),
        ("resolve/", {"root_cause": 5}, "root_cause"),
        ("resolve/", [], None),
    ],
)
def test_bad_commands(
    api: httpx.Client, alert: Make, database: psycopg.Connection[Any], path: str, body: Any, field: str | None
) -> None:
    incident = api.post("/incidents/", json=alert(severity="SEV4_LOW")).json()
    require_problem(api.post(f"/incidents/{incident['id']}/{path}", json=body), 422, field)
    assert api.get(f"/incidents/{incident['id']}/").json()["status"] == "TRIGGERED"


@pytest.mark.parametrize("alerts", [None, [], 5, {}, [{}] * 1001])
def test_a_bad_batch(api: httpx.Client, alerts: Any) -> None:
    require_problem(api.post("/incidents/batch/", json={"alerts": alerts}), 422, "alerts")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"severity": "SEV1_CRITICAL"}, "service_name"),
        ({"service_name": "redis-prod"}, "severity"),
        ({"service_name": "redis-prod", "severity": "SEV1_CRITICAL", "at": "soon"}, "at"),
        ({"service_name": "redis-prod", "severity": "SEV1_CRITICAL", "impacted_scopes": ["x"]}, "impacted_scopes"),
        ({"service_name": "redis-prod", "severity": "SEV1_CRITICAL", "drill": {"time_scale": 0}}, "drill"),
    ],
)
def test_a_bad_plan(api: httpx.Client, body: dict[str, Any], field: str) -> None:
    require_problem(api.post("/plan/", json=body), 422, field)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"name": "new"}, 422, "team"),
        ({"name": "new", "team": "Nobody"}, 422, "team"),
        ({"name": "", "team": "SRE Core"}, 422, "name"),
        ({"name": "redis-prod", "team": "SRE Core"}, 409, "name"),
        ({"name": "new", "team": "SRE Core", "criticality": "HUGE"}, 422, "criticality"),
        ({"name": "new", "team": "SRE Core", "runbook_url": "ftp://x"}, 422, "runbook_url"),
        ({"name": "new", "team": "SRE Core", "nonsense": 1}, 422, "nonsense"),
    ],
)
def test_a_bad_service(api: httpx.Client, body: dict[str, Any], status: int, field: str) -> None:
    require_problem(api.post("/services/", json=body), status, field)


def test_what_does_not_exist(api: httpx.Client) -> None:
    require_problem(api.get("/nonsense/"), 404)
    require_problem(api.delete("/incidents/"), 405)


def test_sign_in_is_limited_and_says_nothing_of_who_exists(stack: Stack) -> None:
    # By an address of its own: others, too, sign in at this process.
    transport = httpx.HTTPTransport(local_address="127.0.0.77")
    with httpx.Client(base_url=f"{stack.url()}/api/v1", transport=transport, timeout=30) as client:

        def sign_in(email: str) -> httpx.Response:
            return client.post("/auth/token", json={"email": email, "password": "wrong"})

        wrong = [sign_in(email) for email in ("admin@example.com", "nobody@example.com")]
        assert [answer.status_code for answer in wrong] == [401, 401]
        assert wrong[0].json()["detail"] == wrong[1].json()["detail"]
        assert [sign_in("x@example.com").status_code for _ in "1234"] == [401, 401, 401, 429]


def test_a_number_out_of_range_spoils_only_its_item(api: httpx.Client, alert: Make) -> None:
    body = json.dumps({"alerts": [alert(), alert(n=7)]}).replace('"n": 7', '"n": 1e999')
    results = api.post("/incidents/batch/", content=body).json()["results"]
    assert [result["status"] for result in results] == [201, 422]


@pytest.mark.parametrize("path", ["services", "teams", "users", "scopes", "policies", "incidents"])
@pytest.mark.parametrize("inside", [["\ud800"], ["\x00"], {"0": "1"}, [["a"]], "a"])
def test_a_forged_cursor(api: httpx.Client, path: str, inside: Any) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(inside).encode()).decode()
    require_problem(api.get(f"/{path}/?cursor={cursor}"), 422, "cursor")


def test_what_would_steer_a_terminal_does_not_reach_it(api: httpx.Client, alert: Make) -> None:
    incident = api.post("/incidents/", json=alert(title="one\ntwo\x1b[31m three", description="a\x1b]b\nc")).json()
    assert (incident["title"], incident["description"]) == ("one two[31m three", "a]b\nc")


def test_fields_are_named_as_the_caller_knows_them(api: httpx.Client, alert: Make) -> None:
    for drill in (5, {"time_scale": 0}):
        errors = api.post("/incidents/", json=alert(drill=drill)).json()["errors"]
        assert {error["field"] for error in errors} <= {"drill", "drill.time_scale"}
    assert "allow" in api.delete("/incidents/").headers
