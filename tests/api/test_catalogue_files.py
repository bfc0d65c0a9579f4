"""The catalogue as files over REST: what would change, applied, and applied again."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest

from domain.catalogue import Catalogue
from domain.written import all_written
from tests.support.big_catalogue import big_values
from tests.support.problems import require_problem

Database = psycopg.Connection[Any]
TABLES = ("users", "contact_methods", "scopes", "policies", "schedules", "teams", "services", "routes")


@pytest.fixture(autouse=True)
def _as_it_was(database: Database, api: httpx.Client) -> Iterator[None]:
    """What a test applies is gone afterwards."""
    before = api.get("/catalogue/").json()
    yield
    put_back(api, before, database)


def put_back(api: httpx.Client, before: dict[str, Any], database: Database) -> None:
    database.execute("TRUNCATE schedule_overrides, schedule_calendars")
    answer = api.post("/catalogue/apply/", json={"catalogue": before, "prune": True})
    assert answer.status_code == 200, answer.text


def written(api: httpx.Client) -> dict[str, Any]:
    """What `tocsin export` writes."""
    return all_written(Catalogue.model_validate_json(api.get("/catalogue/").content))


def apply(api: httpx.Client, values: dict[str, Any], **options: Any) -> httpx.Response:
    return api.post("/catalogue/apply/", json={"catalogue": values, **options})


def changes(answer: httpx.Response) -> list[tuple[str, str, str]]:
    assert answer.status_code == 200, answer.text
    return [(one["action"], one["kind"], one["name"]) for one in answer.json()["changes"]]


def rows(database: Database) -> dict[str, Any]:
    """Every row of the catalogue with its place on the disk: a row that is written again has another."""
    found = {}
    for table in TABLES:
        query = psycopg.sql.SQL("SELECT ctid, xmin, * FROM {} ORDER BY id").format(psycopg.sql.Identifier(table))
        found[table] = database.execute(query).fetchall()
    return found


HOUSE: dict[str, Any] = {
    "users": [
        {"email": "gil@example.com", "name": "Gil", "contact_methods": [{"channel": "sms", "address": "+33612345678"}]}
    ],
    "policies": [{"name": "quick", "steps": [{"after_seconds": 0, "targets": [{"kind": "on_call"}]}]}],
    "schedules": [
        {
            "name": "core",
            "time_zone": "Europe/Paris",
            "layers": [
                {
                    "name": "weeks",
                    "rotations": [
                        {
                            "kind": "weekly",
                            "start": "2026-01-05T09:00:00+01:00",
                            "participants": [["gil@example.com"], ["ana@example.com"]],
                        }
                    ],
                }
            ],
        }
    ],
    "teams": [{"name": "Core", "members": ["gil@example.com", "ana@example.com"], "schedule": "core"}],
    "services": [{"name": "queue", "team": "Core", "policy": "quick", "depends_on": ["redis-prod"]}],
    "routes": [{"name": "all", "targets": [{"kind": "team_channel"}]}],
}


def test_what_is_exported_and_applied_changes_nothing(api: httpx.Client, database: Database) -> None:
    apply(api, HOUSE)
    schedule = database.execute("SELECT id FROM schedules WHERE name = 'core'").fetchone()
    assert schedule is not None
    database.execute(
        "INSERT INTO schedule_overrides (id, schedule_id, kind, starts_at, ends_at, users)"
        " VALUES (gen_random_uuid(), %s, 'replace', now(), now() + interval '1 day', '{ana@example.com}')",
        schedule,
    )
    before = rows(database)
    for values in (written(api), api.get("/catalogue/").json()):
        answer = apply(api, values, prune=True)
        assert (changes(answer), answer.json()["applied"]) == ([], True)
    assert rows(database) == before
    assert database.execute("SELECT count(*) FROM schedule_overrides").fetchone() == (1,)


def test_apply_says_what_it_changed_and_changes_it_once(api: httpx.Client, database: Database) -> None:
    assert set(changes(apply(api, HOUSE))) == {
        ("added", "users", "gil@example.com"),
        ("added", "policies", "quick"),
        ("added", "schedules", "core"),
        ("added", "teams", "Core"),
        ("added", "services", "queue"),
        ("added", "routes", "all"),
    }
    assert changes(apply(api, HOUSE)) == []
    service = {**HOUSE["services"][0], "description": "Messages", "policy": "ladder"}
    answer = apply(api, {"services": [service]})
    assert answer.json()["changes"] == [
        {
            "action": "changed",
            "kind": "services",
            "name": "queue",
            "fields": [
                {"field": "description", "old": "", "new": "Messages"},
                {"field": "policy", "old": "quick", "new": "ladder"},
            ],
        }
    ]
    assert api.get("/services/queue/").json()["description"] == "Messages"
    assert database.execute("SELECT version FROM policies WHERE name = 'quick'").fetchone() == (1,)
    apply(api, {"policies": [{**HOUSE["policies"][0], "max_rounds": 5}]})
    assert database.execute("SELECT version FROM policies WHERE name = 'quick'").fetchone() == (2,)


def test_diff_and_dry_run_change_nothing(api: httpx.Client, database: Database) -> None:
    before = rows(database)
    told = changes(api.post("/catalogue/diff/", json={"catalogue": HOUSE}))
    assert len(told) == 6
    assert changes(apply(api, HOUSE, dry_run=True)) == told
    assert rows(database) == before


@pytest.mark.parametrize(
    ("broken", "field", "message"),
    [
        ({"services": [{"name": "x", "team": "Nobody"}]}, "services.0.team", "there is no team 'Nobody'"),
        ({"services": [{"name": "x", "team": 5}]}, "services.0.team", "string"),
        ({"services": [{"name": "x", "team": "Core", "colour": "red"}]}, "services.0.colour", "is no field here"),
        ({"teams": [{"name": "x", "time_zone": "Mars/North"}]}, "teams.0.time_zone", "no IANA time zone"),
        ({"planets": []}, "planets", "is no field here"),
        (
            {"routes": [{"name": "x", "targets": [{"kind": "manager"}], "when": {"services": ["gone"]}}]},
            "routes.0.when.services",
            "there is no service 'gone'",
        ),
        ({"users": [{"email": "a@b.c", "name": "A"}, {"email": "a@b.c", "name": "B"}]}, "users.1.email", "there twice"),
        ({"users": [{"email": "Ana@example.com", "name": "A"}]}, "users.0.email", "'ana@example.com' already"),
        ({"teams": [{"name": "sre-core"}]}, "teams.0.name", "too much like 'SRE Core'"),
        (
            {"users": [{"email": "a@b.c", "name": "A", "contact_methods": [{"channel": "sms", "address": "12"}]}]},
            "users.0.contact_methods.0.address",
            "telephone number",
        ),
    ],
)
def test_a_broken_file_changes_nothing_and_is_named(
    api: httpx.Client, database: Database, broken: dict[str, Any], field: str, message: str
) -> None:
    before = rows(database)
    values = {**HOUSE, **{kind: [*HOUSE.get(kind, []), *entries] for kind, entries in broken.items()}}
    shift = len(HOUSE.get(field.split(".")[0], []))
    parts = field.split(".")
    if len(parts) > 1:
        parts[1] = str(int(parts[1]) + shift)
    answer = apply(api, values)
    assert answer.status_code == 422, answer.text
    errors = [(error["field"], error["message"]) for error in answer.json()["errors"]]
    assert any(where == ".".join(parts) and message in text for where, text in errors), errors
    assert rows(database) == before


def test_prune_removes_what_the_files_leave_out_of_the_kinds_they_name(api: httpx.Client) -> None:
    apply(api, HOUSE)
    routes = [one for one in written(api)["routes"] if one["name"] != "all"]
    assert changes(apply(api, {"routes": routes})) == []
    assert changes(apply(api, {"routes": routes}, prune=True)) == [("removed", "routes", "all")]
    services = [one for one in written(api)["services"] if one["name"] not in ("queue", "Unknown/Triage")]
    assert changes(apply(api, {"services": services})) == []
    assert changes(apply(api, {"services": services}, prune=True)) == [("removed", "services", "queue")]
    assert api.get("/services/Unknown/Triage/").status_code == 200
    answer = apply(api, {"teams": [{"name": "Core"}]}, prune=True)
    assert answer.status_code == 422 and "there is no team 'SRE Core'" in answer.text


def test_a_service_with_incidents_is_not_pruned(api: httpx.Client, database: Database) -> None:
    apply(api, HOUSE)
    database.execute(
        "INSERT INTO incidents (id, number, title, status, severity, service_id, requested_service_name, source,"
        " correlation_key, last_alert_at) SELECT gen_random_uuid(), nextval('incident_number'), 'Slow', 'RESOLVED',"
        " 'SEV4_LOW', id, name, 'test', 'test', now() FROM services WHERE name = 'queue'"
    )
    services = [one for one in written(api)["services"] if one["name"] != "queue"]
    answer = apply(api, {"services": services}, prune=True)
    assert answer.status_code == 409 and "service 'queue' is still named by incidents" in answer.text
    database.execute("DELETE FROM incidents WHERE correlation_key = 'test'")
    assert changes(apply(api, {"services": services}, prune=True)) == [("removed", "services", "queue")]


def test_of_a_person_what_a_file_leaves_out_stays(api: httpx.Client, database: Database) -> None:
    apply(api, HOUSE)
    database.execute("UPDATE contact_methods SET verified_at = now() WHERE address = '+33612345678'")
    database.execute("UPDATE users SET role = 'manager', time_zone = 'Asia/Kolkata' WHERE email = 'gil@example.com'")
    assert changes(apply(api, HOUSE)) == []
    apply(api, {"users": [{"email": "gil@example.com", "name": "Gilberte"}]})
    person = next(one for one in written(api)["users"] if one["email"] == "gil@example.com")
    assert (person["name"], person["role"], person["time_zone"]) == ("Gilberte", "manager", "Asia/Kolkata")
    assert person["contact_methods"] == [{"channel": "sms", "address": "+33612345678", "verified": True}]
    said = {"email": "gil@example.com", "name": "Gilberte", "contact_methods": []}
    assert apply(api, {"users": [said]}).json()["changes"][0]["fields"][0]["field"] == "contact_methods"


def test_managers_apply_but_make_no_admins_and_others_see_nothing(
    api: httpx.Client, as_role: Callable[[str], httpx.Client]
) -> None:
    with as_role("manager") as manager:
        assert apply(manager, HOUSE).status_code == 200
        raised = apply(manager, {"users": [{"email": "gil@example.com", "name": "Gil", "role": "admin"}]})
        assert raised.status_code == 403
    with as_role("responder") as responder:
        assert apply(responder, HOUSE).status_code == 403
        assert responder.get("/catalogue/").status_code == 403
        assert responder.post("/catalogue/diff/", json={"catalogue": {}}).status_code == 403


def test_the_last_admin_stays(api: httpx.Client) -> None:
    admins = [one for one in written(api)["users"] if one.get("role") == "admin"]
    lowered = [{"email": one["email"], "name": one["name"], "role": "viewer"} for one in admins]
    assert apply(api, {"users": lowered}).status_code == 409


def test_apply_refuses_what_rest_refuses_of_one_entry(api: httpx.Client, database: Database) -> None:
    before = rows(database)
    unknown = {"name": "Unknown/Triage", "team": "SRE Core", "is_active": False}
    for options in ({}, {"dry_run": True}):
        answer = apply(api, {"services": [{"name": "queue", "team": "SRE Core"}, unknown]}, **options)
        require_problem(answer, 409, "services.1.is_active")
    me = api.get("/users/me/").json()
    locked_out = {"email": me["email"], "name": me["name"], "is_active": False}
    second = {"email": "second@example.com", "name": "Second", "role": "admin"}
    require_problem(apply(api, {"users": [second, locked_out]}), 409, "users.1.is_active")
    assert rows(database) == before


def test_apply_leaves_a_policy_and_a_default(api: httpx.Client, database: Database) -> None:
    before = rows(database)
    for policies in ([], [{**HOUSE["policies"][0]}]):
        answer = apply(api, {"policies": policies}, prune=True)
        require_problem(answer, 409)
        assert ("last escalation policy" if not policies else "'ladder' is the default policy") in answer.text
    ladder = next(one for one in written(api)["policies"] if one["name"] == "ladder")
    require_problem(apply(api, {"policies": [ladder | {"is_default": False}]}), 409)
    assert rows(database) == before
    other = HOUSE["policies"][0] | {"is_default": True}
    answer = apply(api, {"policies": [ladder | {"is_default": False}, other]})
    assert set(changes(answer)) == {("changed", "policies", "ladder"), ("added", "policies", "quick")}


def test_an_export_restores_people(api: httpx.Client) -> None:
    apply(api, HOUSE)
    exported = {"users": written(api)["users"]}
    changed = {
        "role": "manager",
        "time_zone": "Asia/Kolkata",
        "language": "de",
        "contact_methods": [{"channel": "sms", "address": "+33612345678", "verified": True}],
        "notification_rules": [{"urgency": "high", "channel": "sms"}],
        "quiet_hours": [{"from": "22:00", "until": "07:00"}],
        "days_away": [{"start": "2026-12-24T00:00:00Z", "end": "2026-12-27T00:00:00Z"}],
        "is_active": False,
    }
    assert api.patch("/users/gil@example.com/", json=changed).status_code == 200
    (change,) = apply(api, exported).json()["changes"]
    assert {field["field"] for field in change["fields"]} == changed.keys()
    assert {"users": written(api)["users"]} == exported


def test_numbers_in_files_are_written_as_they_are_dialled(api: httpx.Client) -> None:
    methods = [{"channel": "sms", "address": "+33 6 12 34 56 78"}]
    assert changes(apply(api, {"users": [HOUSE["users"][0] | {"contact_methods": methods}]}))
    assert changes(apply(api, {"users": HOUSE["users"]})) == []
    twice = HOUSE["users"][0] | {"contact_methods": [*methods, *HOUSE["users"][0]["contact_methods"]]}
    require_problem(apply(api, {"users": [twice]}), 422, "users.0.contact_methods.1.address")


def test_routes_keep_the_order_of_the_files(api: httpx.Client) -> None:
    one, two = ({"name": name, "targets": [{"kind": "team_channel"}]} for name in ("one", "two"))
    apply(api, {"routes": [one, two]})
    assert [route["name"] for route in written(api)["routes"]][-2:] == ["one", "two"]
    answer = apply(api, {"routes": [two, one]})
    assert {change["fields"][0]["field"] for change in answer.json()["changes"]} == {"position"}
    assert [route["name"] for route in written(api)["routes"]][-2:] == ["two", "one"]
    assert changes(apply(api, {"routes": [two, one]})) == []


def test_a_large_catalogue_is_applied_and_then_nothing_changes(api: httpx.Client, database: Database) -> None:
    values = big_values(services=120, schedules=24)
    assert len(changes(apply(api, values))) == 120 + 24 + 24 * 6 + 24 + 3
    before = rows(database)
    assert changes(apply(api, values)) == []
    assert changes(apply(api, written(api))) == []
    assert rows(database) == before


def test_a_body_beyond_that_of_an_alert_is_read(api: httpx.Client) -> None:
    long = {"users": [{"email": f"user{n}@example.com", "name": "x" * 200} for n in range(20_000)]}
    answer = api.post("/catalogue/diff/", json={"catalogue": long}, timeout=60)
    assert len(changes(answer)) == 20_000
