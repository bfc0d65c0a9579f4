"""Who may see and do what: strangers, forged forms, roles; and the headers of every page."""

from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from tests.web.visitors import COMMANDS, EVERY_ROUTE, Visit, Visitor, addresses, is_page

Stranger = Callable[..., Visitor]
Rows = list[tuple[Any, ...]]

OPEN = {"/", "/login"}
"""What a stranger may ask for."""
DECLARATION = {"title": "Nothing works any more", "service": "redis-prod", "severity": "SEV3_MEDIUM"}
FIELDS = DECLARATION | {
    "text": "Said by a test",
    "confirmed": "yes",
    "email": "admin@example.com",
}


def stored(database: psycopg.Connection[Any]) -> tuple[Rows, ...]:
    """Everything that a page could change."""
    return tuple(
        database.execute(query).fetchall()
        for query in (
            "SELECT number, status, alert_count FROM incidents ORDER BY number",
            "SELECT id FROM incident_events WHERE actor LIKE '%@%' ORDER BY id",
            "SELECT count(*) FROM war_room_messages WHERE author <> 'Tocsin'",
        )
    )


def test_a_stranger_reads_nothing(stranger: Stranger, incident: dict[str, Any]) -> None:
    number = int(incident["short_id"].removeprefix("INC-"))
    visitor = stranger()
    paths = set(addresses("GET", number)) - OPEN
    assert len(paths) >= 9
    for path in paths - {"/live"}:
        answer = visitor.get(path)
        assert (answer.status_code, answer.text) == (303, ""), path
        assert answer.headers["location"].startswith("/login?next=%2F"), path
    assert visitor.get("/live").status_code == 401
    assert visitor.get("/").headers["location"] == "/incidents"


def test_a_strangers_page_that_refreshes_itself_is_told(stranger: Stranger, incident: dict[str, Any]) -> None:
    answer = stranger().client.get(f"/incidents/{incident['short_id']}", headers={"X-Live": "1"})
    assert (answer.status_code, answer.text) == (401, "signed out")


def test_a_stranger_changes_nothing(
    stranger: Stranger, incident: dict[str, Any], database: psycopg.Connection[Any]
) -> None:
    before = stored(database)
    visitor = stranger()
    for path in set(addresses("POST", int(incident["short_id"][4:]))) - OPEN:
        answer = visitor.post(path, **FIELDS)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login"), path
    assert stored(database) == before


@pytest.mark.parametrize("word", [..., "", "wrong", "é\x00", "another session's"])
def test_a_forged_form_changes_nothing(
    visit: Visit, incident: dict[str, Any], database: psycopg.Connection[Any], word: Any
) -> None:
    visitor = visit("admin")
    csrf = visit("admin").csrf if word == "another session's" else word
    before = stored(database)
    paths = set(addresses("POST", int(incident["short_id"][4:]))) - OPEN
    assert len(paths) >= 6 + len(COMMANDS) - 1
    for path in paths:
        answer = visitor.post(path, **(FIELDS | {"csrf": csrf}))
        assert answer.status_code == 403 and is_page(answer), path
    assert stored(database) == before
    assert visitor.get("/incidents").status_code == 200


def test_a_forged_form_in_another_shape(visit: Visit) -> None:
    visitor = visit("admin")
    for body in ({"json": {"csrf": visitor.csrf}}, {"files": {"csrf": (None, visitor.csrf)}}):
        answer = visitor.client.post("/incidents/new", **body)
        assert answer.status_code == 415 and is_page(answer)


def test_a_viewer_reads_everything_and_changes_nothing(
    visit: Visit, incident: dict[str, Any], database: psycopg.Connection[Any]
) -> None:
    visitor, before, here = visit("viewer"), stored(database), f"/incidents/{incident['short_id']}"
    told = ("/oncall", "/people", "/people/ana%40example.com", "/policies", "/policies/ladder", "/readiness")
    shown = (f"{here}/document", f"{here}/room", f"{here}/why", "/inbox", "/services", "/intake", "/quiet")
    for path in ("/incidents", here, *shown, *told, "/teams/SRE%20Core"):
        answer = visitor.get(path)
        assert answer.status_code == 200, path
        posts = [line for line in answer.text.splitlines() if 'method="post"' in line]
        assert len(posts) == 1 and 'action="/logout"' in posts[0], path
    assert "Declare" not in visitor.get("/incidents").text
    forms = ("/intake/sources/new", "/quiet/silences/new", "/quiet/maintenance/new", "/schedules/new", "/policies/new")
    for path in ("/incidents/new", f"{here}/resolve", f"{here}/merge", f"{here}/split", *forms):
        assert visitor.get(path).status_code == 403
    for path in set(addresses("POST", int(incident["short_id"][4:]))) - {"/login", "/logout"}:
        answer = visitor.post(path, **FIELDS)
        assert answer.status_code == 403 and is_page(answer) and "viewer" in answer.text, path
    assert stored(database) == before


def test_an_operator_acknowledges_and_speaks_and_no_more(visit: Visit, api: httpx.Client) -> None:
    body = {"title": "Search is slow today", "service_name": "search", "severity": "SEV3_MEDIUM"}
    number = api.post("/incidents/", json=body).json()["short_id"]
    visitor, here = visit("operator"), f"/incidents/{number}"
    assert visitor.post("/incidents/new", **DECLARATION).status_code == 403
    assert {visitor.post(f"{here}/{kind}").status_code for kind in ("mitigate", "escalate", "repair")} == {403}
    assert visitor.post(f"{here}/note", text="Seen it").status_code == 303
    assert visitor.post(f"{here}/acknowledge").status_code == 303
    assert api.get(f"/incidents/{number}/").json()["status"] == "ACKNOWLEDGED"


def test_headers(visit: Visit, stranger: Stranger, incident: dict[str, Any]) -> None:
    here = f"/incidents/{incident['short_id']}"
    answers = [stranger().get(path) for path in ("/login", "/incidents", "/static/live.js", "/nothing")]
    answers += [visit("viewer").get(path) for path in (here, "/incidents/INC-0", "/incidents/new", "/nothing")]
    for answer in answers:
        headers = answer.headers
        assert headers["x-frame-options"] == "DENY", answer.url
        assert headers["x-content-type-options"] == "nosniff", answer.url
        assert headers["referrer-policy"] == "same-origin", answer.url
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert "strict-transport-security" not in headers  # this is plain http
        assert "uvicorn" not in headers.get("server", "")
    assert [answer.headers["cache-control"] for answer in answers if answer.text.startswith("<!doctype")] == [
        "no-store"
    ] * 6


def test_the_pages_are_all_known_to_these_tests() -> None:
    assert {route.path for route in EVERY_ROUTE} >= {"/incidents", "/incidents/new", "/login", "/live", "/inbox"}
