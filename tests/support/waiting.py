"""Waiting for what will be: poll with a deadline, never a sleep that hopes.

Deadlines are for machines that others use too: who waits for what comes loses nothing by a late one.
"""

import asyncio
import inspect
import time
from collections.abc import Callable, Iterator
from typing import Any

WAIT_SECONDS = 120.0
_FIRST_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.2


def pauses() -> Iterator[float]:
    """Seconds between one look and the next: what comes soon is seen soon, what takes long is not asked all the time.

    Two processors are shared by whoever asks and whoever is to get it done.
    """
    pause = _FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(pause * 1.3, _LONGEST_PAUSE_SECONDS)


async def eventually(predicate: Callable[[], object], seconds: float = WAIT_SECONDS, what: str = "") -> None:
    """Ask until the answer is true; the predicate may be a coroutine function.

    Raises:
        AssertionError: it was not in time.
    """
    deadline = time.monotonic() + seconds
    for pause in pauses():
        answer = predicate()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or predicate}"
        await asyncio.sleep(pause)


def wait_for(read: Callable[[], Any], timeout: float = WAIT_SECONDS) -> Any:
    """The same for tests that are not asynchronous; the answer.

    Raises:
        AssertionError: it was not in time.
    """
    deadline = time.monotonic() + timeout
    for pause in pauses():
        answer = read()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {timeout} s; last: {answer!r}"
        time.sleep(pause)
