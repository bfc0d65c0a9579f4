"""How people are reached: contact methods and codes, rules, quiet hours, days away, test pages; on pages."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.web.visitors import Person, Visit, Visitor, errors, is_page, make_session
from web.sign_in import COOKIE


class Me:
    """Somebody signed in, and who they are."""

    def __init__(self, visitor: Visitor, email: str, password: str, api: httpx.Client) -> None:
        self.visitor, self.email, self.password, self.api = visitor, email, password, api
        self.here = f"/people/{email.replace('@', '%40')}"

    def page(self) -> str:
        """My page."""
        return self.visitor.get(self.here).text

    def known(self) -> dict[str, Any]:
        """What the API says of me."""
        found: dict[str, Any] = self.api.get(f"/users/{self.email}/").json()
        return found

    def post(self, what: str, **fields: Any) -> httpx.Response:
        """Post one of the page's forms."""
        return self.visitor.post(f"{self.here}/{what}", **fields)

    def inbox(self) -> list[dict[str, Any]]:
        """My messages."""
        items: list[dict[str, Any]] = self.api.get(f"/users/{self.email}/inbox/").json()["items"]
        return items


@pytest.fixture
def me(
    stranger: Callable[..., Visitor],
    person: Callable[[str], Person],
    database: psycopg.Connection[Any],
    api: httpx.Client,
) -> Me:
    who, visitor = person("operator"), stranger()
    session = make_session(database, who.id)
    visitor.csrf = session.csrf
    visitor.client.cookies.set(COOKIE, session.cookie)
    return Me(visitor, who.email, who.password, api)


def method_path(page: str, action: str) -> str:
    found = re.search(rf'action="/people/[^/"]+/(methods/[0-9a-f-]+/{action})"', page)
    assert found is not None, action
    return found[1]


def test_an_address_is_verified_by_the_code_that_was_sent(me: Me) -> None:
    assert me.visitor.get("/people/me").headers["location"] == me.here
    assert "registered no contact method" in me.page()
    assert me.post("methods", channel="sms", address="+33 6 12 34 56 78").status_code == 303
    assert "not verified" in me.page()
    message = me.inbox()[0]
    code = re.search(r"\b\d{6}\b", message["text"])
    assert code is not None and message["channel"] == "sms"
    verify = method_path(me.page(), "verify")
    field = f"code_{verify.split('/')[1].replace('-', '')}"
    wrong = me.post(verify, **{field: f"{(int(code[0]) + 1) % 1_000_000:06}"})
    assert wrong.status_code == 422 and errors(wrong) == {field} and "tries are left" in wrong.text
    assert me.known()["contact_methods"][0]["verified"] is False
    assert errors(me.post(verify, **{field: "soon"})) == {field}
    assert me.post(verify, **{field: f" {code[0]} "}).status_code == 303
    (kept,) = me.known()["contact_methods"]
    assert (kept["channel"], kept["address"], kept["verified"]) == ("sms", "+33612345678", True)
    sent = me.post(method_path(me.page(), "test"))
    assert sent.status_code == 303 and sent.headers["location"].startswith("/inbox/operator-")
    assert "Test page from Tocsin by sms" in me.inbox()[0]["text"]
    assert "Test page from Tocsin by sms" in me.visitor.get("/inbox").text
    assert me.post(method_path(me.page(), "remove")).status_code == 303
    assert me.known()["contact_methods"] == []


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"channel": ""}, "channel"),
        ({"channel": "pigeon"}, "channel"),
        ({"address": ""}, "address"),
        ({"address": "0612345678"}, "address"),
        ({"address": "+33612345678\x00"}, "address"),
        ({"channel": "email", "address": "no mail"}, "address"),
        ({"channel": "webhook", "address": "javascript:alert(1)"}, "address"),
    ],
)
def test_a_wrong_contact_method(me: Me, fields: dict[str, Any], wrong: str) -> None:
    answer = me.post("methods", **({"channel": "sms", "address": "+33612345678"} | fields))
    assert answer.status_code == 422 and is_page(answer) and errors(answer) == {wrong}
    assert me.known()["contact_methods"] == []


