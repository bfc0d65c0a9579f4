"""Who is on call, schedules with their calendars, overrides, swaps and links: on pages."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.support.waiting import wait_for
from tests.web.visitors import Person, Visit, Visitor, errors, is_page, make_session
from web.sign_in import COOKIE

ANA, BO, CY = "ana@example.com", "bo@example.com", "cy@example.com"


@pytest.fixture
def manager(visit: Visit) -> Visitor:
    return visit("manager")


@pytest.fixture
def responder(visit: Visit) -> Visitor:
    return visit("responder")


def definition(**fields: Any) -> dict[str, Any]:
    """Ana and Bo, week by week from Monday 09:00 in Paris."""
    rotation = {"kind": "weekly", "start": "2026-01-05T09:00:00+01:00", "participants": [[ANA], [BO]]}
    layers = [{"name": "primary", "rotations": [rotation]}]
    return {"name": f"Rota {uuid4().hex[:8]}", "time_zone": "Europe/Paris", "layers": layers} | fields


@pytest.fixture
def schedule(api: httpx.Client) -> str:
    """The name of a new schedule."""
    made = api.post("/schedules/", json=definition())
    assert made.status_code == 201, made.text
    return str(made.json()["name"])


def path(name: str) -> str:
    return f"/schedules/{name.replace(' ', '%20')}"


def on_call(api: httpx.Client, name: str, at: str) -> list[str]:
    return list(api.get(f"/schedules/{name}/on-call/", params={"at": at}).json()["users"])


def override(**fields: Any) -> dict[str, Any]:
    typed = {"who": CY, "kind": "replace", "level": "1", "clock": "Europe/Paris", "reason": "Concert"}
    return typed | {"start": "2094-03-27T20:00", "end": "2094-03-28T08:00"} | fields


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_who_answers_for_each_team(responder: Visitor, api: httpx.Client, schedule: str) -> None:
    team = f"Night watch {uuid4().hex[:6]}"
    made = api.post("/teams/", json={"name": team, "members": [ANA, BO], "schedule": schedule})
    assert made.status_code == 201, made.text

    def shown() -> tuple[str, list[str]] | None:
        """The page, and who was on call before and after it was read: not when a turn has just ended."""
        before = on_call(api, schedule, datetime.now(UTC).isoformat())
        html = responder.get("/oncall").text
        return (html, before) if on_call(api, schedule, datetime.now(UTC).isoformat()) == before else None

    html, now = wait_for(shown)
    row = text_of(html[html.index(f">{team}</a>") :].partition("</tr>")[0])
    name = {ANA: "Ana Ruiz", BO: "Bo Lindqvist"}
    other = name[BO if now == [ANA] else ANA]
    assert name[now[0]] in row and f"{other} from Mon" in row
    assert re.search(r"until Mon \d+ \w+, 09:00 CES?T", row)
    in_utc = responder.get("/oncall", zone="utc").text
    row = text_of(in_utc[in_utc.index(f">{team}</a>") :].partition("</tr>")[0])
    assert re.search(r"until Mon \d+ \w+, 0[78]:00 UTC", row)


def test_what_is_wrong_is_said_in_red(responder: Visitor, api: httpx.Client) -> None:
    away = f"away-{uuid4().hex[:8]}@example.com"
    span = {"start": "2026-01-01T00:00:00Z", "end": "2090-01-01T00:00:00Z"}
    person = {"email": away, "name": "Zoe Away", "days_away": [span]}
    assert api.post("/users/", json=person).status_code == 201
    empty, gone = f"Empty {uuid4().hex[:6]}", f"Gone {uuid4().hex[:6]}"
    assert api.post("/teams/", json={"name": empty}).status_code == 201
    assert api.post("/teams/", json={"name": gone, "on_call": away}).status_code == 201
    answer = responder.get("/oncall")
    assert answer.status_code == 200, text_of(answer.text)
    html = answer.text
    for team, fault in ((empty, "Nobody is on call"), (gone, "Zoe Away is away until 2090")):
        row = html[html.index(f">{team}</a>") :].partition("</tr>")[0]
        assert f'<p class="fault">{fault}' in row


def test_who_stands_in_for_whoever_is_away_is_named(responder: Visitor, api: httpx.Client) -> None:
    name = f"stand-{uuid4().hex[:8]}"
    span = {"start": "2026-01-01T00:00:00Z", "end": "2090-01-01T00:00:00Z"}
    people: dict[str, dict[str, Any]] = {
        "away": {"name": "Yan Away", "days_away": [span]},
        "there": {"name": "Wim There"},
    }
    for who, body in people.items():
        api.post("/users/", json={"email": f"{who}-{name}@example.com", **body}).raise_for_status()
    rotation = {"kind": "weekly", "start": "2026-01-05T09:00:00Z", "participants": [[f"away-{name}@example.com"]]}
    schedule = {"name": name, "time_zone": "UTC", "layers": [{"name": "one", "rotations": [rotation]}]}
    api.post("/schedules/", json=schedule).raise_for_status()
    team = {"name": name, "schedule": name, "on_call": f"there-{name}@example.com"}
    api.post("/teams/", json=team).raise_for_status()
    html = responder.get("/oncall").text
    row = html[html.index(f">{name}</a>") :].partition("</tr>")[0]
    assert '<p class="fault">Nobody of the schedule answers: Wim There stands in.' in row
    assert "Yan Away is away until 2090" in row and "named for the team" in row


def test_the_calendar_says_who_and_where_nobody_is(responder: Visitor, api: httpx.Client) -> None:
    """On 2094-03-28 Paris loses an hour: its day is 23 h long, and takes a seventh of the week all the same."""
    rotation: dict[str, Any] = {"kind": "daily", "start": "2026-01-05T00:00:00+01:00", "participants": [[ANA], [BO]]}
    rotation |= {"restrictions": [{"from": "12:00", "until": "24:00"}]}
    name = api.post("/schedules/", json=definition(layers=[{"name": "p", "rotations": [rotation]}])).json()["name"]
    html = responder.get(f"{path(name)}?from=2094-03-22&weeks=2").text
    week = html[html.index("22 Mar to 28 Mar 2094") :].partition("29 Mar to 4 Apr")[0]
    assert week.count('class="bar gap"') == 7 and week.count("<title>") == 14
    assert week.count("Ana Ruiz: ") + week.count("Bo Lindqvist: ") >= 7
    places = [float(x) for x in re.findall(r'class="bar p\d+" x="([\d.]+)%"', week)]
    assert places[0] == pytest.approx(100 / 14, abs=0.01)
    assert places[6] == pytest.approx(600 / 7 + 100 / 7 * 11 / 23, abs=0.01)
    assert "Sun 28 Mar 12:00 to Mon 29 Mar 00:00 CEST" in week
    in_utc = responder.get(f"{path(name)}?from=2094-03-22&zone=utc").text
    assert "Sun 28 Mar 10:00 to Sun 28 Mar 22:00 UTC" in in_utc
    wrong = responder.get(f"{path(name)}?from=soon")
    assert wrong.status_code == 422 and "A day such as" in wrong.text


def test_a_schedule_by_its_id_leads_to_its_name(responder: Visitor, api: httpx.Client, schedule: str) -> None:
    id = api.get(f"/schedules/{schedule}/").json()["id"]
    assert responder.get(f"/schedules/{id}").headers["location"] == path(schedule)
    for nothing in ("/schedules/no such", f"/schedules/{uuid4()}"):
        answer = responder.get(nothing)
        assert answer.status_code == 404 and is_page(answer)


def test_an_override_by_the_schedules_clock_and_back(responder: Visitor, api: httpx.Client, schedule: str) -> None:
    """In the night of 2094-03-28 clocks in Paris go from CET to CEST."""
    assert responder.post(f"{path(schedule)}/overrides", **override()).status_code == 303
    assert on_call(api, schedule, "2094-03-27T19:00:00Z") == [CY]
    assert on_call(api, schedule, "2094-03-28T05:59:59Z") == [CY]
    assert CY not in on_call(api, schedule, "2094-03-28T06:00:00Z")
    assert CY not in on_call(api, schedule, "2094-03-27T18:59:59Z")
    page = responder.get(path(schedule)).text
    assert "Cy Okafor and nobody else" in page and "Concert" in page
    (kept,) = api.get(f"/schedules/{schedule}/overrides/").json()["items"]
    assert kept["created_by"].startswith("responder-")
    assert responder.post(f"{path(schedule)}/overrides/{kept['id']}/delete").status_code == 303
    assert CY not in on_call(api, schedule, "2094-03-28T00:00:00Z")
    assert responder.post(f"{path(schedule)}/overrides/{kept['id']}/delete").status_code == 404


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"who": ""}, "who"),
        ({"who": "nobody@example.com"}, "who"),
        ({"kind": "sideways"}, "kind"),
        ({"start": "soon"}, "start"),
        ({"start": ...}, "start"),
        ({"end": ""}, "end"),
        ({"end": "2094-03-27T19:00"}, "end"),
        ({"end": "2094-03-28T08:00Z"}, "end"),
        ({"level": "x"}, "level"),
        ({"level": "99"}, "level"),
        ({"replaces": "nobody@example.com"}, "replaces"),
        ({"reason": "x" * 2001}, "reason"),
    ],
)
def test_a_wrong_field_of_an_override(
    responder: Visitor, api: httpx.Client, fields: dict[str, Any], wrong: str
) -> None:
    layers = definition()["layers"] + [
        {"name": "backup", "level": 2, "rotations": definition()["layers"][0]["rotations"]}
    ]
    name = api.post("/schedules/", json=definition(layers=layers)).json()["name"]
    answer = responder.post(f"{path(name)}/overrides", **override(**fields))
    assert answer.status_code == 422 and is_page(answer)
    assert errors(answer) == {wrong}
    if "reason" not in fields:
        assert 'value="Concert"' in answer.text
    assert api.get(f"/schedules/{name}/overrides/").json()["items"] == []


def test_a_viewer_sees_a_schedule_and_changes_nothing(visit: Visit, api: httpx.Client, schedule: str) -> None:
    viewer = visit("viewer")
    html = viewer.get(path(schedule)).text
    assert "Ana Ruiz" in html and html.count('method="post"') == 1
    assert viewer.get(f"{path(schedule)}/edit").status_code == 403
    assert viewer.post(f"{path(schedule)}/overrides", **override()).status_code == 403
    assert api.get(f"/schedules/{schedule}/overrides/").json()["items"] == []


def test_a_definition_is_previewed_refused_and_kept(manager: Visitor, api: httpx.Client, schedule: str) -> None:
    here = f"{path(schedule)}/edit"
    shown = manager.get(here)
    assert shown.status_code == 200 and "- - ana@example.com" in shown.text
    text = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", shown.text, re.S)
    assert text is not None
    typed = text[1].replace("&#39;", "'").replace("bo@example.com", CY)
    preview = manager.post(here, definition=typed)
    assert preview.status_code == 200 and "nothing is kept yet" in preview.text and "Cy Okafor: " in preview.text

    def people() -> list[list[str]]:
        kept: list[list[str]] = api.get(f"/schedules/{schedule}/").json()["layers"][0]["rotations"][0]["participants"]
        return kept

    assert people() == [[ANA], [BO]]
    for wrong, told in (
        (typed.replace("weekly", "yearly"), "layers.0.rotations.0.kind"),
        (typed.replace(CY, "nobody@example.com"), "nobody@example.com"),
        (typed.replace("Europe/Paris", "Europe/Atlantis"), "time_zone"),
        ("name: [", "Line "),
        ("a: &x [1]\nb: *x", "aliases"),
        ("just words", "name: value"),
    ):
        for save in ({}, {"save": "yes"}):
            refused = manager.post(here, definition=wrong, **save)
            assert refused.status_code == 422 and told in refused.text, wrong
            assert errors(refused) == {"definition"}
    assert people() == [[ANA], [BO]]
    kept = manager.post(here, definition=typed, save="yes")
    assert kept.status_code == 303 and kept.headers["location"] == path(schedule)
    assert people() == [[ANA], [CY]]


def test_what_a_page_writes_out_it_reads_again_as_it_was(manager: Visitor, api: httpx.Client) -> None:
    rotation: dict[str, Any] = {
        "kind": "daily",
        "start": "2026-01-05T17:00:00+01:00",
        "participants": [[ANA, BO], [], [CY]],
    }
    rotation |= {"restrictions": [{"weekdays": ["mon", "fri"], "from": "17:00", "until": "09:00", "holidays": "never"}]}
    holidays = [{"date": "2026-12-25", "name": "No"}]
    made = api.post("/schedules/", json=definition(layers=[{"name": "a", "rotations": [rotation]}], holidays=holidays))
    assert made.status_code == 201, made.text
    name = made.json()["name"]
    text = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", manager.get(f"{path(name)}/edit").text, re.S)
    assert text is not None
    typed = text[1].replace("&#39;", "'").replace("&#34;", '"')
    assert manager.post(f"{path(name)}/edit", definition=typed, save="yes").status_code == 303
    assert api.get(f"/schedules/{name}/").json() == made.json()


def test_a_calendar_link_is_shown_once_and_taken_away(manager: Visitor, api: httpx.Client, schedule: str) -> None:
    made = manager.post(f"{path(schedule)}/feeds")
    url = re.search(r'id="feed-url"[^>]*>([^<]+)<', made.text)
    assert made.status_code == 200 and url is not None
    key = url[1].rpartition("/")[2]
    with httpx.Client(base_url=str(api.base_url), timeout=30) as anybody:
        calendar = anybody.get(f"/calendars/{key}")
        assert calendar.status_code == 200 and calendar.text.startswith("BEGIN:VCALENDAR")
        page = manager.get(path(schedule)).text
        assert key not in page and key.removesuffix(".ics") not in page
        drop = re.search(r'action="([^"]+/feeds/[^"]+/delete)"', page)
        assert drop is not None
        assert manager.post(drop[1]).status_code == 303
        assert anybody.get(f"/calendars/{key}").status_code == 404


def test_a_swap_is_asked_for_and_taken(
    visit: Visit, stranger: Callable[..., Visitor], person: Callable[[str], Person],
    api: httpx.Client, database: psycopg.Connection[Any],
) -> None:  # fmt: skip
    giver, taker = person("responder"), person("responder")
    rotation = {"kind": "weekly", "start": "2026-01-05T09:00:00+01:00", "participants": [[giver.email]]}
    name = api.post("/schedules/", json=definition(layers=[{"name": "p", "rotations": [rotation]}])).json()["name"]

    def signed_in(who: Person) -> Visitor:
        visitor, session = stranger(), make_session(database, who.id)
        visitor.csrf = session.csrf
        visitor.client.cookies.set(COOKIE, session.cookie)
        return visitor

    asking, asked = signed_in(giver), signed_in(taker)
    typed = {"clock": "Europe/Paris", "swap_start": "2094-05-01T12:00", "swap_end": "2094-05-02T12:00"}
    wrong = asking.post(f"{path(name)}/swaps", swap_to="", **typed)
    assert wrong.status_code == 422 and errors(wrong) == {"swap_to"}
    assert asking.post(f"{path(name)}/swaps", swap_to=taker.email, swap_note="Wedding", **typed).status_code == 303
    assert on_call(api, name, "2094-05-01T12:00:00Z") == [giver.email]
    page = asked.get(path(name)).text
    assert "Wedding" in page and "I take it" in page and "I take it" not in asking.get(path(name)).text
    accept = re.search(r'action="([^"]+/swaps/[^"]+/accept)"', page)
    assert accept is not None
    assert asking.post(accept[1]).status_code == 403
    assert asked.post(accept[1]).status_code == 303
    assert on_call(api, name, "2094-05-01T12:00:00Z") == [taker.email]
    assert on_call(api, name, "2094-05-02T12:00:00Z") == [giver.email]


def test_a_note_for_the_next_hand_off(responder: Visitor, api: httpx.Client, schedule: str) -> None:
    assert errors(responder.post(f"{path(schedule)}/handoff-notes", handoff_note="")) == {"handoff_note"}
    assert responder.post(f"{path(schedule)}/handoff-notes", handoff_note="Watch <redis>").status_code == 303
    assert api.get(f"/schedules/{schedule}/handoff-notes/").json()["items"][0]["text"] == "Watch <redis>"
    assert "Watch &lt;redis&gt;" in responder.get(path(schedule)).text


def test_readiness_names_what_nobody_covers(responder: Visitor, api: httpx.Client) -> None:
    team, service = f"Nobody {uuid4().hex[:6]}", f"lonely-{uuid4().hex[:6]}"
    assert api.post("/teams/", json={"name": team}).status_code == 201
    assert api.post("/services/", json={"name": service, "team": team}).status_code == 201
    html = responder.get("/readiness", days="7").text
    assert service in html and not html.count('<h2 id="faults-title">0 faults')


def test_in_the_browser_an_override_is_made_and_taken_back(page: Page, api: httpx.Client, schedule: str) -> None:
    page.goto(path(schedule))
    page.locator("#new-override summary").click()
    page.get_by_label("Who", exact=True).first.select_option(CY)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    form = page.locator("#new-override")
    form.get_by_label("From").fill(f"{tomorrow:%Y-%m-%d}T10:00")
    form.get_by_label("Until").fill(f"{tomorrow:%Y-%m-%d}T09:00")
    form.get_by_label("Reason").fill("Dentist")
    form.get_by_role("button").click()
    expect(page.locator("#end-error")).to_be_visible()
    expect(form.get_by_label("Reason")).to_have_value("Dentist")
    form.get_by_label("Until").fill(f"{tomorrow:%Y-%m-%d}T18:00")
    form.get_by_role("button").click()
    row = page.get_by_role("row").filter(has_text="Dentist")
    expect(row).to_contain_text("Cy Okafor and nobody else")
    expect(page.locator("svg.bar.override").first).to_be_visible()
    row.get_by_role("button", name="Take back").click()
    expect(page.locator("#flash")).to_contain_text("taken back")
    expect(page.locator("svg.bar.override")).to_have_count(0)
