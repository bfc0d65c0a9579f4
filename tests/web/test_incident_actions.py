"""What responders do to an incident on its page: snooze, reassign, page more people, change, roles, un-acknowledge."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.support.waiting import wait_for
from tests.web.visitors import Person, Visit, Visitor, errors, is_page, make_session
from web.sign_in import COOKIE

Make = Callable[..., dict[str, Any]]

BO, CY = "bo@example.com", "cy@example.com"


@pytest.fixture
def responder(visit: Visit) -> Visitor:
    return visit("responder")


@pytest.fixture
def opened(api: httpx.Client, alert: Make) -> str:
    """The number of a new SEV2 incident whose first pages have left."""
    number: str = api.post("/incidents/", json=alert(severity="SEV2_HIGH")).json()["short_id"]
    wait_for(lambda: api.get(f"/incidents/{number}/notifications/").json()["items"])
    return number


def row(api: httpx.Client, number: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/incidents/{number}/").json()
    return found


def kept(database: psycopg.Connection[Any], number: str, column: str) -> Any:
    query = {
        "roles": "SELECT roles FROM incidents WHERE number = %s",
        "responders": "SELECT responders FROM incidents WHERE number = %s",
    }[column]
    found = database.execute(query, (int(number[4:]),)).fetchone()
    assert found is not None
    return found[0]


def said_by_people(api: httpx.Client, number: str) -> list[str]:
    """Of the timeline what somebody did; the rest goes on while a test runs."""
    items = api.get(f"/incidents/{number}/events/?limit=500").json()["items"]
    return [item["message"] for item in items if "@" in (item["actor"] or "")]


def told(api: httpx.Client, number: str) -> set[str]:
    return {item["recipient"] for item in api.get(f"/incidents/{number}/notifications/?limit=500").json()["items"]}


def test_every_action_is_on_the_page(responder: Visitor, visit: Visit, opened: str) -> None:
    html = responder.get(f"/incidents/{opened}").text
    for label in ("Acknowledge", "Snooze…", "Reassign…", "Page people…", "Change…", "Escalate now"):
        assert f">{label}<" in html, label
    assert "Un-acknowledge" not in html
    viewer = visit("viewer")
    assert "Snooze" not in viewer.get(f"/incidents/{opened}").text
    for form in ("snooze", "reassign", "ask", "change", "roles"):
        assert responder.get(f"/incidents/{opened}/{form}/form").status_code == 200
        assert viewer.get(f"/incidents/{opened}/{form}/form").status_code == 403
        assert viewer.post(f"/incidents/{opened}/{form}/form").status_code == 403
    assert responder.get(f"/incidents/{opened}/nothing/form").status_code == 404


@pytest.mark.parametrize(("length", "seconds"), [("15m", 900), ("1h", 3600), ("4h", 14_400)])
def test_snoozed_for_a_while(responder: Visitor, api: httpx.Client, opened: str, length: str, seconds: int) -> None:
    before = datetime.now(UTC)
    answer = responder.post(f"/incidents/{opened}/snooze/form", length=length, note="Deploy runs")
    assert answer.status_code == 303
    until = datetime.fromisoformat(row(api, opened)["snoozed_until"])
    assert before + timedelta(seconds=seconds) <= until <= datetime.now(UTC) + timedelta(seconds=seconds)
    assert "Snoozed until" in responder.get(f"/incidents/{opened}").text
    events = api.get(f"/incidents/{opened}/events/?limit=500").json()["items"]
    assert any("Deploy runs" in event["message"] for event in events)


def test_snoozed_by_the_clock_of_who_does_it(
    stranger: Callable[..., Visitor], person: Callable[[str], Person], database: psycopg.Connection[Any],
    api: httpx.Client, opened: str,
) -> None:  # fmt: skip
    """Nine o'clock in Kathmandu is 03:15 UTC, the whole year."""
    who, visitor = person("responder"), stranger()
    session = make_session(database, who.id)
    visitor.csrf = session.csrf
    visitor.client.cookies.set(COOKIE, session.cookie)
    assert api.patch(f"/users/{who.email}/", json={"time_zone": "Asia/Kathmandu"}).status_code == 200
    here = f"/incidents/{opened}/snooze/form"
    assert visitor.post(here, length="tomorrow").status_code == 303
    until = datetime.fromisoformat(row(api, opened)["snoozed_until"])
    assert f"{until:%H:%M}" == "03:15" and timedelta(0) < until - datetime.now(UTC) < timedelta(hours=48)
    later = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}"
    assert visitor.post(here, length="custom", until=f"{later}T05:45").status_code == 303
    assert row(api, opened)["snoozed_until"].startswith(f"{later}T00:00")
    for fields, wrong in (
        ({"length": ""}, "length"),
        ({"length": "soon"}, "length"),
        ({"length": "custom"}, "until"),
        ({"length": "custom", "until": "2020-01-01T00:00"}, "until"),
        ({"length": "custom", "until": "2199-01-01T00:00"}, "until"),
        ({"length": "1h", "note": "x" * 2001}, "note"),
    ):
        answer = visitor.post(here, **fields)
        assert answer.status_code == 422 and is_page(answer) and errors(answer) == {wrong}
    assert row(api, opened)["snoozed_until"].startswith(f"{later}T00:00")