def test_a_test_page_leads_to_the_inbox(me: Me) -> None:
    sent = me.post("test-page")
    assert sent.status_code == 303
    shown = me.visitor.get(sent.headers["location"]).text
    assert "Test page from Tocsin by email" in shown and "INC-None" not in shown


def test_a_webhook_that_takes_neither_code_nor_test_page(me: Me) -> None:
    """This product may not post to this machine."""
    method = {"channel": "webhook", "address": "http://127.0.0.1:9/5ecret"}
    refused = me.post("methods", **method)
    assert refused.status_code == 422 and errors(refused) == {"address"} and "not allowed here" in refused.text
    verified = {"contact_methods": [method | {"verified": True}]}
    me.api.patch(f"/users/{me.email}/", json=verified).raise_for_status()
    for what in (method_path(me.page(), "test"), "test-page"):
        sent = me.post(what)
        assert sent.status_code == 303 and sent.headers["location"] == f"{me.here}#methods"
        shown = me.page()
        assert "A test page was not taken" in shown and "not allowed here" in shown


def test_rules_in_the_order_of_their_delays(me: Me) -> None:
    for channel, after in (("phone", "5"), ("push", ""), ("sms", "2")):
        assert me.post("rules", rule_urgency="high", rule_channel=channel, rule_after=after).status_code == 303
    assert {(r["channel"], r["after_seconds"]) for r in me.known()["notification_rules"]} == {
        ("push", 0),
        ("sms", 120),
        ("phone", 300),
    }
    html = me.page()
    places = [
        html.index(f"<span>{text}") for text in ("push message at once", "SMS after 2 min", "phone call after 5 min")
    ]
    assert places == sorted(places)
    key = re.search(r'<span>SMS after 2 min.*?name="key" value="([^"]+)"', html, re.S)
    assert key is not None
    assert me.post("rules/delete", key=key[1].replace("&#34;", '"')).status_code == 303
    assert [r["channel"] for r in me.known()["notification_rules"]] == ["phone", "push"]
    for wrong, field in (
        ({"rule_channel": ""}, "rule_channel"),
        ({"rule_after": "-1"}, "rule_after"),
        ({"rule_after": "1441"}, "rule_after"),
        ({"rule_urgency": "some"}, "rule_urgency"),
    ):
        answer = me.post("rules", **({"rule_urgency": "high", "rule_channel": "sms", "rule_after": "1"} | wrong))
        assert answer.status_code == 422 and errors(answer) == {field}
    assert len(me.known()["notification_rules"]) == 2


