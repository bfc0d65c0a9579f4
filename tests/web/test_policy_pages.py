"""Policies as people read them, who they would tell, and what a change does to open incidents; on pages."""

import re
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.waiting import wait_for
from tests.web.visitors import Visit, Visitor, errors, is_page

ANA, DEE = "ana@example.com", "dee@example.com"


@pytest.fixture
def manager(visit: Visit) -> Visitor:
    return visit("manager")


def definition(**fields: Any) -> dict[str, Any]:
    steps = [
        {"after_seconds": 0, "targets": [{"kind": "person", "email": ANA, "channel": "sms"}]},
        {
            "after_seconds": 600,
            "when": {"severities": ["SEV1_CRITICAL"]},
            "targets": [{"kind": "manager", "channel": "phone"}, {"kind": "team", "pick": "round_robin"}],
        },
        {"after_seconds": 5400, "kind": "open_war_room"},
    ]
    return {"name": f"Ladder {uuid4().hex[:8]}", "steps": steps, "repeat_seconds": 1800, "max_rounds": 3} | fields


@pytest.fixture
def policy(api: httpx.Client) -> str:
    """The name of a new policy."""
    made = api.post("/policies/", json=definition())
    assert made.status_code == 201, made.text
    return str(made.json()["name"])


@pytest.fixture
def service(api: httpx.Client, policy: str) -> str:
    """A service whose incidents climb by the policy."""
    team, name = f"Crew {uuid4().hex[:6]}", f"service-{uuid4().hex[:8]}"
    made = api.post("/teams/", json={"name": team, "manager": DEE, "members": [ANA], "policy": policy})
    assert made.status_code == 201, made.text
    assert api.post("/services/", json={"name": name, "team": team}).status_code == 201
    return name


def path(name: str) -> str:
    return f"/policies/{name.replace(' ', '%20')}"


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("&#39;", "'")


def test_the_ladder_as_people_read_it(visit: Visit, policy: str, service: str) -> None:
    html = visit("viewer").get(path(policy)).text
    text = words(html)
    assert "at once SMS to Ana Ruiz" in text
    assert "after 10 min Phone call to the manager of the service's team" in text
    assert "the members of the service's team, each in turn, by their own rules" in text
    assert "only for SEV1" in text and "after 1 h 30 min open the war room" in text
    assert "repeated 2 times more, every 30 min" in text
    assert service in text and html.count('method="post"') == 1
    listed = words(visit("viewer").get("/policies").text)
    assert policy in listed and "Routes" in listed


def test_of_the_address_of_a_webhook_the_page_shows_the_host_alone(
    visit: Visit, api: httpx.Client, policy: str, service: str
) -> None:
    hook = {"kind": "webhook", "url": "https://hooks.example.com/services/secret"}
    api.patch(path(policy), json={"steps": [{"after_seconds": 0, "targets": [hook]}]}).raise_for_status()
    html = visit("viewer").get(path(policy), service=service).text
    assert html.count("https://hooks.example.com/…") >= 2, "the ladder, and who that would be"
    assert "services/secret" not in html


def test_who_that_would_be_is_what_the_plan_says(visit: Visit, api: httpx.Client, policy: str, service: str) -> None:
    viewer = visit("viewer")
    for severity in ("SEV1_CRITICAL", "SEV2_HIGH"):
        asked = {"service": service, "severity": severity, "at": "2027-02-03T04:05"}
        html = viewer.get(path(policy), **asked).text
        shown = html[html.index('id="who"') :]
        body = {"service_name": service, "severity": severity, "at": "2027-02-03T04:05:00Z"}
        planned = api.post("/plan/", json=body).json()["items"]
        steps = [step for step in planned if step["deliveries"]]
        assert len(steps) >= 2
        for step in steps:
            item = shown[shown.index(f">{step['step']}</span>") :].partition("</li>")[0]
            for delivery in step["deliveries"]:
                assert delivery["recipient"].split("@")[0][:3].lower() in item.lower(), step
                assert delivery["reason"].replace("'", "&#39;") in item
    assert "only for SEV1" in words(shown)
    refused = viewer.get(path(policy), service="no such", severity="SEV9", at="soon")
    assert refused.status_code == 422 and errors(refused) == {"service", "severity", "at"}


