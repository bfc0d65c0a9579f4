"""Many alerts at once: what is only kept is written together, order holds, and others have their turn meanwhile."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text

from db.house import load_house
from db.keeping import Kept, keep
from domain.intake.quiet import Matcher, Silence
from domain.intake.rule import Rule, Then
from domain.intake.signal import Signal
from domain.intake.source import Source, SourceSettings
from domain.intake.verdict import decide
from gateway.intake import admission, pipeline
from gateway.intake.admission import Taken
from gateway.intake.expressions import TOOLS
from gateway.intake.pipeline import WRITTEN_AT_ONCE, Pipeline
from tests.support.house import House
from tests.support.known import Known

DROP = Rule(name="noise", when='labels["team"] == "nobody"', then=Then.DROP)
SENDER = Source(name="a test", kind="generic", settings=SourceSettings(service_name="redis-prod"))


@pytest_asyncio.fixture
async def intake(house: House) -> Pipeline:
    """Drops what is nobody's, and keeps quiet about what is silenced."""
    async with house.sessions() as session:
        catalogue = await load_house(session, 300)
    now, hour = datetime.now(UTC), timedelta(hours=1)
    silence = Silence(
        id=uuid4(), matchers=(Matcher(name="quiet", value="yes"),), starts_at=now - hour, ends_at=now + hour,
        reason="a test", created_by="ana@example.com",
    )  # fmt: skip
    known = Known(replace(catalogue, rules=(DROP,), silences=(silence,)))
    return Pipeline(house.pool, house.sessions, known, TOOLS, lambda *_: None, house.settings)


@pytest.fixture
def keeps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many alerts each statement kept."""
    counts: list[int] = []

    async def counted(connection: Any, kept: list[Kept]) -> None:
        counts.append(len(kept))
        await keep(connection, kept)

    monkeypatch.setattr(admission, "keep", counted)
    return counts


def fires(mark: str, **labels: str) -> Signal:
    return Signal(title=mark, fingerprint=mark, labels={"team": "", **labels})


def fates(taken: list[Taken]) -> list[str]:
    return [one.fate.value for one in taken]


async def test_a_storm_that_is_dropped_or_silenced_is_kept_by_few_statements(
    intake: Pipeline, keeps: list[int]
) -> None:
    dropped = [fires(uuid4().hex, team="nobody") for _ in range(300)]
    silenced = [fires(uuid4().hex, quiet="yes") for _ in range(300)]
    taken = await intake.take([*dropped, fires(uuid4().hex), *silenced], SENDER)
    assert fates(taken) == ["dropped"] * 300 + ["new"] + ["silenced"] * 300
    assert keeps == [WRITTEN_AT_ONCE, WRITTEN_AT_ONCE - 1, 101], "a long body is written in pieces"
    assert {one.reason for one in taken[:300]} == {"rule 'noise'"}


async def test_storms_of_several_requests_share_a_statement(intake: Pipeline, keeps: list[int]) -> None:
    await asyncio.gather(*(intake.take([fires(uuid4().hex, team="nobody")], SENDER) for _ in range(50)))
    assert sum(keeps) == 50
    assert len(keeps) < 10


@pytest.mark.parametrize(
    ("order", "status"),
    [(["quiet", "fires"], "firing"), (["fires", "quiet"], "firing"), (["quiet", "quiet"], "quiet")],
)
async def test_of_two_signals_about_one_alert_neither_overtakes_the_other(
    intake: Pipeline, house: House, order: list[str], status: str
) -> None:
    mark = uuid4().hex
    signals = [fires(mark, quiet="yes") if word == "quiet" else fires(mark) for word in order]
    taken = await intake.take(signals, SENDER)
    assert fates(taken) == [{"quiet": "silenced", "fires": "new"}[word] for word in order]
    async with house.sessions() as session:
        query = text("SELECT status, alert_id, quiet_until IS NULL, fire_count FROM alert_states WHERE identity = :one")
        row = (await session.execute(query, {"one": mark})).one()
    assert row == (status, taken[-1].alert_id, order[-1] == "fires", 2)


async def test_others_have_their_turn_while_a_long_body_is_decided(
    intake: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = 0
    at: list[int] = []

    async def another() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def noted(*given: Any) -> Any:
        at.append(turns)
        return decide(*given)

    monkeypatch.setattr(pipeline, "decide", noted)
    other = asyncio.create_task(another())
    await asyncio.sleep(0)
    try:
        await intake.take([fires(uuid4().hex, team="nobody") for _ in range(1000)], SENDER)
    finally:
        other.cancel()
    longest = max(at.count(turn) for turn in at)
    assert longest <= 100, "so many were decided before anybody else had a turn"