def test_reassigned_to_a_person_and_to_a_team(responder: Visitor, api: httpx.Client, opened: str) -> None:
    here = f"/incidents/{opened}/reassign/form"
    for wrong in ("", "nobody@example.com", "No such team"):
        answer = responder.post(here, to=wrong, note="kept")
        assert answer.status_code == 422 and errors(answer) == {"to"} and ">kept</textarea>" in answer.text
    assert responder.post(here, to=CY).status_code == 303
    assert row(api, opened)["lead"] == CY
    wait_for(lambda: CY in told(api, opened))
    assert responder.post(here, to="Backend Payment").status_code == 303
    assert row(api, opened)["team"] == "Backend Payment"
    wait_for(lambda: "#backend-payment" in told(api, opened) or BO in told(api, opened))


def test_who_is_asked_joins_or_declines(
    responder: Visitor, visit: Visit, stranger: Callable[..., Visitor], person: Callable[[str], Person],
    api: httpx.Client, database: psycopg.Connection[Any], opened: str,
) -> None:  # fmt: skip
    who, asked = person("operator"), stranger()
    session = make_session(database, who.id)
    asked.csrf = session.csrf
    asked.client.cookies.set(COOKIE, session.cookie)
    here = f"/incidents/{opened}"
    assert errors(responder.post(f"{here}/ask/form")) == {"people"}
    assert errors(responder.post(f"{here}/ask/form", people="nobody@example.com")) == {"people"}
    assert responder.post(f"{here}/ask/form", people=[who.email, CY]).status_code == 303
    assert kept(database, opened, "responders") == {who.email: "asked", CY: "asked"}
    wait_for(lambda: {who.email, CY} <= told(api, opened))
    assert "You were asked to join" in asked.get(here).text
    assert "You were asked to join" not in responder.get(here).text
    assert responder.post(f"{here}/answer", accepted="yes").status_code == 403
    assert asked.post(f"{here}/answer", accepted="yes").status_code == 303
    assert kept(database, opened, "responders") == {who.email: "accepted", CY: "asked"}
    assert "accepted" in responder.get(here).text
    assert asked.post(f"{here}/answer", accepted="no").status_code == 303
    assert kept(database, opened, "responders")[who.email] == "declined"


def test_facts_are_changed_and_only_those(responder: Visitor, api: httpx.Client, opened: str) -> None:
    here, before = f"/incidents/{opened}/change/form", row(api, opened)
    same = {
        "title": before["title"],
        "description": before["description"],
        "severity": before["severity"],
        "lead": before["lead"] or "",
    }
    for fields, wrong in (
        ({"title": ""}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"severity": "SEV9"}, "severity"),
        ({"lead": "nobody@example.com"}, "lead"),
        ({"scopes": "no such scope"}, "scopes"),
    ):
        answer = responder.post(here, **(same | fields))
        assert answer.status_code == 422 and errors(answer) == {wrong}
    assert responder.post(here, **same).status_code == 303
    assert said_by_people(api, opened) == []
    changed = same | {"severity": "SEV1_CRITICAL", "scopes": ["Legal"], "lead": BO, "title": "Redis is gone"}
    assert responder.post(here, **changed).status_code == 303
    now = row(api, opened)
    assert (now["severity"], now["impacted_scopes"], now["lead"]) == ("SEV1_CRITICAL", ["Legal"], BO)
    assert (now["title"], now["description"]) == ("Redis is gone", before["description"])
    assert said_by_people(api, opened)
    wait_for(lambda: "dpo@example.com" in told(api, opened))


