"""`/heartbeats/{key}/`: a ping. The key is the token, so that a URL alone will do, in a crontab or a watchdog."""

import time
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from api.asgi import too_many
from api.problems import Problem
from api.requests import Parts
from api.responses import json_response
from domain.intake.heartbeat import Standing

router = APIRouter(prefix="/heartbeats", tags=["heartbeats"])

Key = Annotated[str, Path(max_length=200, description="The source's key")]
VERBS = ("GET", "POST", "HEAD")


def ping_route(path: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a handler under every verb that a sender may have at hand."""

    def register(handler: Callable[..., Any]) -> Callable[..., Any]:
        for verb in VERBS:
            operation = f"{handler.__name__}_{verb.lower()}"
            router.add_api_route(path, handler, methods=[verb], operation_id=operation, responses={404: {}, 429: {}})
        return handler

    return register


@ping_route("/{key}/")
async def ping(parts: Parts, key: Key) -> Response:
    """The sender lives. Whatever the request brings beside the key is not read."""
    source = await parts.credentials.source(parts.sessions, key)
    if source is not None and (wait := parts.limits.wait(key, source, time.monotonic())) > 0:
        return too_many(wait)
    taken = await parts.pings.take(key) if source is not None else None
    if taken is None:
        raise Problem(404, "No source has this key: POST /sources/ answers with one")
    switch = taken.switch
    if switch is None:
        message = f"the source '{taken.source}' has no heartbeat: set the seconds between two pings"
        raise Problem.of_field("heartbeat_seconds", message)
    body = {
        "source": switch.source,
        "last_ping_at": switch.last_ping_at,
        "due_at": switch.due_at,
        "status": Standing.OK,
    }
    response = json_response(body)
    response.headers["Cache-Control"] = "no-store"
    return response
