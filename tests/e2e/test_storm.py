"""A bad minute: thousands of alerts of twenty problems become twenty incidents, whatever is killed meanwhile.

The whole storm of ten thousand from 64 connections: TOCSIN_FULL_STORM=1, with `-s` to see its figures.
"""

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from temporalio.client import Client

from tests.support.dev import Dev
from tests.support.storm import Problem, Shot, Storm, shots_at

IS_FULL = bool(os.environ.get("TOCSIN_FULL_STORM"))
ALERTS, CONNECTIONS = (10_000, 64) if IS_FULL else (2_000, 32)
LONGEST_HISTORY = 500
FIRST_PAGE_SECONDS = 60
"""Of any of the incidents, on the slowest of machines."""
BETWEEN_KILLS = 150
"""So many alerts are accepted before the first kill, between two, and after the last."""
KILLS = ("tocsin api", "postgres -D", "tocsin worker", "postgres -D", "tocsin api")


_TOLD = """SELECT step, recipient, channel FROM inbox_messages
           WHERE incident_id = %s::uuid AND step NOT LIKE '%%.links' ORDER BY step"""
_LEDGER = _TOLD.replace("inbox_messages", "notifications").replace("channel FROM", "channel, status FROM")


def make_problems(dev: Dev) -> list[Problem]:
    """Twenty over eight services: ten by their fingerprint alone, ten by a source's key."""
    run = uuid4().hex[:8]
    services = [f"{run}-{number}" for number in range(8)]
    for name in services:
        dev.api.post("/services/", json={"name": name, "team": "SRE Core"}).raise_for_status()
    source = dev.api.post("/sources/", json={"name": f"storm {run}", "kind": "generic"}).raise_for_status().json()
    token = dev.api.headers["authorization"].split()[1]
    doors = [("/api/v1/incidents/", token), ("/api/v1/alerts/generic/", source["key"])]
    return [Problem(f"{run}-{number}", services[number % 8], *doors[number % 2]) for number in range(20)]


