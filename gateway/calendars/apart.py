"""Reads a calendar in a process of its own, which is ended when it takes too long or too much.

Calendars come from outside, and a few lines can keep the libraries busy for ever: rules that never come true, zones
that change every second. The process also knows none of Tocsin's secrets, and leaves the event loop alone meanwhile.
"""

import asyncio
import contextlib
import resource
import sys
from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel

from gateway.calendars.errors import UnreadableCalendar
from gateway.calendars.reading import Reading, read_calendar

CPU_SECONDS = 10
MEMORY_BYTES = 1024**3
WALL_SECONDS = 45.0
"""The machine may be busy: processor time is what counts, this is for a process that does not even run."""


class _Order(BaseModel):
    start: datetime
    end: datetime
    zone: str
    people: dict[str, str]
    cpu_seconds: int


class _Answer(BaseModel):
    reading: Reading | None = None
    refused: str = ""


async def read_apart(ics: bytes, start: datetime, end: datetime, zone: str, people: Mapping[str, str]) -> Reading:
    """The same as `read_calendar`, out of harm's way; it takes half a second to begin.

    Raises:
        UnreadableCalendar: it is no calendar, or has too much in it.
    """
    order = _Order(start=start, end=end, zone=zone, people=dict(people), cpu_seconds=CPU_SECONDS)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",  # neither the working directory nor the environment says what is imported
        "-m",
        __name__,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
    )
    try:
        async with asyncio.timeout(WALL_SECONDS):
            answer, _ = await process.communicate(order.model_dump_json().encode() + b"\n" + ics)
    except TimeoutError as error:
        raise UnreadableCalendar("the calendar takes too long to work out") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if process.returncode != 0:
        raise UnreadableCalendar("the calendar takes too long or too much memory to work out")
    said = _Answer.model_validate_json(answer)
    if said.reading is None:
        raise UnreadableCalendar(said.refused)
    return said.reading


def _main() -> None:
    """The process: an order on one line of standard input, the calendar after it."""
    order = _Order.model_validate_json(sys.stdin.buffer.readline())
    resource.setrlimit(resource.RLIMIT_CPU, (order.cpu_seconds, order.cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    ics = sys.stdin.buffer.read()
    try:
        answer = _Answer(reading=read_calendar(ics, order.start, order.end, order.zone, order.people))
    except UnreadableCalendar as error:
        answer = _Answer(refused=str(error))
    sys.stdout.write(answer.model_dump_json())


if __name__ == "__main__":
    _main()
