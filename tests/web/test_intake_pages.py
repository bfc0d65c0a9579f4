"""What arrives, as people see it: sources, their keys, what became of alerts; merging and splitting by hand."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.support.waiting import wait_for
from tests.web.visitors import Visit, Visitor, errors, is_page

Make = Callable[..., dict[str, Any]]

KEY = re.compile(r'id="key"[^>]*>([0-9a-f]{32})<')


class Sender:
    """A source that sends in the generic format."""

    def __init__(self, api: httpx.Client, **settings: Any) -> None:
        self._api = api
        self.name = f"sender-{uuid4().hex[:12]}"
        made = api.post("/sources/", json={"name": self.name, "kind": "generic", **settings})
        assert made.status_code == 201, made.text
        self.id, self.key = made.json()["id"], made.json()["key"]
        self.page = f"/intake/sources/{self.id}"

    def send(self, **fields: Any) -> Any:
        body = {"title": "Search is down", "severity": "P3", "service": "search", "dedup_key": uuid4().hex} | fields
        answer = self._api.post(f"/alerts/generic/?token={self.key}", json=body, headers={"Authorization": ""})
        assert answer.status_code < 300, answer.text
        return answer.json()["results"][0]


Senders = Callable[..., Sender]


@pytest.fixture
def sender(api: httpx.Client) -> Iterator[Senders]:
    """Makes sources, which are gone after the test."""
    made: list[Sender] = []

    def make(**settings: Any) -> Sender:
        made.append(Sender(api, **settings))
        return made[-1]

    yield make
    for one in made:
        api.delete(f"/sources/{one.id}/")


@pytest.fixture
def manager(visit: Visit) -> Visitor:
    return visit("manager")


def new_source(**fields: Any) -> dict[str, Any]:
    return {"name": f"web-{uuid4().hex[:8]}", "kind": "generic", "service": "", "heartbeat": ""} | fields


def found_by_name(api: httpx.Client, name: str) -> dict[str, Any]:
    answer = api.get(f"/sources/{name}/")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_list_says_what_became_of_what(sender: Senders, manager: Visitor) -> None:
    one = sender()
    first = one.send(dedup_key="same")
    one.send(dedup_key="same")
    one._api.post(f"/alerts/generic/?token={one.key}", content="no json", headers={"Authorization": ""})
    html = manager.get("/intake").text
    row = html[html.index(f">{one.name}</a>") :].partition("</tr>")[0]
    for fate in ("new 1", "attached 1", "refused 1"):
        assert f">{fate}<" in row
    listed = manager.get("/intake", source=one.name).text
    assert listed.count("Search is down") == 2 and f'href="/incidents/{first["incident"]}"' in listed
    assert "The body is not valid JSON" in listed
    attached = manager.get("/intake", source=one.name, fate="attached").text
    assert attached.count("Search is down") == 1
    assert "No alert matches" in manager.get("/intake", source=one.name, fate="held").text


def test_pages_of_alerts(sender: Senders, manager: Visitor) -> None:
    one = sender()
    for number in range(32):
        one.send(title=f"Alert number {number:02}", dedup_key="same")
    first = manager.get("/intake", source=one.name)
    older = re.search(r'id="older"[^>]*href="([^"]+)"', first.text)
    assert older and first.text.count("Alert number") == 30
    second = manager.get(older[1].replace("&amp;", "&")).text
    assert second.count("Alert number") == 2 and "Alert number 01" in second and 'id="newest"' in second


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("fate=nothing", 422),
        ("source=%00", 422),
        ("before=nonsense", 422),
        ("source=no-such-source", 404),
        ("before=00000000-0000-0000-0000-000000000000", 200),
    ],
)
def test_a_wrong_filter_is_told(manager: Visitor, query: str, status: int) -> None:
    answer = manager.get(f"/intake?{query}")
    assert answer.status_code == status and is_page(answer)


def test_the_end_of_the_address_may_have_a_slash(manager: Visitor) -> None:
    assert manager.get("/intake/?fate=new").headers["location"] == "/intake?fate=new"
    assert manager.get("/quiet/").headers["location"] == "/quiet"


def test_a_new_source_shows_its_key_once(manager: Visitor, api: httpx.Client) -> None:
    typed = new_source(service="search", auto_resolve="yes", resolve_delay="300", heartbeat="60")
    answer = manager.post("/intake/sources/new", **typed, form_id="a" * 31 + "1")
    key = KEY.search(answer.text)
    assert answer.status_code == 200 and key
    assert f"/api/v1/alerts/generic/?token={key[1]}" in answer.text
    assert f"/api/v1/heartbeats/{key[1]}/" in answer.text
    made = found_by_name(api, typed["name"])
    assert (made["service_name"], made["auto_resolve"], made["resolve_delay_seconds"]) == ("search", True, 300)
    assert made["heartbeat_seconds"] == 60
    page = manager.get(f"/intake/sources/{made['id']}").text
    assert key[1] not in page and "resolves the incident after 5 min of quiet" in page
    assert "every alert" not in page and "waiting" in page
    again = manager.post("/intake/sources/new", **typed, form_id="a" * 31 + "1")
    assert (again.status_code, again.headers["location"]) == (303, f"/intake/sources/{made['id']}")
    api.delete(f"/sources/{made['id']}/")


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("pagerduty", "routing_key: {key}"),
        ("opsgenie", "GenieKey {key}"),
        ("email", "{key}@tocsin.test"),
        ("alertmanager", "credentials: {key}"),
        ("heartbeat", "http://tocsin.test/api/v1/heartbeats/{key}/"),
        ("cloudwatch", "/api/v1/alerts/cloudwatch/?token={key}"),
    ],
)
def test_every_kind_is_told_where_to_send(manager: Visitor, api: httpx.Client, kind: str, shown: str) -> None:
    typed = new_source(kind=kind, heartbeat="60" if kind == "heartbeat" else "")
    answer = manager.post("/intake/sources/new", **typed)
    key = KEY.search(answer.text)
    assert key and shown.format(key=key[1]) in answer.text
    api.delete(f"/sources/{typed['name']}/")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"kind": "nothing"}, "kind"),
        ({"kind": ...}, "kind"),
        ({"service": "no such service"}, "service"),
        ({"resolve_delay": "soon"}, "resolve_delay"),
        ({"resolve_delay": "604801"}, "resolve_delay"),
        ({"heartbeat": "0"}, "heartbeat"),
        ({"heartbeat": "²"}, "heartbeat"),
        ({"kind": "heartbeat"}, "heartbeat"),
    ],
)
def test_a_wrong_field_of_a_source(manager: Visitor, fields: dict[str, Any], wrong: str) -> None:
    answer = manager.post("/intake/sources/new", **(new_source() | fields))
    assert answer.status_code == 422 and is_page(answer)
    assert errors(answer) == {wrong}


def test_a_name_that_is_taken_is_told(manager: Visitor, sender: Senders) -> None:
    answer = manager.post("/intake/sources/new", **new_source(name=sender().name))
    assert answer.status_code == 422 and errors(answer) == {"name"} and "already" in answer.text


def test_a_new_key_a_switch_and_the_end(manager: Visitor, sender: Senders, api: httpx.Client) -> None:
    one = sender()
    one.send()
    refused = manager.post(f"{one.page}/key")
    assert refused.status_code == 422 and errors(refused) == {"key_confirmed"}
    key = KEY.search(manager.post(f"{one.page}/key", key_confirmed="yes").text)
    assert key and key[1] != one.key

    def send(key: str) -> int:
        answer = httpx.post(f"{api.base_url}alerts/generic/?token={key}", json={"title": "x"}, timeout=30)
        return answer.status_code

    assert (send(one.key), send(key[1])) == (401, 200)
    assert manager.post(f"{one.page}/active", active="").status_code == 303
    assert send(key[1]) == 401 and found_by_name(api, one.name)["is_active"] is False
    manager.post(f"{one.page}/active", active="yes")
    assert send(key[1]) == 200
    refused = manager.post(f"{one.page}/delete")
    assert refused.status_code == 422 and errors(refused) == {"delete_confirmed"}
    gone = manager.post(f"{one.page}/delete", delete_confirmed="yes")
    assert (gone.status_code, gone.headers["location"]) == (303, "/intake")
    assert manager.get(one.page).status_code == 404
    assert manager.get("/intake/sources/%00").status_code == 404


def test_only_managers_change_sources(visit: Visit, sender: Senders) -> None:
    one, responder = sender(), visit("responder")
    page = responder.get(one.page).text
    assert "Make a new key" not in page and "New source" not in responder.get("/intake").text
    assert responder.get("/intake/sources/new").status_code == 403
    for path in ("/intake/sources/new", f"{one.page}/key", f"{one.page}/active", f"{one.page}/delete"):
        answer = responder.post(path, key_confirmed="yes", delete_confirmed="yes", **new_source())
        assert answer.status_code == 403 and "responder" in answer.text, path


def test_in_the_browser_from_the_menu_to_the_raw_body(page: Page, api: httpx.Client) -> None:
    name = f"browser-{uuid4().hex[:8]}"
    page.goto("/incidents")
    page.get_by_role("link", name="Intake").click()
    page.get_by_role("link", name="New source").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Kind").select_option("generic")
    page.get_by_label("Resolves the incident.").check()
    page.get_by_role("button", name="Create").click()
    key = page.locator("#key").inner_text()
    body = {"title": "Typed <b>", "x": "<script>", "dedup_key": name}
    answer = api.post(f"/alerts/generic/?token={key}", json=body, headers={"Authorization": ""})
    sent = answer.json()["results"][0]
    page.get_by_role("link", name="Done").click()
    page.get_by_text("Body as it came").click()
    expect(page.locator("pre").last).to_contain_text('"x": "<script>"')
    page.get_by_role("link", name=sent["incident"]).click()
    expect(page.get_by_role("heading", name="Typed <b>")).to_be_visible()
    page.goto("/intake")
    page.get_by_label("What became of it").select_option("new")
    page.get_by_label("Source", exact=True).select_option(name)
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("link", name=sent["incident"])).to_have_count(1)
    page.set_viewport_size({"width": 360, "height": 740})
    for path in ("/intake", f"/intake/sources/{found_by_name(api, name)['id']}"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    api.delete(f"/sources/{name}/")


def test_what_is_back_to_normal_is_proposed_for_its_end(
    sender: Senders, api: httpx.Client, visit: Visit, page: Page
) -> None:
    one = sender()
    number = one.send(dedup_key="p")["incident"]
    page.goto(f"/incidents/{number}")
    one.send(dedup_key="p", status="resolved")
    wait_for(lambda: api.get(f"/incidents/{number}/").json()["cleared_at"])
    proposal = page.locator("#proposal")
    expect(proposal).to_contain_text("All its alerts are back to normal since")  # without a reload
    viewer = visit("viewer").get(f"/incidents/{number}").text
    assert "back to normal since" in viewer and 'id="proposal-resolve"' not in viewer
    proposal.get_by_role("link", name="Resolve").click()
    page.get_by_label("The incident is over.").check()
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator("#head")).to_contain_text("RESOLVED")
    expect(page.locator("#proposal")).to_have_text("")


def test_one_is_merged_into_another(api: httpx.Client, alert: Make, page: Page) -> None:
    target, old = (api.post("/incidents/", json=alert()).json()["short_id"] for _ in range(2))
    page.goto(f"/incidents/{old}")
    page.get_by_role("link", name="Merge into…").click()
    page.get_by_label("The incident that goes on").fill("INC-999999")
    page.get_by_role("button", name="Merge").click()
    expect(page.locator("#into-error")).to_contain_text("There is no incident INC-999999")
    page.get_by_label("The incident that goes on").fill(target)
    page.get_by_label("Why").fill("The same switch")
    page.get_by_role("button", name="Merge").click()
    expect(page.locator("#flash")).to_have_text(f"{old} is merged into {target}.")
    expect(page.locator("#description")).to_contain_text("The same switch")
    page.locator("#went-to").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(target)
    expect(page.locator("#timeline")).to_contain_text(f"{old} was merged into this incident")


def test_merges_that_make_no_sense(api: httpx.Client, alert: Make, visit: Visit) -> None:
    responder = visit("responder")
    one, over = (api.post("/incidents/", json=alert()).json()["short_id"] for _ in range(2))
    api.post(f"/incidents/{over}/resolve/")
    for into in ("", one, "nonsense", "\x00"):
        answer = responder.post(f"/incidents/{one}/merge", into=into)
        assert answer.status_code == 422 and errors(answer) == {"into"}, into
    assert responder.post(f"/incidents/{one}/merge", into=over).status_code == 409
    assert visit("operator").post(f"/incidents/{one}/merge", into=over).status_code == 403
    assert visit("viewer").get(f"/incidents/{one}/split").status_code == 403


def test_ticked_alerts_are_split_off(sender: Senders, api: httpx.Client, page: Page) -> None:
    one = sender(correlation={"preset": "service"}, service_name="ingress")
    number = one.send(title="The disk is full")["incident"]
    other = one.send(title="The network is slow")
    assert other["incident"] == number
    page.goto(f"/incidents/{number}")
    page.get_by_role("link", name="Split…").click()
    page.get_by_role("button", name="Split off").click()
    expect(page.locator("#alerts-error")).to_have_text("Tick at least one alert.")
    page.get_by_label("The disk is full").check()
    page.get_by_label("The network is slow").check()
    page.get_by_role("button", name="Split off").click()
    expect(page.locator("#alerts-error")).to_contain_text("at least one must stay")
    page.get_by_label("The disk is full").uncheck()
    page.get_by_role("button", name="Split off").click()
    expect(page.locator("#flash")).to_have_text(f"Split off from {number}.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("The network is slow")
    api.post(f"/incidents/{number}/resolve/")


def test_a_split_of_strangers_is_refused(
    api: httpx.Client, alert: Make, visit: Visit, database: psycopg.Connection[Any]
) -> None:
    number = api.post("/incidents/", json=alert()).json()["short_id"]
    before = database.execute("SELECT count(*) FROM incidents").fetchone()
    for alerts in ([], [str(uuid4())], ["nonsense"], ["\x00"]):
        answer = visit("responder").post(f"/incidents/{number}/split", alerts=alerts or ...)
        assert answer.status_code == 422 and errors(answer) == {"alerts"}, alerts
    assert database.execute("SELECT count(*) FROM incidents").fetchone() == before
