"""The pages in Chromium: declared by hand, followed without a reload, brought to an end."""

import re
import signal
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.processes import Stack
from tests.support.servers import ADMIN_PASSWORD

APIS = 2
"""API processes: what one has accepted the other must know."""

Make = Callable[..., dict[str, Any]]

BANNER = "#warning"
LIVE = "#live-state.is-live"


def follow(page: Page, path: str) -> None:
    """Open a page and wait until it hears of changes; a reload would lose the mark."""
    page.goto(path)
    mark(page)


def mark(page: Page) -> None:
    expect(page.locator(LIVE)).to_have_text("Live")
    page.evaluate("window.neverLoadedAgain = true")


def expect_no_reload(page: Page) -> None:
    assert page.evaluate("window.neverLoadedAgain === true")


@pytest.fixture
def other(stack: Stack) -> Iterator[httpx.Client]:
    """Another client, at another API process than the browser's."""
    with stack.client(1) as client:
        yield client


@pytest.fixture
def opened(other: httpx.Client, alert: Make) -> dict[str, Any]:
    incident: dict[str, Any] = other.post("/incidents/", json=alert()).json()
    return incident


def test_signing_in_and_out(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/inbox")
    expect(page).to_have_url(re.compile(r"/login\?next=%2Finbox$"))
    page.get_by_label("E-mail").fill("admin@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").filter(has_text="E-mail or password is wrong.")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value("admin@example.com")
    page.get_by_label("Password").fill(ADMIN_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="My inbox")).to_be_visible()
    assert page.evaluate("document.cookie") == ""
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/incidents")
    expect(page).to_have_url(re.compile("/login"))


def test_a_wrong_declaration_keeps_what_was_typed(page: Page) -> None:
    page.goto("/incidents")
    page.get_by_role("link", name="Declare an incident").click()
    expect(page.get_by_label("Severity")).to_have_value("SEV3_MEDIUM")
    page.get_by_label("Title").fill("Too short")
    page.get_by_label("Description").fill("Two lines\nof text")
    page.get_by_label("Service").select_option("redis-prod")
    page.get_by_label("Severity").select_option("SEV2_HIGH")
    page.get_by_label("Legal").check()
    page.get_by_role("button", name="Declare").click()
    expect(page.locator("#title-error")).to_have_text("Use at least 10 characters.")
    expect(page.get_by_label("Title")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Title")).to_have_value("Too short")
    expect(page.get_by_label("Description")).to_have_value("Two lines\nof text")
    expect(page.get_by_label("Service")).to_have_value("redis-prod")
    expect(page.get_by_label("Severity")).to_have_value("SEV2_HIGH")
    expect(page.get_by_label("Legal")).to_be_checked()


def test_a_declaration_is_told_once_and_its_placeholders_become_links(page: Page, stack: Stack) -> None:
    page.goto("/incidents/new")
    page.get_by_label("Title").fill("Checkout fails for everybody")
    page.get_by_label("Service").select_option("redis-prod")
    page.get_by_label("Severity").select_option("SEV1_CRITICAL")
    stack.worker.signal(signal.SIGSTOP)  # the links come when we say so
    try:
        page.get_by_role("button", name="Declare").click()
        expect(page).to_have_url(re.compile(r"/incidents/INC-\d+$"))
        flash = page.locator("#flash")
        expect(flash).to_have_text(re.compile(r"^INC-\d+ exists; war room and document are being generated\.$"))
        mark(page)
        expect(page.locator("#document-link")).to_contain_text("is being generated…")
        expect(page.locator("#room-link")).to_contain_text("is being generated…")
    finally:
        stack.worker.signal(signal.SIGCONT)
    expect(page.get_by_role("link", name="Open the document")).to_be_visible()
    expect(page.get_by_role("link", name="Open the war room")).to_be_visible()
    expect(page.locator("#timeline")).to_contain_text("Orchestration finished")
    expect_no_reload(page)
    expect(flash).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Checkout fails for everybody")).to_be_visible()
    expect(flash).to_have_count(0)


def test_the_timeline_grows_while_somebody_types(page: Page, opened: dict[str, Any], other: httpx.Client) -> None:
    follow(page, f"/incidents/{opened['short_id']}")
    page.get_by_role("textbox", name="Note").fill("Half a sente")
    other.post(f"/incidents/{opened['id']}/comments/", json={"text": "Said by somebody else"})
    expect(page.locator("#timeline")).to_contain_text("Said by somebody else")
    expect(page.get_by_role("textbox", name="Note")).to_have_value("Half a sente")
    expect_no_reload(page)
    page.get_by_role("textbox", name="Note").fill("Failover was started")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#flash")).to_have_text("Note added.")
    expect(page.locator("#timeline")).to_contain_text("Failover was started")


def test_from_acknowledged_to_resolved(page: Page, opened: dict[str, Any], other: httpx.Client) -> None:
    follow(page, f"/incidents/{opened['short_id']}")
    expect(page.locator("#steps")).to_contain_text("If nobody acknowledges.")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#flash")).to_contain_text("You acknowledged")
    expect(page.locator("#head")).to_contain_text("ACKNOWLEDGED")
    expect(page.locator("#steps")).to_contain_text("admin@example.com took charge")
    expect(page.get_by_role("button", name="Acknowledge", exact=True)).to_have_count(0)
    mark(page)
    other.post(f"/incidents/{opened['id']}/mitigate/")
    expect(page.locator("#head")).to_contain_text("MITIGATED")
    expect(page.get_by_role("button", name="Mitigate")).to_have_count(0)
    expect_no_reload(page)

    page.get_by_role("link", name="Resolve…").click()
    page.get_by_label("What ended it").fill("Failover to the second node")
    page.get_by_label("Root cause").fill("Out of memory")
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator("#confirmed-error")).to_be_visible()
    expect(page.get_by_label("What ended it")).to_have_value("Failover to the second node")
    assert other.get(f"/incidents/{opened['id']}/").json()["status"] == "MITIGATED"
    page.get_by_label("The incident is over.").check()
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator("#flash")).to_have_text(f"{opened['short_id']} is resolved.")
    expect(page.locator("#head")).to_contain_text("RESOLVED")
    expect(page.locator("#actions")).to_contain_text("This incident is over.")
    expect(page.locator("#description")).to_contain_text("Out of memory")
    expect(page.locator("#timeline")).to_contain_text("Failover to the second node")