def test_quiet_hours_and_days_away_by_their_own_clock(me: Me) -> None:
    profile = {"name": "Test operator", "time_zone": "Asia/Kolkata", "language": "en"}
    assert me.post("profile", **profile).status_code == 303
    quiet = {"quiet_days": ["mon", "sun"], "quiet_from": "22:30", "quiet_until": "06:30"}
    assert me.post("quiet", quiet_severities="SEV3_MEDIUM", **quiet).status_code == 303
    (hours,) = me.known()["quiet_hours"]
    assert (hours["weekdays"], hours["from"], hours["until"]) == (["mon", "sun"], "22:30", "06:30")
    assert "mon sun 22:30-06:30 Asia/Kolkata" in me.page()
    away = {"away_start": "2090-01-01T00:00", "away_end": "2090-01-08T00:00", "away_reason": "Far away"}
    assert me.post("away", **away).status_code == 303
    (days,) = me.known()["days_away"]
    assert days["start"].startswith("2089-12-31T18:30:00") and "Far away" in me.page()
    for what, fields, field in (
        ("quiet", quiet | {"quiet_from": "soon", "quiet_severities": "SEV3_MEDIUM"}, "quiet_from"),
        ("quiet", quiet | {"quiet_severities": "SEV9"}, "quiet_severities"),
        ("quiet", quiet | {"quiet_days": ..., "quiet_severities": "SEV3_MEDIUM"}, "quiet_days"),
        ("away", away | {"away_end": "2089-01-01T00:00"}, "away_end"),
        ("away", away | {"away_start": "soon"}, "away_start"),
        ("profile", profile | {"time_zone": "Mars/Olympus"}, "time_zone"),
        ("profile", profile | {"name": ""}, "name"),
        ("profile", profile | {"language": "Klingon"}, "language"),
    ):
        answer = me.post(what, **fields)
        assert answer.status_code == 422 and errors(answer) == {field}, (what, field)
    assert (len(me.known()["quiet_hours"]), len(me.known()["days_away"])) == (1, 1)
    for what in ("quiet", "away"):
        key = re.search(rf'action="[^"]+/{what}/delete".*?name="key" value="([^"]+)"', me.page(), re.S)
        assert key is not None
        assert me.post(f"{what}/delete", key=key[1].replace("&#34;", '"')).status_code == 303
    assert (me.known()["quiet_hours"], me.known()["days_away"]) == ([], [])


def test_others_are_edited_by_managers_alone(me: Me, visit: Visit, api: httpx.Client) -> None:
    rule = {"rule_urgency": "high", "rule_channel": "sms", "rule_after": "1"}
    colleague, manager = visit("responder"), visit("manager")
    page = colleague.get(me.here).text
    assert "Test operator" in page and page.count('method="post"') == 1
    for what, fields in (
        ("rules", rule),
        ("methods", {"channel": "sms", "address": "+33612345678"}),
        ("test-page", {}),
    ):
        assert colleague.post(f"{me.here}/{what}", **fields).status_code == 403, what
    assert me.known()["notification_rules"] == [] and me.inbox() == []
    assert manager.post(f"{me.here}/rules", **rule).status_code == 303
    assert len(me.known()["notification_rules"]) == 1
    assert manager.post("/people/admin%40example.com/rules", **rule).status_code == 403
    assert visit("viewer").get("/people/nobody%40example.com").status_code == 404


