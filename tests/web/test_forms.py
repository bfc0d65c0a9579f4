"""What people type: kept, checked, and told beside the field; and addresses that lead nowhere."""

from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from tests.web.visitors import Visit, Visitor, errors, is_page

Stranger = Callable[..., Visitor]

GOOD = {
    "title": "The shop answers slowly",
    "description": "p99 is 4 s",
    "service": "redis-prod",
    "severity": "SEV3_MEDIUM",
    "scopes": "Legal",
    "time_scale": "60",
}


@pytest.fixture
def responder(visit: Visit) -> Visitor:
    return visit("responder")


def incidents(database: psycopg.Connection[Any]) -> int:
    row = database.execute("SELECT count(*) FROM incidents").fetchone()
    assert row is not None
    return int(row[0])


def test_the_form_offers_the_catalogue(responder: Visitor, api: httpx.Client) -> None:
    html = responder.get("/incidents/new").text
    services = [service["name"] for service in api.get("/services/").json()["items"]]
    assert len(services) >= 8
    for name in services:
        assert f"<option>{name}</option>" in html
    for name in ("title", "description", "service", "severity", "scopes"):
        assert f'name="{name}"' in html
    assert "<option selected>SEV3_MEDIUM</option>" in html


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "short"}, "title"),
        ({"title": ""}, "title"),
        ({"title": ...}, "title"),
        ({"title": " " * 20 + "short"}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"title": "NUL in \x00 the title"}, "title"),
        ({"description": "\x00"}, "description"),
        ({"description": "x" * 10_001}, "description"),
        ({"service": ""}, "service"),
        ({"service": ...}, "service"),
        ({"service": "no such service"}, "service"),
        ({"service": "redis-prod\x00"}, "service"),
        ({"severity": "SEV9"}, "severity"),
        ({"severity": "\x00"}, "severity"),
        ({"severity": ...}, "severity"),
        ({"scopes": "no such scope"}, "scopes"),
        ({"scopes": ["Legal", "\x00"]}, "scopes"),
        ({"drill": "yes", "time_scale": "0"}, "time_scale"),
        ({"drill": "yes", "time_scale": "3601"}, "time_scale"),
        ({"drill": "yes", "time_scale": "-1"}, "time_scale"),
        ({"drill": "yes", "time_scale": "1e9"}, "time_scale"),
        ({"drill": "yes", "time_scale": "NaN"}, "time_scale"),
        ({"drill": "yes", "time_scale": "²"}, "time_scale"),
        ({"drill": "yes", "time_scale": "9" * 5000}, "time_scale"),
        ({"drill": "yes", "time_scale": "6\x000"}, "time_scale"),
    ],
)
def test_a_wrong_field_is_told_and_nothing_is_lost(
    responder: Visitor, database: psycopg.Connection[Any], changes: dict[str, Any], field: str
) -> None:
    before = incidents(database)
    answer = responder.post("/incidents/new", **(GOOD | changes))
    assert answer.status_code == 422 and is_page(answer)
    assert errors(answer) == {field}
    for name in {"title", "description", "service", "severity"} - {field}:
        assert GOOD[name] in answer.text
    assert field == "scopes" or 'value="Legal" checked' in answer.text
    assert incidents(database) == before


def test_what_is_typed_is_never_markup(responder: Visitor) -> None:
    script = "<script>alert(1)</script>\"'>"
    kept = responder.post("/incidents/new", **(GOOD | {"title": script, "description": script, "service": script}))
    assert kept.status_code == 422 and "<script>alert" not in kept.text
    stored = responder.post("/incidents/new", **(GOOD | {"title": script, "description": script, "service": "search"}))
    assert stored.status_code == 303
    here = stored.headers["location"]
    for path in (here, f"{here}/document", f"{here}/resolve", "/incidents"):
        shown = responder.get(path)
        assert "<script>alert" not in shown.text, path
    assert "&lt;script&gt;alert(1)" in responder.get(here).text


def test_a_declaration_is_stored_as_it_was_typed(responder: Visitor, api: httpx.Client) -> None:
    typed = GOOD | {"service": "billing-worker", "title": "Invoices come late today", "scopes": ["Legal", "PR"]}
    answer = responder.post("/incidents/new", **typed)
    assert answer.status_code == 303
    row = api.get(f"/incidents/{answer.headers['location'].rpartition('/')[2]}/").json()
    me = responder.get("/inbox").text
    assert row["lead"] in me and row["lead"].startswith("responder-")
    assert row["service"]["name"] == typed["service"]
    for name in ("title", "description", "severity"):
        assert row[name] == typed[name]
    assert sorted(row["impacted_scopes"]) == ["Legal", "PR"] and row["source"] == "web"


