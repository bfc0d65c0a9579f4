"""The stream that tells a page when it is out of date."""

import asyncio
import time
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.container import Container
from web.errors import PageError, PageRoute
from web.sign_in import Browser, Parts, browser_of

router = APIRouter(route_class=PageRoute)

GATHER_SECONDS = 0.3
"""A page is told of many changes at once, and at most this often."""
LOOK_SECONDS = 1.0
"""How often the health of Tocsin is looked at."""
LIST_SECONDS = 10.0
"""A list looks again although nothing was told: an incident that waits for Temporal is told of by nobody."""
SESSION_SECONDS = 60.0
HEARTBEAT_SECONDS = 15
INCIDENT_LONGEST = 40


@router.get("/live")
async def live(request: Request, parts: Parts, browser: Browser) -> Response:
    """Server-sent events: `changed`, `health` with the banner's text, `signed-out`."""
    incident = request.query_params.get("incident")
    if incident is not None and len(incident) > INCIDENT_LONGEST:
        raise PageError(400, "There is no such incident.")
    return EventSourceResponse(stream(request, parts, incident), ping=HEARTBEAT_SECONDS)


async def stream(request: Request, parts: Container, incident: str | None) -> AsyncIterator[ServerSentEvent]:
    """What the page is told, until the client goes or its session ends.

    Args:
        request: whose session is looked at again every minute.
        parts: of this process.
        incident: only changes of this one; None for every one.
    """
    warning = parts.watch.health.warning
    yield ServerSentEvent(event="health", data=warning or "")
    checked = told = time.monotonic()
    async with parts.live.subscribe() as queue:
        while True:
            changed = await _next_change(queue, incident)
            now = time.monotonic()
            if parts.watch.health.warning != warning:
                warning = parts.watch.health.warning
                yield ServerSentEvent(event="health", data=warning or "")
            if changed or (incident is None and now - told > LIST_SECONDS):
                told = now
                yield ServerSentEvent(event="changed", data="")
                await asyncio.sleep(GATHER_SECONDS)
            if now - checked > SESSION_SECONDS:
                checked = now
                if await browser_of(request, parts) is None:
                    yield ServerSentEvent(event="signed-out", data="")
                    return


async def _next_change(queue: "asyncio.Queue[str]", incident: str | None) -> bool:
    """Wait a moment for a change that concerns the page; what else has come is taken as well."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            seen = await queue.get()
    except TimeoutError:
        return False
    lost_some = queue.full()
    ids = [seen]
    while not queue.empty():
        ids.append(queue.get_nowait())
    return lost_some or incident is None or any(one in ("", incident) for one in ids)
