"""`/schedules/{id}/load/`: hours of a month by hand, pages from the ledger, a table for compensation."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from tests.support.problems import require_problem
from tests.support.rotas import ANA, BO, CY, WEEKLY, always, kept, restored

NOVEMBER = {"from": "2025-11-01T00:00:00Z", "to": "2025-12-01T00:00:00Z"}
Paged = Callable[..., None]


@pytest.fixture(autouse=True)
def _nothing_left(database: psycopg.Connection[Any]) -> Iterator[None]:
    yield from restored(database)


@pytest.fixture
def paged(api: httpx.Client, database: psycopg.Connection[Any], alert: Any) -> Paged:
    """Put pages into the ledger, of an incident that is made for them."""

    def put(recipient: str, at: str, *, step: str = "p1.r1.s1", drill: bool = False) -> None:
        incident = api.post("/incidents/", json=alert(severity="SEV4_LOW", drill=drill)).json()["id"]
        database.execute(
            "INSERT INTO notifications (id, incident_id, step, recipient, channel, provider, status, sent_at) "
            "VALUES (%s, %s, %s, %s, 'sms', 'inbox', 'sent', %s)",
            (uuid4(), UUID(incident), step, recipient, datetime.fromisoformat(at).astimezone(UTC)),
        )

    return put


def load(api: httpx.Client, schedule: dict[str, Any], **query: Any) -> dict[str, dict[str, Any]]:
    answer = api.get(f"/schedules/{schedule['id']}/load/", params=NOVEMBER | query)
    assert answer.status_code == 200, answer.text
    return {item["user"]: item for item in answer.json()["items"]}


def test_a_month_by_hand(api: httpx.Client) -> None:
    """30 days; 10 of them Saturdays and Sundays; one holiday; 8 h of each night."""
    made = kept(api, time_zone="UTC", layers=[always(ANA)], holidays=[{"date": "2025-11-11", "name": "Armistice"}])
    found = load(api, made)[ANA]
    names = ("hours", "night_hours", "weekend_hours", "holiday_hours", "shifts")
    assert [found[name] for name in names] == [720, 240, 240, 24, 1]
    assert found["unfair"] == []


def test_pages_while_on_call_and_at_night_by_the_persons_own_clock(
    api: httpx.Client, database: psycopg.Connection[Any], paged: Paged
) -> None:
    turns = WEEKLY | {"start": "2025-11-03T09:00:00Z"}
    made = kept(
        api, time_zone="UTC", layers=[{"name": "Primary", "rotations": [turns]}]
    )  # Ana from the 3rd to the 10th
    (zone,) = database.execute("SELECT time_zone FROM users WHERE email = %s", (ANA,)).fetchall()
    database.execute("UPDATE users SET time_zone = 'Asia/Kolkata' WHERE email = %s", (ANA,))
    try:
        paged(ANA, "2025-11-05T12:00:00+00:00")  # 17:30 in Kolkata
        paged(ANA, "2025-11-05T17:00:00+00:00")  # 22:30
        paged(ANA, "2025-11-05T17:30:00+00:00", step="resolved")
        paged(ANA, "2025-11-05T18:00:00+00:00", drill=True)
        paged(ANA, "2025-11-12T12:00:00+00:00")  # Bo and Cy are on call
        found = load(api, made)
    finally:
        database.execute("UPDATE users SET time_zone = %s WHERE email = %s", (zone[0], ANA))
    assert (found[ANA]["pages"], found[ANA]["night_pages"]) == (2, 1)
    assert (found[BO]["pages"], found[CY]["pages"]) == (0, 0)


def test_who_carries_far_more_than_the_others_is_named(api: httpx.Client) -> None:
    turns = WEEKLY | {"participants": [[ANA], [ANA], [ANA], [BO]]}
    made = kept(api, layers=[{"name": "Primary", "rotations": [turns]}])
    found = load(api, made, **{"from": "2025-01-01T00:00:00Z", "to": "2025-12-31T00:00:00Z"})
    assert any("more than the mean" in sentence for sentence in found[ANA]["unfair"])
    assert any("less than the mean" in sentence for sentence in found[BO]["unfair"])


def test_whoever_had_no_shift_is_there_with_nothing(api: httpx.Client) -> None:
    monthly = WEEKLY | {"kind": "monthly", "start": "2025-11-01T00:00:00Z", "participants": [[ANA], [CY]]}
    found = load(api, kept(api, time_zone="UTC", layers=[{"name": "Primary", "rotations": [monthly]}]))
    assert (found[ANA]["hours"], found[CY]["hours"], found[CY]["shifts"]) == (720, 0, 0)


def test_one_level_alone(api: httpx.Client) -> None:
    made = kept(api, layers=[always(ANA), always(BO, level=2)])
    assert load(api, made)[BO]["hours"] == load(api, made, level=2)[BO]["hours"] == 720
    assert load(api, made, level=1)[BO]["hours"] == 0


def test_a_table_for_compensation(api: httpx.Client) -> None:
    made = kept(api, time_zone="UTC", layers=[always(ANA)])
    september = {"from": "2025-09-01T00:00:00Z", "to": "2025-10-01T00:00:00Z", "format": "csv"}
    answer = api.get(f"/schedules/{made['id']}/load/", params=september)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["user"], row["hours"], row["night_hours"], row["pages"]) == (ANA, "720.0", "240.0", "0")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2025-11-01"}, "from"),
        ({"to": "2027-11-01T00:00:00Z"}, "to"),
        ({"to": "2025-11-01T00:00:00Z"}, "to"),
        ({"level": 0}, "level"),
        ({"format": "xls"}, "format"),
    ],
)
def test_bad_questions(api: httpx.Client, query: dict[str, Any], field: str) -> None:
    made = kept(api, layers=[always(ANA)])
    require_problem(api.get(f"/schedules/{made['id']}/load/", params=NOVEMBER | query), 422, field)
