"""`/oncall/`: who answers for each team, by its schedule, else by its fixed person."""

from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from tests.support.problems import require_problem
from tests.support.rotas import ANA, BO, CY, DEE, WEEKLY, always, kept, restored

TEAM = "SRE Core"


@pytest.fixture(autouse=True)
def _nothing_left(database: psycopg.Connection[Any]) -> Iterator[None]:
    yield from restored(database)
    database.execute("UPDATE users SET is_active = true, days_away = '[]'")


def given(database: psycopg.Connection[Any], schedule: dict[str, Any]) -> None:
    database.execute("UPDATE teams SET schedule_id = %s WHERE name = %s", (schedule["id"], TEAM))


def asked(api: httpx.Client, team: str = TEAM, **query: str) -> dict[str, Any]:
    answer = api.get("/oncall/", params={"team": team, **query})
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["items"]
    return dict(item)


def send_away(database: psycopg.Connection[Any], email: str) -> None:
    """Ten days in January."""
    away = '[{"start": "2026-01-10T00:00:00Z", "end": "2026-01-20T00:00:00Z"}]'
    database.execute("UPDATE users SET days_away = %s WHERE email = %s", (away, email))


def emails(people: list[dict[str, Any]]) -> list[str]:
    return [one["email"] for one in people]


def test_the_people_of_the_schedule_and_until_when(api: httpx.Client, database: psycopg.Connection[Any]) -> None:
    backup = {"name": "Backup", "level": 2, "rotations": [WEEKLY | {"participants": [[CY], [DEE]]}]}
    given(database, kept(api, layers=[{"name": "Primary", "rotations": [WEEKLY]}, backup]))
    found = asked(api, at="2026-03-29T22:00:00Z")
    assert emails(found["users"]) == [BO, CY] and found["users"][0]["name"] == "Bo Lindqvist"
    assert (found["until"], found["backup_until"]) == ("2026-03-30T07:00:00Z", "2026-03-30T07:00:00Z")
    assert emails(found["backup"]) == [DEE] and not found["is_fixed"]
    assert emails(asked(api, at="2026-03-30T07:00:00Z")["users"]) == [ANA]


def test_the_fixed_person_while_nobody_of_the_schedule_is_on_call(
    api: httpx.Client, database: psycopg.Connection[Any]
) -> None:
    days = WEEKLY | {"participants": [[BO]], "restrictions": [{"from": "09:00", "until": "17:00"}]}
    given(database, kept(api, layers=[{"name": "Days", "rotations": [days]}]))
    by_day, at_night = asked(api, at="2026-01-12T12:00:00Z"), asked(api, at="2026-01-12T22:00:00Z")
    assert (emails(by_day["users"]), by_day["until"]) == ([BO], "2026-01-12T16:00:00Z")
    assert (emails(at_night["users"]), at_night["until"], at_night["is_fixed"]) == ([ANA], None, True)


def test_no_end_is_told_where_there_is_none(api: httpx.Client, database: psycopg.Connection[Any]) -> None:
    given(database, kept(api, layers=[always(BO)]))
    assert asked(api)["until"] is None


def test_who_left_is_not_named_and_who_is_away_is_marked(api: httpx.Client, database: psycopg.Connection[Any]) -> None:
    given(database, kept(api, layers=[always(BO, CY)]))
    database.execute("UPDATE teams SET on_call_id = NULL WHERE name = %s", (TEAM,))
    database.execute("UPDATE users SET is_active = false WHERE email = %s", (BO,))
    send_away(database, CY)
    answer = asked(api, at="2026-01-12T12:00:00Z")
    (found,) = answer["users"]
    assert (found["email"], found["away_until"]) == (CY, "2026-01-20T00:00:00Z")
    assert answer["inactive"] == [BO], "it is said who would be on call"


def test_the_fixed_person_while_all_of_the_schedule_are_away_as_a_page_has_it(
    api: httpx.Client, database: psycopg.Connection[Any]
) -> None:
    given(database, kept(api, layers=[always(BO, CY)]))
    noon = "2026-01-12T12:00:00Z"
    send_away(database, BO)
    answer = asked(api, at=noon)
    assert (emails(answer["users"]), answer["is_fixed"]) == ([BO, CY], False), "one of them is there"
    send_away(database, CY)
    answer = asked(api, at=noon)
    assert (emails(answer["users"]), answer["until"], answer["is_fixed"]) == ([ANA], None, True)
    body = {"service_name": "redis-prod", "severity": "SEV1_CRITICAL", "at": noon}
    (step,) = [one for one in api.post("/plan/", json=body).json()["items"] if one["step"] == "p1.r1.s1"]
    assert [one["recipient"] for one in step["deliveries"]] == [ANA]
    send_away(database, ANA)
    answer = asked(api, at=noon)
    assert (emails(answer["users"]), answer["is_fixed"]) == ([BO, CY], False), "nobody is there to stand in"
    assert all(one["away_until"] for one in answer["users"])


def test_a_fixed_person_who_left_is_said_to_have(api: httpx.Client, database: psycopg.Connection[Any]) -> None:
    given(database, kept(api, layers=[always(BO)]))
    database.execute("UPDATE users SET is_active = false WHERE email = ANY(%s)", ([ANA, BO],))
    answer = asked(api)
    assert (answer["users"], answer["inactive"], answer["is_fixed"]) == ([], [BO, ANA], False)
    database.execute("UPDATE users SET is_active = true WHERE email = %s", (BO,))
    answer = asked(api)
    assert (emails(answer["users"]), answer["inactive"]) == ([BO], []), "the fixed person is not asked"


def test_every_team_or_one_by_name_or_slug(api: httpx.Client) -> None:
    items = api.get("/oncall/").json()["items"]
    teams = [one["name"] for one in api.get("/teams/", params={"limit": 500}).json()["items"]]
    assert [one["team"] for one in items] == teams
    assert asked(api, "sre core")["team"] == asked(api, "sre-core")["team"] == TEAM


def test_bad_questions(api: httpx.Client) -> None:
    require_problem(api.get("/oncall/", params={"team": "%"}), 404)
    require_problem(api.get("/oncall/", params={"team": "no\x00such"}), 404)
    for at in ("yesterday", "2026-01-01", "2026-01-01T00:00:00", "9999-12-31T00:00:00Z"):
        require_problem(api.get("/oncall/", params={"at": at}), 422, "at")
