"""Silences and maintenance windows, made and ended on pages."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.web.visitors import Visit, Visitor, errors, is_page


@pytest.fixture
def responder(visit: Visit) -> Visitor:
    return visit("responder")


def silence(**fields: Any) -> dict[str, Any]:
    return {"matchers": f'mark="{uuid4().hex}"', "length": "2h", "reason": "A new index is built"} | fields


def window(**fields: Any) -> dict[str, Any]:
    body = {
        "name": f"Upgrade {uuid4().hex[:8]}",
        "time_zone": "Europe/Paris",
        "start": "2094-03-27T02:30",
        "end": "2094-03-27T04:30",
        "repeat": "daily",
        "interval": "1",
        "until": "2094-03-28",
        "services": "search",
        "reason": "Nightly",
    }
    return body | fields


def listed(api: httpx.Client, path: str) -> list[dict[str, Any]]:
    return list(api.get(f"{path}?limit=500").json()["items"])


def test_a_silence_from_the_form_to_its_end(page: Page, api: httpx.Client) -> None:
    mark = uuid4().hex
    page.goto("/incidents")
    page.get_by_role("link", name="Quiet", exact=True).click()
    page.get_by_role("link", name="New silence").click()
    page.get_by_label("Matchers").fill(f'mark="{mark}"\n\nservice=~"sea.*"')
    page.get_by_label("For how long").fill("1h 30m")
    page.get_by_label("Reason").fill("A new index")
    page.get_by_role("button", name="Silence").click()
    row = page.get_by_role("row").filter(has_text=mark)
    expect(row).to_contain_text('service=~"sea.*"')
    expect(row).to_contain_text("in 1h")
    kept = api.post("/alerts/generic/", json={"title": "x", "labels": {"service": "search", "mark": mark}}).json()
    assert kept["results"][0]["status"] == "silenced"
    page.get_by_role("link", name="silenced").click()
    expect(page.get_by_text("A new index").first).to_be_visible()
    page.goto("/quiet")
    row.get_by_role("button", name="End now").click()
    expect(page.locator("#flash")).to_have_text("The silence is over.")
    expect(row.get_by_role("button")).to_have_count(0)


def test_a_window_shows_its_next_occurrences_across_a_clock_change(responder: Visitor, api: httpx.Client) -> None:
    """On 2094-03-28, 02:00 to 03:00 is skipped in Paris."""
    typed = window()
    assert responder.post("/quiet/maintenance/new", **typed).status_code == 303
    html = responder.get("/quiet").text
    row = html[html.index(f"<b>{typed['name']}</b>") :].partition("</tr>")[0]
    assert "27 Mar 2094, 01:30:00 UTC" in row and "28 Mar 2094, 01:00:00 UTC" in row
    assert "every day until 2094-03-28" in row and "2094-03-27 02:30<" in row
    (made,) = [one for one in listed(api, "/maintenance/") if one["name"] == typed["name"]]
    assert (made["services"], made["created_by"][:10]) == (["search"], "responder-")
    assert responder.post(f"/quiet/maintenance/{made['id']}/delete").status_code == 303
    assert made["id"] not in {one["id"] for one in listed(api, "/maintenance/")}
    assert responder.post(f"/quiet/maintenance/{made['id']}/delete").status_code == 404


def test_in_the_browser_a_window_is_made_by_its_date_fields(page: Page, api: httpx.Client) -> None:
    name = f"Upgrade {uuid4().hex[:8]}"
    page.goto("/quiet")
    page.get_by_role("link", name="New maintenance window").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Time zone").fill("America/New_York")
    page.get_by_label("Begins").fill("2094-05-01T22:00")
    page.get_by_label("Ends").fill("2094-05-02T02:00")
    page.get_by_label("Comes again").select_option("every week")
    page.get_by_label("SRE Core").check()
    page.get_by_role("button", name="Keep this window").click()
    row = page.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("2 May 2094, 02:00:00 UTC")
    row.get_by_role("button", name="Delete").click()
    expect(page.locator("#flash")).to_contain_text("is deleted")
    expect(row).to_have_count(0)


def test_a_form_that_is_sent_twice_makes_one(responder: Visitor, api: httpx.Client) -> None:
    typed, form_id = silence(), uuid4().hex
    answers = [responder.post("/quiet/silences/new", **typed, form_id=form_id) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    mark = typed["matchers"].partition('"')[2].rstrip('"')
    assert sum(one["matchers"][0]["value"] == mark for one in listed(api, "/silences/")) == 1
    wanted = window()
    for _ in range(2):
        assert responder.post("/quiet/maintenance/new", **wanted, form_id=form_id).status_code == 303
    assert sum(one["name"] == wanted["name"] for one in listed(api, "/maintenance/")) == 1


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"matchers": ""}, "matchers"),
        ({"matchers": "nonsense"}, "matchers"),
        ({"matchers": 'service=~"("'}, "matchers"),
        ({"matchers": 'service=~".*"'}, "matchers"),
        ({"matchers": "a=\x00"}, "matchers"),
        ({"length": ""}, "length"),
        ({"length": "soon"}, "length"),
        ({"length": "0s"}, "length"),
        ({"length": "999999999w"}, "length"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
    ],
)
def test_a_wrong_field_of_a_silence(responder: Visitor, fields: dict[str, Any], wrong: str) -> None:
    answer = responder.post("/quiet/silences/new", **silence(**fields))
    assert answer.status_code == 422 and is_page(answer)
    assert errors(answer) == {wrong}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"start": "soon"}, "start"),
        ({"start": ...}, "start"),
        ({"end": "2094-03-26T00:00"}, "end"),
        ({"end": "2094-03-27T04:30Z"}, "end"),
        ({"end": "2094-03-29T04:30"}, "end"),
        ({"repeat": "hourly"}, "repeat"),
        ({"interval": "0"}, "interval"),
        ({"interval": "x"}, "interval"),
        ({"until": "2094-03-01"}, "until"),
        ({"until": "never"}, "until"),
        ({"services": ...}, "services"),
        ({"services": "no such service"}, "services"),
        ({"teams": "no such team"}, "teams"),
        ({"reason": "x" * 1001}, "reason"),
    ],
)
def test_a_wrong_field_of_a_window(responder: Visitor, fields: dict[str, Any], wrong: str) -> None:
    answer = responder.post("/quiet/maintenance/new", **window(**fields))
    assert answer.status_code == 422 and is_page(answer)
    assert errors(answer) == {wrong}


def test_what_is_typed_stays_and_is_never_markup(responder: Visitor) -> None:
    script = "<script>alert(1)</script>"
    answer = responder.post("/quiet/silences/new", **silence(matchers=f'a="{script}"', length="", reason=script))
    assert answer.status_code == 422 and script not in answer.text and "&lt;script&gt;" in answer.text
    answer = responder.post("/quiet/maintenance/new", **window(name="", teams="SRE Core", reason="Kept"))
    for kept in ('value="search" checked', 'value="SRE Core" checked', 'value="Kept"', "2094-03-27T02:30"):
        assert kept in answer.text


def test_who_may(visit: Visit, api: httpx.Client) -> None:
    made = api.post("/silences/", json={"matchers": ['a="b"'], "seconds": 3600, "reason": "x"}).json()
    operator = visit("operator")
    page = operator.get("/quiet").text
    assert "a=&#34;b&#34;" in page or 'a="b"' in page
    assert "End now" not in page and "New silence" not in page
    for path in ("/quiet/silences/new", "/quiet/maintenance/new"):
        assert operator.get(path).status_code == 403
    for path in (f"/quiet/silences/{made['id']}/end", "/quiet/silences/new", "/quiet/maintenance/new"):
        assert operator.post(path, **silence()).status_code == 403
    assert api.get(f"/silences/{made['id']}/").json()["state"] == "active"
    responder = visit("responder")
    assert responder.post(f"/quiet/silences/{uuid4()}/end").status_code == 404
    assert responder.post("/quiet/silences/nonsense/end").status_code == 404
    assert responder.post(f"/quiet/silences/{made['id']}/end").status_code == 303
    assert api.get(f"/silences/{made['id']}/").json()["state"] == "over"


def test_one_that_begins_later_is_shown_as_coming(responder: Visitor, api: httpx.Client) -> None:
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    body = {"matchers": ['later="yes"'], "starts_at": later, "seconds": 60, "reason": "x"}
    made = api.post("/silences/", json=body).json()
    html = responder.get("/quiet").text
    assert "Silences to come" in html
    assert html.index("Silences to come") < html.index(f"silence-{made['id']}") < html.index("Silences that are over")
    api.delete(f"/silences/{made['id']}/")
