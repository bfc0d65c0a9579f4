"""Waiting for what will be: poll with a deadline, never a sleep that hopes."""

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any

PAUSE_SECONDS = 0.02


async def eventually(predicate: Callable[[], object], seconds: float = 15, what: str = "") -> None:
    """Ask until the answer is true; the predicate may be a coroutine function.

    Raises:
        AssertionError: it was not in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        answer = predicate()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or predicate}"
        await asyncio.sleep(PAUSE_SECONDS)


def wait_for(read: Callable[[], Any], timeout: float = 10) -> Any:
    """The same for tests that are not asynchronous; the answer.

    Raises:
        AssertionError: it was not in time.
    """
    deadline = time.monotonic() + timeout
    while True:
        answer = read()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {timeout} s; last: {answer!r}"
        time.sleep(PAUSE_SECONDS)
