"""What depends on something that is down joins its incident, or goes by its own key when that ends at this moment."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from db.house import load_house
from db.outbox import NOW
from db.records import commit_record
from domain.incident import Status
from domain.intake.signal import Signal
from domain.intake.source import Source, SourceSettings
from gateway.intake.admission import Taken
from gateway.intake.expressions import TOOLS
from gateway.intake.pipeline import Pipeline
from tests.support.house import House
from tests.support.known import Known

BELOW, ABOVE = "redis-prod", "search"


@pytest_asyncio.fixture
async def intake(house: House) -> Pipeline:
    """With one service that depends on another."""
    async with house.sessions() as session:
        catalogue = await load_house(session, 300)
    services = dict(catalogue.services)
    services[ABOVE] = replace(services[ABOVE], depends_on=(services[BELOW].id,))
    known = Known(replace(catalogue, services=services))
    return Pipeline(house.pool, house.sessions, known, TOOLS, lambda *_: None, house.settings)


async def fire(intake: Pipeline, service: str, **settings: Any) -> Taken:
    source = Source(name="a test", kind="generic", settings=SourceSettings(service_name=service, **settings))
    (taken,) = await intake.take([Signal(title="Down", fingerprint=service, severity="critical")], source)
    return taken


async def ends_while_it_comes(house: House, cause: UUID, coming: Any) -> Taken:
    """What becomes of an alert that saw the cause open and has to wait for whoever resolves it."""
    async with house.sessions.begin() as session:
        now = (await session.execute(NOW)).scalar_one()
        columns = {"status": Status.RESOLVED, "resolved_at": now, "resolved_by": "ana@example.com"}
        await commit_record(session, cause, 1, columns, (), ())
        task = asyncio.create_task(coming)
        done, _ = await asyncio.wait([task], timeout=0.5)
        assert not done
    taken: Taken = await task
    return taken


async def test_it_opens_its_own_when_the_cause_ends_at_this_moment(house: House, intake: Pipeline) -> None:
    cause = await fire(intake, BELOW)
    assert cause.incident_id is not None
    taken = await ends_while_it_comes(house, cause.incident_id, fire(intake, ABOVE))
    assert (taken.fate, taken.reason) == ("new", None)
    assert taken.incident_id is not None
    row = await house.row(taken.incident_id)
    assert (row["service"], row["correlation_key"]) == (ABOVE, f"fingerprint:{ABOVE}")
    assert (await fire(intake, BELOW)).fate == "new"


async def test_a_threshold_holds_it_when_the_cause_ends_at_this_moment(house: House, intake: Pipeline) -> None:
    cause = await fire(intake, BELOW)
    assert cause.incident_id is not None
    coming = fire(intake, ABOVE, threshold={"count": 2, "seconds": 60})
    assert (await ends_while_it_comes(house, cause.incident_id, coming)).fate == "held"
    assert (await fire(intake, BELOW)).number == (cause.number or 0) + 1


@pytest.mark.parametrize("treatment", [{}, {"threshold": {"count": 2, "seconds": 60}}])
async def test_it_joins_the_cause_and_says_so(intake: Pipeline, treatment: dict[str, Any]) -> None:
    cause = await fire(intake, BELOW)
    for _ in range(2):
        taken = await fire(intake, ABOVE, **treatment)
        assert (taken.fate, taken.incident_id) == ("attached", cause.incident_id)
    taken = await fire(intake, BELOW, **treatment)
    assert (taken.fate, taken.incident_id, taken.reason) == ("attached", cause.incident_id, None)
