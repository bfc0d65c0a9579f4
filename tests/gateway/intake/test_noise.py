"""A source that sends too much: reported by every process that refuses it, over when none has for a while."""

from uuid import UUID, uuid4

import pytest_asyncio
from sqlalchemy import text

from domain.intake.source import Source, SourceSettings
from gateway.intake.expressions import TOOLS
from gateway.intake.knowledge import Knowledge
from gateway.intake.noise import AGAIN_SECONDS, Noise
from gateway.intake.pipeline import Pipeline
from tests.support.house import House


class Office:
    """Processes that refuse, and what the database knows of it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.source = Source(id=uuid4(), name="chatty", kind="generic", settings=SourceSettings())
        knowledge = Knowledge(house.sessions, 300)
        self.intake = Pipeline(house.pool, house.sessions, knowledge, TOOLS, lambda *_: None, house.settings)

    def process(self) -> Noise:
        """One more process, or one that was started again."""
        return Noise(self.intake, self.house.sessions)

    async def status(self) -> str | None:
        """Of the report about the source."""
        query = text("SELECT status FROM alert_states WHERE identity = :identity")
        async with self.house.sessions() as session:
            found: str | None = await session.scalar(query, {"identity": f"noisy:{self.source.id}"})
        return found

    async def count(self) -> int:
        """Reports that were kept."""
        query = text("SELECT count(*) FROM alerts WHERE fingerprint = :fingerprint")
        async with self.house.sessions() as session:
            return int(await session.scalar(query, {"fingerprint": f"noisy:{self.source.id}"}) or 0)

    async def age(self, seconds: float) -> None:
        """So long ago now is what happened."""
        query = text("UPDATE alert_states SET last_fired_at = last_fired_at - make_interval(secs => :seconds)")
        async with self.house.sessions.begin() as session:
            await session.execute(query, {"seconds": seconds})

    async def save(self) -> UUID:
        """The source is one of the catalogue's."""
        assert self.source.id is not None
        values = {"id": self.source.id, "name": self.source.id.hex, "hash": self.source.id.bytes * 2}
        query = text(
            "INSERT INTO sources (id, name, kind, key_hash, key_hint) VALUES (:id, :name, 'generic', :hash, '')"
        )
        async with self.house.sessions.begin() as session:
            await session.execute(query, values)
        return self.source.id


@pytest_asyncio.fixture
async def office(house: House) -> Office:
    return Office(house)


async def test_it_is_over_when_nothing_was_refused_for_a_while(office: Office) -> None:
    noise = office.process()
    noise.refused(office.source)
    await noise.report(0.0)
    assert await office.status() == "firing"
    await noise.resolve(60.0)
    assert await office.status() == "firing"
    await office.age(61)
    await noise.resolve(60.0)
    assert await office.status() == "resolved"
    await noise.resolve(0.0)
    assert await office.count() == 2, "it is said once"


async def test_a_process_that_refuses_still_keeps_it_open_for_all(office: Office) -> None:
    one, other = office.process(), office.process()
    for noise in (one, other):
        noise.refused(office.source)
        await noise.report(0.0)
    await office.age(61)
    other.refused(office.source)
    await other.report(AGAIN_SECONDS)
    await one.resolve(60.0)
    assert await office.status() == "firing"


async def test_what_was_refused_soon_after_a_report_is_told_with_the_next(office: Office) -> None:
    noise = office.process()
    for now, reports in ((0.0, 1), (1.0, 1), (AGAIN_SECONDS, 2), (2 * AGAIN_SECONDS, 2)):
        if now <= 1.0:
            noise.refused(office.source)
        await noise.report(now)
        assert await office.count() == reports, now


async def test_another_process_ends_what_one_began_that_is_gone(office: Office) -> None:
    id = await office.save()
    gone = office.process()
    gone.refused(office.source)
    await gone.report(0.0)
    await office.age(61)
    await office.process().resolve(60.0)
    assert await office.status() == "resolved"
    async with office.house.sessions.begin() as session:
        await session.execute(text("DELETE FROM sources WHERE id = :id"), {"id": id})
