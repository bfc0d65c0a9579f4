"""A phone is 360 px wide, and no page is wider; a keyboard is enough."""

from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.waiting import wait_for

LONG = "unbroken" * 25
PATHS = (
    "/incidents",
    "/incidents?status=NONE",
    "/incidents?q=nothing",
    "/incidents/new",
    "/incidents/{id}",
    "/incidents/{id}/resolve",
    "/incidents/{id}/document",
    "/incidents/{id}/room",
    "/incidents/INC-0",
    "/inbox",
    "/inbox/{paged}",
    "/services",
    "/incidents/{id}/merge",
    "/incidents/{id}/split",
    "/intake",
    "/intake/sources/new",
    "/intake/sources/{source}",
    "/quiet",
    "/quiet/silences/new",
    "/quiet/maintenance/new",
    "/incidents/{id}/why",
    "/incidents/{id}/snooze/form",
    "/incidents/{id}/reassign/form",
    "/incidents/{id}/ask/form",
    "/incidents/{id}/change/form",
    "/incidents/{id}/roles/form",
    "/oncall",
    "/readiness",
    "/schedules/new",
    "/schedules/{schedule}",
    "/schedules/{schedule}?weeks=4&zone=utc",
    "/schedules/{schedule}/edit",
    "/people",
    "/people/new",
    "/people/{paged}",
    "/policies",
    "/policies/{policy}",
    "/policies/{policy}/edit",
    "/teams/{team}",
    "/login",
)


@pytest.fixture(scope="module")
def wide(api: httpx.Client) -> dict[str, str]:
    """An incident whose texts have no place to break."""
    body = {
        "title": f"Title {LONG}",
        "description": f"Description {LONG * 3}\n| a | b |\n|---|---|\n| {LONG} | {LONG} |",
        "service_name": "redis-prod",
        "severity": "SEV1_CRITICAL",
        "labels": {"label": LONG},
        "links": [{"href": f"https://example.com/{LONG}", "text": LONG}],
    }
    answer = api.post("/incidents/", json=body)
    assert answer.status_code == 201, answer.text
    number = answer.json()["short_id"]
    wait_for(lambda: api.get(f"/incidents/{number}/").json()["orchestration"] == "COMPLETE")
    api.post(f"/incidents/{number}/comments/", json={"text": f"Comment {LONG}"})
    rows = api.get(f"/incidents/{number}/notifications/").json()["items"]
    paged = next(row["recipient"] for row in rows if "@" in row["recipient"])
    return {"id": number, "paged": paged, "source": wide_source(api), **wide_house(api)}


def wide_source(api: httpx.Client) -> str:
    """A source, a silence and a window whose texts have no place to break either; the id of the source."""
    silence = {"matchers": [f'label="{LONG}"'], "seconds": 3600, "reason": LONG}
    window = {"name": LONG, "time_zone": "UTC", "start": "2099-01-01T00:00", "end": "2099-01-02T00:00"}
    assert api.post("/silences/", json=silence).status_code == 201
    assert api.post("/maintenance/", json=window | {"reason": LONG, "services": ["search"]}).status_code == 201
    made = api.post("/sources/", json={"name": LONG, "kind": "generic", "heartbeat_seconds": 60}).json()
    body = {"title": LONG, "labels": {"label": LONG}, "service": "search"}
    sent = api.post(f"/alerts/generic/?token={made['key']}", json=body, headers={"Authorization": ""})
    assert sent.status_code == 200, sent.text
    return str(made["id"])


def wide_house(api: httpx.Client) -> dict[str, str]:
    """A schedule, a policy and a team, with people, whose names have no place to break; their names."""
    short = LONG[:100]
    email, zone = f"{short[:60]}@example.com", "America/Argentina/ComodRivadavia"
    turn: dict[str, Any] = {
        "kind": "weekly",
        "start": "2026-01-05T09:00:00+01:00",
        "participants": [[email], ["ana@example.com"]],
    }
    turn |= {"restrictions": [{"weekdays": ["mon", "wed"], "from": "08:00", "until": "20:00"}]}
    layers = [{"name": short, "level": level, "rotations": [turn]} for level in (1, 2)]
    steps = [{"after_seconds": 0, "targets": [{"kind": "person", "email": email}, {"kind": "on_call"}]}]
    made = [
        api.post("/users/", json={"email": email, "name": short, "title": short[:90], "role": "responder"}),
        api.post("/schedules/", json={"name": short, "time_zone": zone, "layers": layers}),
        api.post("/policies/", json={"name": short, "description": LONG, "steps": steps}),
        api.post("/teams/", json={"name": short, "schedule": short, "policy": short, "members": [email]}),
        api.post(
            f"/schedules/{short}/overrides/",
            json={"user": email, "start": "2090-01-01T00:00:00Z", "end": "2090-01-02T00:00:00Z", "reason": LONG},
        ),
    ]
    assert [answer.status_code for answer in made] == [201] * len(made), [answer.text for answer in made]
    return {"schedule": short, "policy": short, "team": short}


def overflowing(page: Page) -> list[Any]:
    """What sticks out of the page, for the message of a failure."""
    found: list[Any] = page.evaluate(
        """() => [...document.querySelectorAll("body *")]
            .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
            .map((element) => `${element.tagName}#${element.id}.${element.className}`).slice(0, 8)"""
    )
    return found


@pytest.mark.parametrize("path", PATHS)
def test_nothing_sticks_out(page: Page, wide: dict[str, str], path: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    if path == "/login":
        page.context.clear_cookies()
    page.goto(path.format(**wide))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.evaluate("innerWidth") == 360, overflowing(page)


def test_a_refused_form_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/incidents/new")
    page.get_by_label("Title").fill("short")
    page.get_by_label("Description").fill(LONG)
    page.get_by_role("button", name="Declare").click()
    expect(page.locator("#title-error")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), overflowing(page)


def test_the_keyboard_is_enough(page: Page) -> None:
    page.goto("/incidents")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Declare an incident")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Declare an incident")).to_be_visible()


@pytest.mark.parametrize("path", PATHS)
def test_every_field_has_a_name(page: Page, wide: dict[str, str], path: str) -> None:
    if path == "/login":
        page.context.clear_cookies()
    page.goto(path.format(**wide))
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
            .filter((field) => !field.labels.length && !field.ariaLabel).map((field) => field.outerHTML)"""
    )
    assert nameless == []
    assert page.locator("h1").count() == 1 and page.title().endswith("· Tocsin")
    twice = page.evaluate(
        """() => [...document.querySelectorAll("[id]")].map((element) => element.id)
            .filter((id, index, all) => all.indexOf(id) !== index)"""
    )
    assert twice == []