def found(dev: Dev, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with dev.database() as database:
        return database.execute(query.encode(), values).fetchall()


def incidents_of(dev: Dev, problems: list[Problem]) -> dict[str, tuple[str, int, int]]:
    """Of each problem the incident: id, number, alerts counted. More than one of a problem is an error."""
    query = "SELECT fingerprint, id::text, number, alert_count FROM incidents WHERE fingerprint = ANY(%s)"
    rows = found(dev, query, [problem.name for problem in problems])
    assert Counter(row[0] for row in rows) == Counter(problem.name for problem in problems)
    return {name: (id, number, count) for name, id, number, count in rows}


def kept_marks(dev: Dev, run: str) -> Counter[int]:
    """How often each alert of a run is there."""
    return Counter(
        int(row[0]) for row in found(dev, "SELECT labels->>'mark' FROM alerts WHERE labels->>'run' = %s", run)
    )


def wait_until_told(dev: Dev, ids: list[str]) -> None:
    """Until Temporal knows all, and every incident is finished with what it begins with."""
    waiting = """SELECT (SELECT count(*) FROM outbox WHERE incident_id = ANY(%s::uuid[]))
                      + (SELECT count(*) FROM incidents WHERE id = ANY(%s::uuid[]) AND orchestration <> 'COMPLETE')"""
    dev.wait(lambda: found(dev, waiting, ids, ids) == [(0,)], what="told and finished")


def require_paged_once(dev: Dev, ids: list[str]) -> int:
    """Each person once for each incident and step, as the plan has it; how many pages there were."""
    body = {"service_name": "redis-prod", "severity": "SEV1_CRITICAL"}  # of the same team
    plan = dev.api.post("/plan/", json=body).raise_for_status().json()["items"]
    first = ("p1.created", "p1.r1.s1")
    planned = Counter(
        (step["step"], one["recipient"], one["channel"])
        for step in plan
        if step["step"] in first
        for one in step["deliveries"]
    )
    assert set(planned.values()) == {1}
    pages = 0
    for id in ids:
        dev.wait(lambda: set(planned) <= sent_pages(dev, id), what=f"the first steps of {id}")  # noqa: B023
        told = Counter(found(dev, _TOLD, id))
        assert set(told.values()) == {1}, told
        assert {page for page in told if page[0] in first} == set(planned)
        pages += len(told)
    return pages


def sent_pages(dev: Dev, id: str) -> set[tuple[Any, ...]]:
    """What is sent by the ledger; nothing while some of it is under way, or the inbox does not hold as many."""
    ledger = found(dev, _LEDGER, id)
    done = {(step, recipient, channel) for step, recipient, channel, status in ledger if status == "sent"}
    return done if len(done) == len(ledger) == len(found(dev, _TOLD, id)) else set()


def first_pages(dev: Dev, problems: list[Problem], sent: list[Shot]) -> list[float]:
    """Seconds from the first alert of each problem to the first message in an inbox, in the order of the alerts."""
    query = """SELECT fingerprint, extract(epoch FROM min(received_at))::float8
               FROM incidents JOIN inbox_messages ON inbox_messages.incident_id = incidents.id
               WHERE fingerprint = ANY(%s) GROUP BY fingerprint"""
    paged = dict(found(dev, query, [problem.name for problem in problems]))
    began: dict[str, float] = {}
    for shot in sorted(sent, key=lambda shot: shot.sent_at):
        began.setdefault(shot.problem.name, shot.sent_at)
    return [paged[name] - at for name, at in began.items()]


async def longest_history(dev: Dev, numbers: list[int]) -> int:
    """Events of the longest run of these incidents' workflows."""
    client = await Client.connect(f"127.0.0.1:{dev.temporal_port}")
    longest = 0
    for number in numbers:
        name, count = f"incident-INC-{number}", 0
        async for run in client.list_workflows(f"WorkflowId = '{name}'"):
            described = await client.get_workflow_handle(name, run_id=run.run_id).describe()
            longest, count = max(longest, described.history_length), count + 1
        assert count, f"{name} has no workflow"
    return longest


async def first_pages_on_an_idle_day(dev: Dev, count: int) -> list[float]:
    """How fast people are told of so many problems at once when nothing else happens."""
    problems = make_problems(dev)[:count]
    storm = Storm(dev.api_port, uuid4().hex, count)
    await storm.blow(shots_at(problems, count))
    wait_until_told(dev, [id for id, *_ in incidents_of(dev, problems).values()])
    return first_pages(dev, problems, storm.sent)


def rounded(seconds: list[float]) -> list[float]:
    return [round(one, 3) for one in seconds]


async def test_twenty_problems_are_twenty_incidents(dev: Dev) -> None:
    idle = [await first_pages_on_an_idle_day(dev, count) for count in (1, 20)]
    problems, run = make_problems(dev), uuid4().hex
    storm = Storm(dev.api_port, run, CONNECTIONS)
    seconds = await storm.blow(shots_at(problems, ALERTS))
    assert Counter(shot.status for shot in storm.sent if not shot.is_accepted) == {}
    assert Counter(shot.status for shot in storm.sent)[201] == 10, "one answer says that it opened an incident"
    incidents = incidents_of(dev, problems)
    assert len(incidents) == 20
    assert kept_marks(dev, run) == Counter(range(ALERTS))
    assert sum(count for *_, count in incidents.values()) == ALERTS
    ids = [id for id, *_ in incidents.values()]
    wait_until_told(dev, ids)
    pages = require_paged_once(dev, ids)
    longest = await longest_history(dev, [number for _, number, _ in incidents.values()])
    assert longest <= LONGEST_HISTORY
    first = first_pages(dev, problems, storm.sent)
    assert max(first) < FIRST_PAGE_SECONDS
    figures = {
        "alerts": ALERTS,
        "connections": CONNECTIONS,
        "seconds": round(seconds, 2),
        "incidents": len(ids),
        "pages": pages,
        "longest_history": longest,
        "first_pages": rounded(first),
        "first_page_on_an_idle_day": rounded(idle[0]),
        "first_pages_of_20_on_an_idle_day": rounded(idle[1]),
        "load": os.getloadavg(),
    }
    print(json.dumps(figures))


async def test_whatever_is_killed_nothing_accepted_is_lost_or_doubled(dev: Dev) -> None:
    problems, run = make_problems(dev), uuid4().hex
    storm = Storm(dev.api_port, run, 16, pause=0.02)
    blowing = asyncio.create_task(storm.blow(endless(problems)))
    try:
        await asyncio.to_thread(kill_one_after_the_other, dev, storm)
    finally:
        storm.is_over = True
        await blowing
    dev.wait(lambda: dev.ready("ok"), what="all well again")
    kept = kept_marks(dev, run)
    lost = [shot.mark for shot in storm.sent if shot.is_accepted and kept[shot.mark] != 1]
    assert lost == [], "each that was accepted is there once"
    assert max(kept.values()) == 1, "nor is any other there twice"
    assert set(kept) <= {shot.mark for shot in storm.sent}
    incidents = incidents_of(dev, problems)
    assert sum(count for *_, count in incidents.values()) == kept.total(), "all that is kept is counted"
    ids = [id for id, *_ in incidents.values()]
    wait_until_told(dev, ids)
    require_paged_once(dev, ids)
    answers = Counter(shot.status for shot in storm.sent)
    assert set(answers) <= {200, 201, 503, None}, answers
    print(json.dumps({"answers": {str(status): count for status, count in answers.items()}, "kept": kept.total()}))


def endless(problems: list[Problem]) -> Iterator[Shot]:
    """Alerts of one problem after the other, until the storm is over."""
    mark = 0
    while True:
        yield Shot(mark, problems[mark % len(problems)])
        mark += 1


def kill_one_after_the_other(dev: Dev, storm: Storm) -> None:
    """Each while alerts are being accepted, as they must be again before the next."""
    for part in KILLS:
        accept_more(dev, storm)
        dev.kill(part)
    accept_more(dev, storm)


def accept_more(dev: Dev, storm: Storm) -> None:
    enough = storm.accepted + BETWEEN_KILLS
    began = time.monotonic()
    dev.wait(lambda: storm.accepted >= enough, what=f"{enough} accepted, since {began}")