def test_somebody_new_and_what_managers_say_of_them(visit: Visit, api: httpx.Client) -> None:
    manager, email = visit("manager"), f"new-{uuid4().hex[:8]}@example.com"
    typed = {"email": email, "name": "Nia New", "title": "", "role": "responder", "time_zone": "Europe/Paris"}
    for fields, field in (
        ({"email": "nobody"}, "email"),
        ({"email": "admin@example.com"}, "email"),
        ({"name": ""}, "name"),
        ({"role": "king"}, "role"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
    ):
        answer = manager.post("/people/new", **(typed | fields))
        assert answer.status_code == 422 and errors(answer) == {field}, field
    made = manager.post("/people/new", **typed)
    assert made.status_code == 303 and api.get(f"/users/{email}/").json()["name"] == "Nia New"
    profile = {"name": "Nia New", "time_zone": "Europe/Paris", "language": "en", "role": "operator", "title": "CTO"}
    assert manager.post(f"/people/{email}/profile", **profile).status_code == 303
    kept = api.get(f"/users/{email}/").json()
    assert (kept["role"], kept["title"], kept["is_active"]) == ("operator", "CTO", False)
    assert manager.post("/people/new", **(typed | {"email": "x@example.com", "role": "admin"})).status_code == 403
    assert visit("responder").post("/people/new", **typed).status_code == 403


def test_nobody_gives_themselves_a_role(me: Me) -> None:
    fields = {"name": "Test operator", "time_zone": "UTC", "language": "en", "role": "admin", "is_active": "yes"}
    assert me.post("profile", **fields).status_code == 303
    assert me.known()["role"] == "operator"


def test_a_code_is_not_read_by_others(me: Me, visit: Visit) -> None:
    assert me.post("methods", channel="push", address="my-topic").status_code == 303
    code = re.search(r"\b\d{6}\b", me.inbox()[0]["text"])
    assert code is not None
    assert code[0] in me.visitor.get("/inbox").text
    others = visit("responder").get(f"/inbox/{me.email}").text
    assert code[0] not in others and "for its recipient alone" in others


def test_a_team_and_its_people(visit: Visit, me: Me, api: httpx.Client) -> None:
    team = f"Crew {uuid4().hex[:6]}"
    assert api.post("/teams/", json={"name": team, "members": [me.email], "on_call": me.email}).status_code == 201
    manager = visit("manager")
    html = me.visitor.get(f"/teams/{team}").text
    assert me.here in html and "is named for the team" in html and f"/teams/{team}/edit".replace(" ", "%20") not in html
    edit = manager.get(f"/teams/{team}/edit")
    assert edit.status_code == 200 and me.email in edit.text
    typed = f"name: {team}\nmembers: [{me.email}]\nmanager: {me.email}\nchannel: '#crew'\n"
    assert manager.post(f"/teams/{team}/edit", definition=typed).status_code == 303
    kept = next(one for one in api.get("/teams/?limit=500").json()["items"] if one["name"] == team)
    assert (kept["manager"], kept["channel"]) == (me.email, "#crew")
    refused = manager.post(f"/teams/{team}/edit", definition=typed.replace("'#crew'", "crew"))
    assert refused.status_code == 422 and "channel" in refused.text and "must be # and a name" in refused.text.lower()
    assert me.visitor.post(f"/teams/{team}/edit", definition=typed).status_code == 403


def test_in_the_browser_from_the_first_address_to_the_test_page(page: Page) -> None:
    page.goto("/people/me")
    page.get_by_text("Add a contact method…").click()
    page.get_by_label("By", exact=True).select_option("push")
    page.get_by_label("Address").fill(f"topic-{uuid4().hex[:6]}")
    page.get_by_role("button", name="Add, and send the code").click()
    expect(page.locator("#flash")).to_contain_text("A code was sent")
    page.goto("/inbox")
    code = re.search(r"\b\d{6}\b", page.locator("article").first.inner_text())
    assert code is not None
    page.goto("/people/me")
    page.get_by_label("Code").last.fill(code[0])
    page.get_by_role("button", name="Verify").last.click()
    expect(page.locator("#flash")).to_contain_text("verified")
    page.get_by_role("button", name="Send me a test page").click()
    expect(page.get_by_role("heading", name="My inbox")).to_be_visible()
    expect(page.locator("#inbox")).to_contain_text("Test page from Tocsin by push")


def test_a_password_of_ones_own(me: Me) -> None:
    short = me.post("password", password="short", current=me.password)
    assert short.status_code == 422 and errors(short) == {"password"}
    assert me.password not in short.text, "what was typed is not sent back"
    wrong = me.post("password", password="a long enough word", current="not it")
    assert wrong.status_code == 422 and errors(wrong) == {"current"}
    assert me.post("password", password="a long enough word", current=me.password).status_code == 303
    assert me.visitor.get(me.here).headers["location"].startswith("/login"), "signed out"


def test_a_manager_gives_a_password_and_they_sign_in(
    api: httpx.Client, visit: Visit, person: Callable[[str], Person], stranger: Callable[..., Visitor]
) -> None:
    who = person("responder")
    here = f"/people/{who.email.replace('@', '%40')}"
    assert visit("responder").post(f"{here}/password", password="a long enough word").status_code == 403
    assert visit("manager").post(f"{here}/password", password="a long enough word").status_code == 303
    them = stranger()
    signed_in = them.client.post("/login", data={"email": who.email, "password": "a long enough word"})
    assert signed_in.status_code == 303
    assert who.email in them.get(here).text
