"""Gathers what arrives within about a millisecond, and handles it together.

One batch is in flight at a time: while it runs the next one gathers by itself, so that the batches grow with the
load, and a duplicate costs a share of a row's update instead of a whole one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import psycopg
import structlog

logger = structlog.get_logger(__name__)

GATHER_SECONDS = 0.001
MOST = 256
"""Entries of one batch; what is more waits for the next."""

Entry = TypeVar("Entry")
Result = TypeVar("Result")


class Batcher(Generic[Entry, Result]):
    """Runs entries together with whatever else arrives at the same time."""

    def __init__(self, run: Callable[[Sequence[Entry]], Awaitable[list[Result]]]) -> None:
        """Args: run: handles entries together, all or none, and gives one result for each."""
        self._run = run
        self._waiting: list[tuple[Sequence[Entry], asyncio.Future[list[Result]]]] = []
        self._task: asyncio.Task[None] | None = None

    async def put(self, entries: Sequence[Entry]) -> list[Result]:
        """The result of each entry, in their order.

        Raises:
            psycopg.Error: the database refused these entries, or cannot be reached: none of them was accepted.
        """
        if len(entries) >= MOST:  # a batch by itself: others need not wait for it
            return await self._run(entries)
        future: asyncio.Future[list[Result]] = asyncio.get_running_loop().create_future()
        self._waiting.append((entries, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        """Until nothing waits."""
        while self._waiting:
            await asyncio.sleep(GATHER_SECONDS)
            await self._settle(self._next())

    def _next(self) -> list[tuple[Sequence[Entry], asyncio.Future[list[Result]]]]:
        count = taken = 0
        for entries, _ in self._waiting:
            if taken and count + len(entries) > MOST:
                break
            count, taken = count + len(entries), taken + 1
        batch = self._waiting[:taken]
        del self._waiting[:taken]
        return batch

    async def _settle(self, batch: list[tuple[Sequence[Entry], asyncio.Future[list[Result]]]]) -> None:
        try:
            results = iter(await self._run([entry for entries, _ in batch for entry in entries]))
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            # One of them cannot be stored: the others must not suffer for it.
            if len(batch) > 1:
                for one in batch:
                    await self._settle([one])
            else:
                _fail(batch, error)
        except Exception as error:  # noqa: BLE001 - whoever waits is told, and reports it
            _fail(batch, error)
        else:
            for entries, future in batch:
                own = [next(results) for _ in entries]
                if not future.done():  # whoever waited may have gone
                    future.set_result(own)


def _fail(batch: Sequence[tuple[Sequence[Entry], asyncio.Future[list[Result]]]], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
