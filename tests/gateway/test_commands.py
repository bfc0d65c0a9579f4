"""DONE when it is committed, QUEUED when nobody answers in time, refused when the state forbids it."""

import time
from uuid import uuid4

import pytest

from config.settings import Settings
from gateway.commands import Answer, Forbidden, UnknownIncident
from tests.support.house import House
from tests.support.servers import Addresses
from tests.support.unreachable import dead_client, line_to
from tests.support.waiting import eventually

WELL_BELOW_A_CALL = 100
"""Seconds: a command waits for Temporal as long as the settings say; a call of it waits for two minutes here."""


@pytest.fixture
def hasty(settings: Settings) -> Settings:
    """By which a command soon waits in the outbox."""
    return settings.model_copy(update={"command_wait_seconds": 0.5})


async def test_done_is_committed(product: House) -> None:
    incident = await product.report()
    assert await incident.give("acknowledge") is Answer.DONE
    assert (await incident.row())["status"] == "ACKNOWLEDGED"


async def test_an_unknown_incident(house: House) -> None:
    with pytest.raises(UnknownIncident):
        await house.command(uuid4(), "acknowledge")


async def test_what_the_state_forbids_is_not_queued(product: House) -> None:
    incident = await product.report()
    with pytest.raises(Forbidden, match="acknowledge it first"):
        await incident.give("mitigate")
    assert await product.outbox(incident.id) == []


async def test_queued_without_temporal_and_acts_when_it_is_back(house: House, hasty: Settings) -> None:
    incident = await house.report()
    away = House(house.engine, house.pool, await dead_client(), hasty)
    began = time.monotonic()
    assert await away.command(incident.id, "acknowledge", id="the-id") is Answer.QUEUED
    assert await away.command(incident.id, "acknowledge", id="the-id") is Answer.QUEUED
    assert time.monotonic() - began < WELL_BELOW_A_CALL
    assert len(await house.outbox(incident.id)) == 1
    async with house.working():
        await _acknowledged(house, incident.id)


async def test_queued_without_workers(house: House, hasty: Settings) -> None:
    incident = await house.report()
    idle = House(house.engine, house.pool, house.client, hasty)
    began = time.monotonic()
    assert await idle.command(incident.id, "acknowledge") is Answer.QUEUED
    assert time.monotonic() - began < WELL_BELOW_A_CALL
    async with house.working():
        await _acknowledged(house, incident.id)
    assert (await incident.types()).count("STATUS_CHANGE") == 2  # the update, the queued one: acted once


async def test_queued_while_temporal_is_frozen_and_acts_once_when_it_thaws(
    product: House, addresses: Addresses, namespace: str, hasty: Settings
) -> None:
    incident = await product.report()
    await incident.until_finished()
    async with line_to(addresses, namespace) as (line, client):
        far = House(product.engine, product.pool, client, product.settings)
        assert await far.command(incident.id, "comment", text="before") is Answer.DONE
        line.freeze()
        frozen = House(product.engine, product.pool, client, hasty)
        began = time.monotonic()
        assert await frozen.command(incident.id, "acknowledge") is Answer.QUEUED
        assert time.monotonic() - began < WELL_BELOW_A_CALL
        line.thaw()
        await _acknowledged(product, incident.id)
        assert await far.command(incident.id, "comment", text="after") is Answer.DONE
    assert await incident.texts("NOTE") == ["before", "after"]
    assert (await incident.types()).count("STATUS_CHANGE") == 2


async def test_what_was_queued_before_goes_first(house: House, hasty: Settings) -> None:
    incident = await house.report()
    away = House(house.engine, house.pool, await dead_client(), hasty)
    assert await away.command(incident.id, "acknowledge") is Answer.QUEUED
    async with house.working():
        assert await incident.give("mitigate") is Answer.DONE
    assert (await incident.row())["status"] == "MITIGATED"


async def _acknowledged(house: House, incident_id: object) -> None:
    async def there() -> bool:
        return bool((await house.row(incident_id))["status"] == "ACKNOWLEDGED")  # type: ignore[arg-type]

    await eventually(there)