def test_a_policy_is_edited_with_every_fault_named(manager: Visitor, api: httpx.Client, policy: str) -> None:
    here = f"{path(policy)}/edit"
    text = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", manager.get(here).text, re.S)
    assert text is not None
    typed = text[1].replace("&#39;", "'").replace("&#34;", '"')
    before = api.get(f"/policies/{policy}/").json()
    for wrong, told in (
        (typed.replace("after_seconds: 600", "after_seconds: -1"), "steps.1.after_seconds"),
        (typed.replace(ANA, "nobody@example.com"), "nobody@example.com"),
        (typed.replace("kind: manager", "kind: butler"), "steps.1.targets.0"),
        (typed.replace("after_seconds: 600", "after_seconds: 9000"), "Step 3 comes before step 2"),
        (typed + "colour: red\n", "colour"),
        ("- 1", "name: value"),
        ("", "name: value"),
    ):
        refused = manager.post(here, definition=wrong)
        assert refused.status_code == 422 and is_page(refused) and errors(refused) == {"definition"}
        assert told in words(refused.text), (told, words(refused.text))
    assert api.get(f"/policies/{policy}/").json() == before
    assert manager.post(here, definition=typed.replace("after_seconds: 600", "after_seconds: 420")).status_code == 303
    assert api.get(f"/policies/{policy}/").json()["steps"][1]["after_seconds"] == 420
    assert "after 7 min" in words(manager.get(path(policy)).text)
    other = f"Copy {uuid4().hex[:8]}"
    made = manager.post("/policies/new", definition=typed.replace(policy, other))
    assert made.status_code == 303 and made.headers["location"] == path(other)
    again = manager.post("/policies/new", definition=typed.replace(policy, other))
    assert again.status_code == 422 and "already" in again.text


def test_responders_read_policies_and_change_none(visit: Visit, api: httpx.Client, policy: str) -> None:
    responder, before = visit("responder"), api.get(f"/policies/{policy}/").json()
    assert "Edit</a>" not in responder.get(path(policy)).text
    assert responder.get(f"{path(policy)}/edit").status_code == 403
    for what in (f"{path(policy)}/edit", "/policies/new", f"{path(policy)}/apply", "/routes/new"):
        assert responder.post(what, definition="name: x").status_code == 403
    assert api.get(f"/policies/{policy}/").json() == before


def test_unwise_policies_are_told(manager: Visitor, api: httpx.Client) -> None:
    steps = [{"after_seconds": n * 60, "targets": [{"kind": "on_call"}]} for n in range(9)]
    name = api.post("/policies/", json=definition(steps=steps)).json()["name"]
    assert "9 steps" in words(manager.get(path(name)).text)


def test_a_change_asks_about_open_incidents(manager: Visitor, api: httpx.Client, policy: str, service: str) -> None:
    body = {"title": "The queue is full", "service_name": service, "severity": "SEV2_HIGH"}
    number = api.post("/incidents/", json=body).json()["short_id"]

    def kept_by_the_workflow() -> bool:
        return number in manager.get(path(policy)).text

    wait_for(kept_by_the_workflow)
    assert 'id="older"' not in manager.get(path(policy)).text
    steps = definition()["steps"]
    steps[0]["targets"] = [{"kind": "person", "email": "bo@example.com", "channel": "sms"}]
    assert api.patch(f"/policies/{policy}/", json={"steps": steps}).status_code == 200
    asked = manager.get(path(policy)).text
    assert "1 open incident with an older version" in words(asked) and number in asked
    applied = manager.post(f"{path(policy)}/apply")
    assert applied.status_code == 303

    def paged_anew() -> bool:
        rows = api.get(f"/incidents/{number}/notifications/").json()["items"]
        return any(row["recipient"] == "bo@example.com" for row in rows)

    wait_for(paged_anew)
    wait_for(lambda: 'id="older"' not in manager.get(path(policy)).text)  # the workflow tells it beside the page


def test_a_route_of_their_own(manager: Visitor, api: httpx.Client) -> None:
    assert "SEV1 only for SEV1 SMS to the on-call of the service's team" in words(manager.get("/policies").text)
    name = f"Quiet {uuid4().hex[:6]}"
    text = f"name: {name}\nwhen: {{severities: [SEV4_LOW]}}\ntargets: [{{kind: team_channel, channel: slack}}]\n"
    wrong = manager.post("/routes/new", definition=text.replace("team_channel", "pigeon"))
    assert wrong.status_code == 422 and "targets" in wrong.text
    assert manager.post("/routes/new", definition=text).status_code == 303
    try:
        shown = words(manager.get("/policies").text)
        assert f"{name} only for SEV4 Chat message to the channel of the service's team" in shown
        off = manager.post(f"/routes/{name}/edit", definition=text + "is_active: false\n")
        assert off.status_code == 303 and f"{name} off" in words(manager.get("/policies").text)
    finally:
        assert api.delete(f"/routes/{name}/").status_code == 204


def test_in_the_browser_a_fault_keeps_what_was_typed(page: Page, policy: str) -> None:
    page.goto(f"{path(policy)}/edit")
    field = page.get_by_label("The policy, as YAML")
    typed = field.input_value()
    field.fill(typed.replace("after_seconds: 600", "after_seconds: soon"))
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".faults")).to_contain_text("steps.1.after_seconds")
    expect(field).to_have_value(typed.replace("after_seconds: 600", "after_seconds: soon"))
    field.fill(typed.replace("after_seconds: 600", "after_seconds: 660"))
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#ladder")).to_contain_text("after 11 min")