def test_the_war_room(page: Page, context: BrowserContext, incident: dict[str, Any]) -> None:
    room = f"/incidents/{incident['short_id']}/room"
    follow(page, f"/incidents/{incident['short_id']}")
    page.get_by_role("link", name="Open the war room").click()
    expect(page).to_have_url(re.compile(f"{room}$"))
    expect(page.locator("#members li").first).to_be_visible()
    reader = context.new_page()
    follow(reader, room)
    page.get_by_label("Message", exact=True).fill("Who restarts the <primary>?")
    page.get_by_role("button", name="Post").click()
    for one in (page, reader):
        expect(one.locator("#messages")).to_contain_text("Who restarts the <primary>?")
    expect_no_reload(reader)
    expect(page.get_by_label("Message", exact=True)).to_have_value("")
    page.get_by_label("Invite by e-mail").fill("nobody@example.com")
    page.get_by_role("button", name="Invite").click()
    expect(page.locator("#email-error")).to_have_text("Nobody here has this address.")
    expect(page.get_by_label("Invite by e-mail")).to_have_value("nobody@example.com")


def test_the_document(page: Page, incident: dict[str, Any], other: httpx.Client) -> None:
    follow(page, f"/incidents/{incident['short_id']}")
    page.get_by_role("link", name="Open the document").click()
    document = page.locator("#document")
    expect(document.get_by_role("heading").first).to_contain_text(incident["short_id"])
    expect(document).to_contain_text("Connection refused since 03:12")
    expect(document).not_to_contain_text("{{")
    expect(document).not_to_contain_text("}}")
    mark(page)
    other.post(f"/incidents/{incident['id']}/comments/", json={"text": "For the document"})
    # It rests for 5 s before it is written again, and its page looks again every 10 s.
    expect(document).to_contain_text("For the document")
    expect_no_reload(page)
    page.get_by_role("link", name="Version 1", exact=True).click()
    expect(document).to_contain_text("This is version 1 of")
    expect(document).not_to_contain_text("For the document")


def test_the_inbox_of_who_was_paged(page: Page, incident: dict[str, Any], other: httpx.Client, alert: Make) -> None:
    rows = other.get(f"/incidents/{incident['id']}/notifications/").json()["items"]
    paged = next(row["recipient"] for row in rows if "@" in row["recipient"])
    page.goto("/inbox")
    page.get_by_label("Show").select_option(value=paged)
    page.get_by_role("button", name="Show").click()
    message = page.locator("article").filter(has=page.get_by_role("link", name=incident["short_id"])).first
    expect(message).to_contain_text("Redis does not answer")
    mark(page)
    title = "Redis fell over once more"
    new = other.post("/incidents/", json=alert(title=title)).json()
    expect(page.locator("#inbox")).to_contain_text(title)
    expect_no_reload(page)
    page.locator("#inbox").get_by_role("link", name=new["short_id"]).first.click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()


def test_the_list_shows_what_comes(page: Page, other: httpx.Client, alert: Make) -> None:
    follow(page, "/incidents?severity=SEV4_LOW")
    new = other.post("/incidents/", json=alert(title="Disk of the wiki fills up", severity="SEV4_LOW")).json()
    row = page.get_by_role("row").filter(has_text="Disk of the wiki fills up")
    expect(row).to_contain_text("TRIGGERED")
    other.post(f"/incidents/{new['id']}/acknowledge/")
    expect(row).to_contain_text("ACKNOWLEDGED")
    expect_no_reload(page)


def test_a_red_banner_while_no_worker_runs(page: Page, stack: Stack) -> None:
    follow(page, "/incidents")
    expect(page.locator(BANNER)).to_be_hidden()
    stack.worker.stop()
    try:
        expect(page.locator(BANNER)).to_contain_text("No worker is running")
        background = page.locator(BANNER).evaluate("element => getComputedStyle(element).backgroundColor")
        red, green, blue = (int(part) for part in re.findall(r"\d+", background)[:3])
        assert red > 2 * max(green, blue)
        expect_no_reload(page)
        page.goto("/services")  # a page that stands still tells it too
        expect(page.locator(BANNER)).to_be_visible()
        follow(page, "/incidents")
    finally:
        stack.worker.start()
    stack.wait_until("ok")
    expect(page.locator(BANNER)).to_be_hidden()
    expect_no_reload(page)
