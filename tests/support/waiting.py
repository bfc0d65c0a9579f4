"""Waiting for what will be: poll with a deadline, never a sleep that hopes."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE_SECONDS = 0.02


async def eventually(predicate: Callable[[], T | Awaitable[T]], timeout: float = 15, what: str = "") -> T:
    """Ask until the answer is true, and return it.

    Raises:
        AssertionError: it was not within `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while True:
        answer = predicate()
        value: T = await answer if inspect.isawaitable(answer) else answer
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {timeout} s: {what or predicate} (last: {value!r})"
        await asyncio.sleep(PAUSE_SECONDS)
