"""Hours in seconds: time skipping on the ordinary dev server, behind one door, for its API may change."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.client import Client
from temporalio.testing import TimeSkipper

from tests.support.house import House, Told


class Clock:
    """Each workflow has its own clock, which stands in ordinary time until it is moved."""

    def __init__(self, skipper: TimeSkipper) -> None:
        self._skipper = skipper

    async def forward(self, incident: Told, duration: timedelta) -> None:
        """Let so much time pass for one incident."""
        await self._skipper.fast_forward(incident.handle, duration)


@asynccontextmanager
async def skipping(house: House) -> AsyncIterator[tuple[House, Clock]]:
    """A house, with workers, whose workflows' clocks can be moved."""
    skipper = TimeSkipper(house.client)
    client: Client = skipper.client
    moved = House(house.engine, house.pool, client, house.settings)
    with skipper.with_time_skipping_disabled():
        async with moved.working():
            yield moved, Clock(skipper)
