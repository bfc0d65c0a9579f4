"""The catalogue by REST: the same calls for every kind, what they refuse, and what follows from a change."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.problems import require_problem

Bodies = dict[str, dict[str, Any]]


def some_name(prefix: str) -> str:
    return f"{prefix}-{uuid4().hex[:8]}"


def body_of(kind: str) -> dict[str, Any]:
    """A new entry with little more than it needs."""
    name = some_name(kind)
    bodies: Bodies = {
        "teams": {"name": name, "channel": f"#{name}", "members": ["ana@example.com"], "manager": "dee@example.com"},
        "services": {"name": name, "team": "SRE Core", "depends_on": ["redis-prod"]},
        "scopes": {"name": name, "notify_emails": ["dpo@example.com"]},
        "policies": {"name": name, "steps": [{"after_seconds": 0, "targets": [{"kind": "on_call"}]}]},
        "routes": {"name": name, "targets": [{"kind": "chat_channel", "name": "#critical-alerts"}]},
        "users": {"email": f"{name}@example.com", "name": "Gil Sato", "time_zone": "Asia/Kolkata"},
    }
    return bodies[kind]


KINDS = ("teams", "services", "scopes", "policies", "routes", "users")
CHANGES: dict[str, dict[str, Any]] = {
    "teams": {"time_zone": "Europe/Paris", "policies": {"SEV1_CRITICAL": "fast"}},
    "services": {"criticality": "TIER_1_CRITICAL", "runbook_url": "https://runbooks.example.com/x"},
    "scopes": {"description": "Other", "is_active": False},
    "policies": {"repeat": "all", "max_rounds": 2},
    "routes": {"when": {"labels": {"env": "prod"}}},
    "users": {"language": "de", "title": "Site reliability engineer"},
}


def key_of(kind: str) -> str:
    return "email" if kind == "users" else "name"


@pytest.mark.parametrize("kind", KINDS)
def test_make_read_change_delete(api: httpx.Client, kind: str) -> None:
    body = body_of(kind)
    made = api.post(f"/{kind}/", json=body)
    assert made.status_code == 201, made.text
    entry = made.json()
    assert body.items() <= entry.items() or kind in ("policies", "routes"), "what was given is answered"
    assert {"id", "created_at"} <= entry.keys()
    assert api.get(f"/{kind}/{entry['id']}/").json() == entry
    assert api.get(f"/{kind}/{body[key_of(kind)]}/").json() == entry, "by name, too"
    assert entry in api.get(f"/{kind}/?limit=500").json()["items"]
    require_problem(api.post(f"/{kind}/", json=body), 409, key_of(kind))

    changed = api.patch(f"/{kind}/{entry['id']}/", json=CHANGES[kind])
    assert changed.status_code == 200, changed.text
    after = changed.json()
    rest = {name: value for name, value in entry.items() if name not in CHANGES[kind]}
    left_alone = {name: after[name] for name in rest if name not in ("version", "warnings")}
    assert left_alone == {name: value for name, value in rest.items() if name not in ("version", "warnings")}
    assert api.get(f"/{kind}/{entry['id']}/").json() == {name: after[name] for name in entry}

    assert api.delete(f"/{kind}/{entry['id']}/").status_code == 204
    require_problem(api.get(f"/{kind}/{entry['id']}/"), 404)
    require_problem(api.delete(f"/{kind}/{entry['id']}/"), 404)


@pytest.mark.parametrize("kind", KINDS)
def test_the_export_of_an_entry_makes_it_again(api: httpx.Client, kind: str) -> None:
    made = api.post(f"/{kind}/", json=body_of(kind)).json()
    value = {
        name: value
        for name, value in made.items()
        if name not in ("id", "created_at", "slug", "version", "warnings", "position")
    }
    api.delete(f"/{kind}/{made['id']}/").raise_for_status()
    again = api.post(f"/{kind}/", json=value)
    assert again.status_code == 201, again.text
    assert value.items() <= again.json().items()


@pytest.mark.parametrize("role", ["viewer", "operator", "responder", "manager", "admin"])
@pytest.mark.parametrize("kind", KINDS)
def test_who_may_edit(as_role: Callable[[str], httpx.Client], api: httpx.Client, kind: str, role: str) -> None:
    may = role in ("manager", "admin")
    with as_role(role) as client:
        made = client.post(f"/{kind}/", json=body_of(kind))
        assert made.status_code == (201 if may else 403)
        entry = made.json() if may else api.post(f"/{kind}/", json=body_of(kind)).json()
        assert client.get(f"/{kind}/{entry['id']}/").status_code == 200, "everybody may look"
        here = f"/{kind}/{entry['id']}/"
        assert client.patch(here, json=CHANGES[kind]).status_code == (200 if may else 403)
        assert client.delete(here).status_code == (204 if may else 403)


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("teams", {"name": "x", "channel": "sre"}, "channel"),
        ("teams", {"name": "x", "members": ["gone@example.com"]}, "members"),
        ("teams", {"name": "x", "members": "ana@example.com"}, "members"),
        ("teams", {"name": "x", "manager": "gone@example.com"}, "manager"),
        ("teams", {"name": "x", "schedule": "gone"}, "schedule"),
        ("teams", {"name": "x", "policies": {"SEV9": "ladder"}}, "policies"),
        ("teams", {"name": "x", "policies": {"SEV1_CRITICAL": "gone"}}, "policies"),
        ("teams", {"name": "x", "time_zone": "Mars/Olympus"}, "time_zone"),
        ("teams", {"name": "x\x00y"}, "name"),
        ("teams", {}, "name"),
        ("services", {"name": "x", "team": "SRE Core", "depends_on": ["gone"]}, "depends_on"),
        ("services", {"name": "x", "team": "SRE Core", "is_active": "yes"}, "is_active"),
        ("services", {"name": "x", "team": "SRE Core", "description": "\x00"}, "description"),
        ("scopes", {"name": "x", "notify_emails": ["nobody"]}, "notify_emails.0"),
        ("policies", {"name": "x", "steps": []}, "steps"),
        (
            "policies",
            {"name": "x", "steps": [{"after_seconds": "60", "targets": [{"kind": "on_call"}]}]},
            "steps.0.after_seconds",
        ),
        (
            "policies",
            {"name": "x", "steps": [{"after_seconds": 0, "targets": [{"kind": "pope"}]}]},
            "steps.0.targets.0",
        ),
        (
            "policies",
            {"name": "x", "steps": [{"after_seconds": 0, "targets": [{"kind": "on_call", "level": 0}]}]},
            "steps.0.targets.0.level",
        ),
        (
            "policies",
            {"name": "x", "steps": [{"after_seconds": 0, "targets": [{"kind": "person", "email": "g@example.com"}]}]},
            "steps",
        ),
        (
            "policies",
            {"name": "x", "steps": [{"after_seconds": n, "targets": [{"kind": "manager"}]} for n in (60, 0)]},
            "steps",
        ),
        ("policies", body_of("policies") | {"is_default": True}, "is_default"),
        (
            "policies",
            body_of("policies")
            | {
                "name": "x",
                "steps": [{"targets": [{"kind": "manager"}], "after_seconds": 0, "when": {"scopes": ["gone"]}}],
            },
            "steps.0.when.scopes",
        ),
        (
            "routes",
            {"name": "x", "targets": [{"kind": "manager"}], "when": {"services": ["gone"]}},
            "when.services",
        ),
        ("routes", {"name": "x", "targets": []}, "targets"),
        ("routes", {"name": "x", "targets": [{"kind": "manager"}], "teams": ["gone"]}, "teams"),
        ("routes", {"name": "x", "targets": [{"kind": "manager"}], "position": -1}, "position"),
        ("users", {"email": "x", "name": "X"}, "email"),
        ("users", {"email": "x@example.com"}, "name"),
        ("users", {"email": "x@example.com", "name": "X", "role": "king"}, "role"),
        ("users", {"email": "x@example.com", "name": "X", "language": "English"}, "language"),
        ("users", {"email": "x@example.com", "name": "X", "password": "x"}, "password"),
        ("users", {"email": "x@example.com", "name": "X", "quiet_hours": [{"from": "25:00"}]}, "quiet_hours.0.from"),
        (
            "users",
            {"email": "x@example.com", "name": "X", "notification_rules": [{"channel": "fax"}]},
            "notification_rules.0.channel",
        ),
        (
            "users",
            {
                "email": "x@example.com",
                "name": "X",
                "days_away": [{"start": "2026-05-02T00:00:00Z", "end": "2026-05-01T00:00:00Z"}],
            },
            "days_away.0",
        ),
        (
            "users",
            {"email": "x@example.com", "name": "X", "contact_methods": [{"channel": "sms", "address": "0612"}]},
            "contact_methods.0.address",
        ),
    ],
)
def test_bad_entries(api: httpx.Client, kind: str, body: dict[str, Any], field: str) -> None:
    require_problem(api.post(f"/{kind}/", json=body), 422, field)
    assert api.get(f"/{kind}/x/").status_code == 404, "nothing was made"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [[], "x", 5, None])
def test_a_body_that_is_no_object(api: httpx.Client, kind: str, body: Any) -> None:
    require_problem(api.post(f"/{kind}/", json=body), 422)


def test_an_error_says_what_there_is(api: httpx.Client) -> None:
    answer = api.post("/services/", json={"name": some_name("x"), "team": "Nobody"})
    assert "there is no team 'Nobody'" in answer.json()["detail"]
    assert "Backend Payment" in answer.json()["detail"]


def test_what_is_named_is_not_deleted(api: httpx.Client) -> None:
    for path, by in (
        ("/users/ana@example.com/", "team 'SRE Core'"),
        ("/teams/SRE Core/", "service 'redis-prod'"),
        ("/services/Unknown%2FTriage/", "takes what belongs to no other"),
        ("/policies/fast/", None),
    ):
        if by is None:
            team = api.post("/teams/", json={"name": some_name("fast-ones"), "policy": "fast"}).json()
            by = f"team '{team['name']}'"
        answer = api.delete(path)
        require_problem(answer, 409)
        assert by in answer.json()["detail"], answer.text


@pytest.mark.parametrize("setting", ["service_name", "owner_service"])
def test_a_service_of_a_source_keeps_its_name(api: httpx.Client, setting: str) -> None:
    service = api.post("/services/", json={"name": some_name("owned"), "team": "SRE Core"}).json()
    body = {"name": some_name("sender"), "kind": "generic", setting: service["name"]}
    source = api.post("/sources/", json=body).json()
    here = f"/services/{service['id']}/"
    for answer in (api.patch(here, json={"name": some_name("other")}), api.delete(here)):
        require_problem(answer, 409)
        assert "named by a source" in answer.json()["detail"]
    api.delete(f"/sources/{source['id']}/").raise_for_status()
    assert api.delete(here).status_code == 204


@pytest.mark.parametrize("kind", ["services", "scopes"])
def test_what_a_condition_names_is_not_deleted(api: httpx.Client, kind: str) -> None:
    named = api.post(f"/{kind}/", json=body_of(kind)).json()
    when = {"when": {kind: [named["name"]]}}
    route = api.post("/routes/", json=body_of("routes") | when).json()
    body = body_of("policies")
    policy = api.post("/policies/", json=body | {"steps": [body["steps"][0] | when]}).json()
    for path, by in ((f"/routes/{route['id']}/", "route"), (f"/policies/{policy['id']}/", "policy")):
        answer = api.delete(f"/{kind}/{named['id']}/")
        require_problem(answer, 409)
        assert f"{by} '" in answer.json()["detail"]
        assert api.delete(path).status_code == 204
    assert api.delete(f"/{kind}/{named['id']}/").status_code == 204


def test_an_id_goes_before_a_name(api: httpx.Client) -> None:
    team = api.post("/teams/", json=body_of("teams")).json()
    other = api.post("/teams/", json={"name": team["id"]}).json()
    # A row that was changed lies behind the other one: whoever takes the first that comes takes the wrong one.
    api.patch(f"/teams/{team['name']}/", json={"description": "changed"}).raise_for_status()
    try:
        assert api.get(f"/teams/{team['id']}/").json()["name"] == team["name"]
        assert api.get(f"/teams/{other['id']}/").json()["name"] == other["name"]
    finally:
        for name in (team["name"], other["id"]):
            api.delete(f"/teams/{name}/").raise_for_status()


def test_a_service_with_incidents_stays(api: httpx.Client, alert: Callable[..., dict[str, Any]]) -> None:
    service = api.post("/services/", json=body_of("services")).json()
    api.post("/incidents/", json=alert(service_name=service["name"], severity="SEV4_LOW")).raise_for_status()
    answer = api.delete(f"/services/{service['id']}/")
    require_problem(answer, 409)
    assert "incidents" in answer.json()["detail"]


def test_the_reserved_service_keeps_its_name(api: httpx.Client) -> None:
    here = next(one for one in api.get("/services/?limit=500").json()["items"] if one["name"] == "Unknown/Triage")
    require_problem(api.patch(f"/services/{here['id']}/", json={"name": "Other"}), 409, "name")
    require_problem(api.patch(f"/services/{here['id']}/", json={"is_active": False}), 409, "is_active")
    assert api.get("/services/Unknown%2FTriage/").json()["id"] == here["id"], "a name may hold a slash"


def test_a_new_name_is_known_wherever_the_old_one_was(api: httpx.Client) -> None:
    old, new = some_name("old"), some_name("new")
    person, moved = f"{old}@example.com", f"{new}@example.com"
    api.post("/users/", json={"email": person, "name": "Gil Sato"}).raise_for_status()
    team = api.post("/teams/", json={"name": old, "members": [person], "manager": person}).json()
    service = api.post("/services/", json={"name": old, "team": old}).json()
    targets = [{"kind": "person", "email": person}, {"kind": "team", "team": old}]
    policy = api.post("/policies/", json={"name": old, "steps": [{"after_seconds": 0, "targets": targets}]}).json()
    api.patch(f"/teams/{old}/", json={"policy": old, "policies": {"SEV1_CRITICAL": old}}).raise_for_status()

    api.patch(f"/users/{person}/", json={"email": moved}).raise_for_status()
    for kind in ("teams", "policies"):
        api.patch(f"/{kind}/{old}/", json={"name": new}).raise_for_status()

    team = api.get(f"/teams/{team['id']}/").json()
    assert (team["name"], team["members"], team["manager"]) == (new, [moved], moved)
    assert (team["policy"], team["policies"]) == (new, {"SEV1_CRITICAL": new})
    assert api.get(f"/services/{service['id']}/").json()["team"] == new
    kept = api.get(f"/policies/{policy['id']}/").json()["steps"][0]["targets"]
    assert [target.get("email") or target.get("team") for target in kept] == [moved, new]
    require_problem(api.patch(f"/teams/{new}/", json={"name": "SRE Core"}), 409, "name")


def test_names_that_make_one_slug(api: httpx.Client) -> None:
    name = some_name("Slug Of")
    api.post("/teams/", json={"name": name}).raise_for_status()
    require_problem(api.post("/teams/", json={"name": name.lower()}), 409, "name")


def test_search_and_filter(api: httpx.Client) -> None:
    assert [one["email"] for one in api.get("/users/?q=LINDQ").json()["items"]] == ["bo@example.com"]
    assert api.get("/users/?q=100%25").json()["items"] == []
    emails = [one["email"] for one in api.get("/users/?role=manager&limit=500").json()["items"]]
    assert {"dee@example.com", "fay@example.com"} <= set(emails)
    assert "ana@example.com" not in emails


def test_a_broken_reference_of_old_does_not_stop_other_changes(
    api: httpx.Client, database: psycopg.Connection[Any]
) -> None:
    policy = api.post("/policies/", json=body_of("policies")).json()
    database.execute(
        "UPDATE policies SET definition = jsonb_set(definition, '{steps,0,targets}',"
        """ '[{"kind": "person", "email": "gone@example.com"}]') WHERE id = %s""",
        (policy["id"],),
    )
    assert api.patch(f"/policies/{policy['id']}/", json={"description": "New"}).status_code == 200
    assert api.post("/scopes/", json=body_of("scopes")).status_code == 201


def test_an_entry_that_is_not_valid_any_more_is_mended_by_applying_it(
    api: httpx.Client, database: psycopg.Connection[Any]
) -> None:
    policy, other = [api.post("/policies/", json=body_of("policies")).json() for _ in range(2)]
    database.execute("""UPDATE policies SET definition = '{"phase": "full moon"}' WHERE id = %s""", (policy["id"],))
    here = f"/policies/{policy['id']}/"
    require_problem(api.get(here), 404)
    for answer in (api.patch(here, json={"description": "New"}), api.delete(here)):
        require_problem(answer, 409)
        assert "not valid any more" in answer.json()["detail"]
    assert api.get(f"/policies/{other['id']}/").status_code == 200
    as_file = {name: policy[name] for name in ("name", "steps")}
    applied = api.post("/catalogue/apply/", json={"catalogue": {"policies": [as_file]}})
    assert applied.status_code == 200, applied.text
    assert api.get(here).json()["version"] == policy["version"] + 1
    assert api.delete(here).status_code == 204


def test_a_name_that_others_know_it_by_is_not_changed(api: httpx.Client) -> None:
    service = api.post("/services/", json=body_of("services")).json()
    source = {"name": service["name"], "kind": "generic", "service_name": service["name"]}
    made = api.post("/sources/", json=source)
    assert made.status_code == 201, made.text
    require_problem(api.patch(f"/services/{service['id']}/", json={"name": some_name("x")}), 409, "name")
    require_problem(api.delete(f"/services/{service['id']}/"), 409)


def test_two_at_once_make_one(api: httpx.Client) -> None:
    body = body_of("teams")
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: api.post("/teams/", json=body), range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


def test_of_a_name_and_its_end_at_once_one_wins(api: httpx.Client) -> None:
    """Somebody is deleted while somebody else puts them into a team: never a team with nobody in it."""
    for _ in range(5):
        person = api.post("/users/", json=body_of("users")).json()["email"]
        team = body_of("teams") | {"members": [person]}
        with ThreadPoolExecutor(2) as threads:
            made = threads.submit(api.post, "/teams/", json=team)
            deleted = threads.submit(api.delete, f"/users/{person}/")
        outcome = (made.result().status_code, deleted.result().status_code)
        assert outcome in ((201, 409), (422, 204))