def test_a_form_that_is_sent_twice_acts_once(responder: Visitor, api: httpx.Client, incident: dict[str, Any]) -> None:
    number = incident["short_id"]
    posted = {"text": "Said once and sent twice", "form_id": "f" * 32}
    answers = [responder.post(f"/incidents/{number}/note", **posted) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    events = api.get(f"/incidents/{number}/events/?limit=500").json()["items"]
    assert sum(posted["text"] in event["message"] for event in events) == 1
    declared = GOOD | {"title": "Declared once, sent twice", "form_id": "d" * 32, "service": "ingress"}
    places = [responder.post("/incidents/new", **declared).headers["location"] for _ in range(2)]
    assert places[0] == places[1]
    assert api.get(f"/incidents/{places[0].rpartition('/')[2]}/").json()["alert_count"] == 1


@pytest.mark.parametrize(
    ("path", "fields", "field"),
    [
        ("note", {"text": "four"}, "text"),
        ("note", {"text": ...}, "text"),
        ("note", {"text": "NUL \x00 here"}, "text"),
        ("note", {"text": "x" * 2001}, "text"),
        ("resolve", {}, "confirmed"),
        ("resolve", {"confirmed": ""}, "confirmed"),
        ("resolve", {"confirmed": "yes", "resolution_note": "\x00"}, "resolution_note"),
        ("resolve", {"confirmed": "yes", "resolution_note": "x" * 5001}, "resolution_note"),
        ("resolve", {"confirmed": "yes", "root_cause": "\x00"}, "root_cause"),
        ("resolve", {"confirmed": "yes", "root_cause": "x" * 2001}, "root_cause"),
        ("room/messages", {"text": "  "}, "text"),
        ("room/messages", {"text": "\x00"}, "text"),
        ("room/messages", {"text": "x" * 4001}, "text"),
        ("room/members", {"email": ""}, "email"),
        ("room/members", {"email": "nobody@example.com"}, "email"),
        ("room/members", {"email": "admin@example.com\x00"}, "email"),
        ("room/members", {"email": "x" * 400}, "email"),
    ],
)
def test_a_wrong_field_of_an_action(
    responder: Visitor,
    database: psycopg.Connection[Any],
    incident: dict[str, Any],
    path: str,
    fields: dict[str, Any],
    field: str,
) -> None:
    # What Tocsin itself posts, of this incident or of those that other tests have declared, comes when it comes.
    messages = "SELECT count(*) FROM war_room_messages WHERE author <> 'Tocsin'"
    said = f"SELECT ({messages}), (SELECT status FROM incidents WHERE id = %s)"
    before = database.execute(said, (incident["id"],)).fetchone()
    answer = responder.post(f"/incidents/{incident['short_id']}/{path}", **fields)
    assert answer.status_code == 422 and is_page(answer)
    assert errors(answer) == {field}
    assert database.execute(said, (incident["id"],)).fetchone() == before


@pytest.mark.parametrize("form_id", [..., "", "short", "x" * 65, "with space in it 1", "\x00" * 20])
def test_a_form_without_its_id(responder: Visitor, incident: dict[str, Any], form_id: Any) -> None:
    answer = responder.post(f"/incidents/{incident['short_id']}/escalate", form_id=form_id)
    assert answer.status_code == 400 and is_page(answer)


def test_a_form_of_too_many_fields(responder: Visitor) -> None:
    answer = responder.post("/incidents/new", **{f"field{number}": "x" for number in range(300)})
    assert answer.status_code == 400 and is_page(answer)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/incidents/INC-999999", 404),
        ("/incidents/INC-99999999999999999999999999", 404),
        ("/incidents/INC-0/document", 404),
        ("/incidents/INC-999999/resolve", 404),
        ("/incidents/INC-999999/room", 404),
        ("/incidents/nonsense", 404),
        ("/incidents/%00", 404),
        ("/incidents/00000000-0000-0000-0000-000000000000", 404),
        ("/incidents/INC-²", 404),
        ("/{incident}/document?version=99", 404),
        ("/{incident}/document?version=%00", 404),
        ("/no/such/page", 404),
        ("/inbox/%00", 400),
        ("/inbox/" + "x" * 400, 400),
        ("/inbox?recipient=%00", 400),
        ("/inbox?before=nonsense", 400),
        ("/incidents?q=%00", 422),
        ("/incidents?service=%00", 422),
        ("/incidents?q=" + "x" * 300, 422),
        ("/incidents?status=NONE", 422),
        ("/incidents?severity=%00", 422),
        ("/incidents?before=-1", 422),
        ("/incidents?before=999999999999999999", 200),
        ("/incidents?before=99999999999999999999", 422),
        ("/incidents?q=%25_%5C%27%22", 200),
        ("/live?incident=" + "x" * 400, 400),
    ],
)
def test_an_address_that_leads_nowhere_is_a_page(
    responder: Visitor, incident: dict[str, Any], path: str, status: int
) -> None:
    answer = responder.get(path.replace("{incident}", f"incidents/{incident['short_id']}"))
    assert answer.status_code == status, answer.text
    assert is_page(answer)


def test_an_action_that_does_not_exist(responder: Visitor, incident: dict[str, Any]) -> None:
    assert responder.post(f"/incidents/{incident['short_id']}/delete").status_code == 404
    assert responder.post("/incidents/INC-999999/acknowledge").status_code == 404


def test_an_address_in_other_letters_leads_to_the_page(responder: Visitor, incident: dict[str, Any]) -> None:
    for path in (incident["id"], incident["short_id"].lower()):
        answer = responder.get(f"/incidents/{path}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/incidents/{incident['short_id']}")
    assert responder.get("/incidents/").headers["location"] == "/incidents"


def test_the_list_is_narrowed(responder: Visitor, incident: dict[str, Any]) -> None:
    number = incident["short_id"]
    assert f">{number}</a>" in responder.get("/incidents", q=number, severity="SEV1_CRITICAL", status="OPEN").text
    assert f">{number}</a>" in responder.get("/incidents", service="redis-prod").text
    assert "No incident matches" in responder.get("/incidents", q="no such words").text
    assert f">{number}</a>" not in responder.get("/incidents", severity="SEV2_HIGH").text
