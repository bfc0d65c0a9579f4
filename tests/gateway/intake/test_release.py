"""What is quiet is decided anew when its time is over; what became of it meanwhile holds."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from db.models import Silence, new_id
from domain.intake.signal import Action, Signal
from domain.intake.source import Source
from domain.intake.verdict import Fate
from gateway.intake.admission import Taken
from gateway.intake.expressions import TOOLS
from gateway.intake.knowledge import Knowledge
from gateway.intake.pipeline import Pipeline
from tests.support.house import House


@pytest.fixture
async def mark(house: House) -> AsyncIterator[str]:
    """The label of what is silenced for an hour."""
    value, now = uuid4().hex, datetime.now(UTC)
    silence = Silence(
        id=new_id(),
        matchers=[{"name": "mark", "operator": "=", "value": value}],
        starts_at=now,
        ends_at=now + timedelta(hours=1),
        reason="a test",
        created_by="ana@example.com",
    )
    async with house.sessions.begin() as session:
        session.add(silence)
    yield value
    async with house.sessions.begin() as session:
        await session.delete(silence)


@pytest.fixture
def intake(house: House) -> Pipeline:
    return Pipeline(house.pool, house.sessions, Knowledge(house.sessions, 300), TOOLS, lambda *_: None, house.settings)


@pytest.fixture
async def source(house: House) -> Source:
    source = Source(id=uuid4(), name=uuid4().hex, kind="generic")
    async with house.sessions.begin() as session:
        await session.execute(
            text("INSERT INTO sources (id, name, kind, key_hash, key_hint) VALUES (:id, :name, 'generic', :hash, '')"),
            {"id": source.id, "name": source.name, "hash": source.id.bytes * 2 if source.id else None},
        )
    return source


def firing(mark: str) -> Signal:
    return Signal(title="Down", fingerprint=mark, labels={"mark": mark})


STATE = text("""
SELECT state.status, state.quiet_until, state.alert_id, state.fire_count
FROM alert_states AS state JOIN alerts ON alerts.item->>'identity' = state.identity WHERE alerts.id = :id
""")


async def state(house: House, taken: Taken) -> Any:
    async with house.sessions() as session:
        return (await session.execute(STATE, {"id": taken.alert_id})).one()


async def test_what_ended_while_it_was_decided_anew_stays_so(
    house: House, intake: Pipeline, source: Source, mark: str
) -> None:
    (quiet,) = await intake.take([firing(mark)], source)
    assert quiet.fate is Fate.SILENCED
    await intake.take([firing(mark).model_copy(update={"action": Action.RESOLVE})], source)
    await intake.take([firing(mark)], source, keep_as=quiet.alert_id, again=True)
    found = await state(house, quiet)
    assert (found.status, found.quiet_until) == ("resolved", None)


async def test_what_fired_while_an_earlier_one_was_decided_anew_is_the_latest(
    house: House, intake: Pipeline, source: Source, mark: str
) -> None:
    (earlier,) = await intake.take([firing(mark)], source)
    (later,) = await intake.take([firing(mark)], source)
    await intake.take([firing(mark)], source, keep_as=earlier.alert_id, again=True)
    found = await state(house, earlier)
    assert (found.status, found.alert_id, found.fire_count) == ("quiet", later.alert_id, 2)


async def test_what_is_quiet_still_waits_for_the_new_end_and_has_not_fired(
    house: House, intake: Pipeline, source: Source, mark: str
) -> None:
    (quiet,) = await intake.take([firing(mark)], source)
    async with house.sessions.begin() as session:
        await session.execute(
            text("UPDATE alert_states SET quiet_until = now() WHERE alert_id = :id"), {"id": quiet.alert_id}
        )
    await intake.take([firing(mark)], source, keep_as=quiet.alert_id, again=True)
    found = await state(house, quiet)
    assert found.quiet_until > datetime.now(UTC) + timedelta(minutes=30)
    assert (found.status, found.fire_count) == ("quiet", 1)