def test_who_is_not_active_any_more_neither_leads_nor_has_a_role(
    responder: Visitor, api: httpx.Client, person: Callable[[str], Person], opened: str
) -> None:
    gone, before = person("responder").email, row(api, opened)
    assert api.patch(f"/users/{gone}/", json={"is_active": False}).status_code == 200
    same = {name: before[name] for name in ("title", "description", "severity")}
    assert errors(responder.post(f"/incidents/{opened}/change/form", **same, lead=gone)) == {"lead"}
    assert errors(responder.post(f"/incidents/{opened}/roles/form", role="scribe", person=gone)) == {"person"}
    assert (row(api, opened)["lead"], row(api, opened)["status"]) == (before["lead"], before["status"])


def test_roles(responder: Visitor, api: httpx.Client, database: psycopg.Connection[Any], opened: str) -> None:
    here = f"/incidents/{opened}/roles/form"
    assert errors(responder.post(here, role="", person=CY)) == {"role"}
    assert errors(responder.post(here, role="scribe", person="nobody@example.com")) == {"person"}
    assert responder.post(here, role="incident commander", person=CY).status_code == 303
    assert kept(database, opened, "roles") == {"incident commander": CY}
    page = responder.get(f"/incidents/{opened}").text
    assert "<dt>incident commander</dt>" in page and "Cy Okafor" in page
    assert responder.post(here, role="incident commander", person="").status_code == 303
    assert kept(database, opened, "roles") == {}


def test_an_acknowledgement_is_taken_back(responder: Visitor, api: httpx.Client, opened: str) -> None:
    here = f"/incidents/{opened}"
    assert responder.post(f"{here}/acknowledge").status_code == 303
    assert "Un-acknowledge" in responder.get(here).text
    assert responder.post(f"{here}/unacknowledge").status_code == 303
    assert row(api, opened)["status"] == "TRIGGERED"
    assert "If nobody acknowledges." in responder.get(here).text


def test_what_is_over_is_left_alone(responder: Visitor, api: httpx.Client, opened: str) -> None:
    assert api.post(f"/incidents/{opened}/resolve/").status_code == 200
    html = responder.get(f"/incidents/{opened}").text
    assert "This incident is over." in html and "Give a role" not in html
    for form in ("snooze", "reassign", "ask", "change", "roles"):
        assert responder.get(f"/incidents/{opened}/{form}/form").status_code == 303
    assert responder.post(f"/incidents/{opened}/snooze/form", length="1h").status_code == 303
    assert row(api, opened)["snoozed_until"] is None


def test_why_somebody_was_paged(responder: Visitor, api: httpx.Client, opened: str) -> None:
    paged = wait_for(lambda: next((one for one in sorted(told(api, opened)) if "@" in one), None))

    def explained() -> str | None:
        text = re.sub(r"<[^>]+>", " ", responder.get(f"/incidents/{opened}/why").text)
        return text if paged in text and "because" in text else None

    assert "Why was I paged" not in wait_for(explained)


def test_in_the_browser_snoozed_while_somebody_else_looks(page: Page, api: httpx.Client, opened: str) -> None:
    page.goto(f"/incidents/{opened}")
    page.get_by_role("link", name="Snooze…").click()
    page.get_by_label("until…").check()
    page.get_by_role("button", name="Snooze").click()
    expect(page.locator("#until-error")).to_be_visible()
    expect(page.get_by_label("until…")).to_be_checked()
    page.get_by_label("1 hour", exact=True).check()
    page.get_by_role("button", name="Snooze").click()
    expect(page.locator("#people")).to_contain_text("Snoozed until")
    expect(page.locator("#live-state.is-live")).to_have_text("Live")
    page.evaluate("window.neverLoadedAgain = true")
    assert api.post(f"/incidents/{opened}/responders/", json={"people": ["admin@example.com"]}).status_code == 200
    page.get_by_role("button", name="I join").click()
    expect(page.locator("#people")).to_contain_text("You joined.")


def test_in_the_browser_what_is_pressed_is_not_taken_away(page: Page, api: httpx.Client, opened: str) -> None:
    api.post(f"/incidents/{opened}/responders/", json={"people": ["admin@example.com"]}).raise_for_status()
    page.goto(f"/incidents/{opened}")
    expect(page.locator("#live-state.is-live")).to_have_text("Live")
    page.get_by_role("button", name="I join").hover()
    page.mouse.down()
    api.post(f"/incidents/{opened}/comments/", json={"text": "Said meanwhile"}).raise_for_status()
    expect(page.locator("#timeline")).to_contain_text("Said meanwhile")
    page.mouse.up()
    expect(page.locator("#people")).to_contain_text("You joined.")
