"""Waiting for what will be: poll with a deadline, never a sleep that hopes.

Deadlines are for machines that others use too: who waits for what comes loses nothing by a late one.
"""

import asyncio
import inspect
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from temporalio.worker._workflow import _WorkflowWorker

from config.settings import Settings

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


def patient(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings by which the product waits for as long, and so do its calls of Temporal, until the test is over.

    A machine that stands still for seconds is no outage: else a first message leaves without its links, a command waits
    in the outbox, and the test sees both.
    """
    for room in ("workflows", "heartbeats"):
        monkeypatch.setattr(f"gateway.{room}.RPC_TIMEOUT", timedelta(seconds=WAIT_SECONDS))
    return settings.model_copy(update={"link_grace_seconds": WAIT_SECONDS, "command_wait_seconds": WAIT_SECONDS})


def be_patient_with_workflows() -> None:
    """Let a workflow stand still as long as its machine does, in this process.

    The SDK takes 2 s for a deadlock and interrupts the thread wherever it is. When that is in the callback of a weak
    reference, the exception is nobody's, and pytest makes it the failure of some test.
    """
    init = _WorkflowWorker.__init__

    def patiently(self: _WorkflowWorker, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        self._deadlock_timeout_seconds = WAIT_SECONDS  # type: ignore[assignment]

    _WorkflowWorker.__init__ = patiently  # type: ignore[method-assign]
