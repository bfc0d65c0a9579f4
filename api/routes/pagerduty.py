"""PagerDuty's Events API v2, in PagerDuty's own shapes: any of its clients whose URL can be set works unchanged.

A source's key is the routing key. It comes in the body, so these addresses need no token.
"""

import json
import math
import time
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response

from api.container import Container
from api.forgiving import forgiving_json
from api.formats import pagerduty
from api.problems import DATABASE_AWAY, UNSTORABLE, database_problem
from api.requests import DirectRoute, parts_of
from api.responses import json_response
from domain.intake.signal import Action, Signal
from domain.intake.source import Correlation, Source

MAX_BYTES = 512 * 1024
_INVALID = ("invalid event", "Event object is invalid")
_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "`{status, message, errors}`: what is wrong with the event"},
    413: {"description": "The event is larger than 512 KB"},
    429: {"description": "Too many events: send it again after `Retry-After` seconds"},
    503: {"description": "The database cannot be reached: send it again"},
}


class _Answer(Exception):
    """An answer that is an error, as PagerDuty gives it."""

    def __init__(self, code: int, status: str, message: str, *errors: str, headers: dict[str, str] | None = None):
        super().__init__(message)
        self.response = json_response({"status": status, "message": message, "errors": errors}, code)
        self.response.headers.update(headers or {})


class PagerDutyRoute(DirectRoute):
    """A route whose errors have PagerDuty's shape, whoever found them."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Answer what fails: PagerDuty's clients send again after 429 and 5xx, and after nothing else."""
        handler = super().get_route_handler()

        async def shaped(request: Request) -> Response:
            try:
                return await handler(request)
            except _Answer as answer:
                return answer.response
            except UNSTORABLE:
                return _Answer(400, *_INVALID, "The event holds something that cannot be stored").response
            except DATABASE_AWAY as error:
                detail = database_problem(error).detail
                return _Answer(503, "service unavailable", detail, "The event was not accepted").response

        return shaped


router = APIRouter(tags=["pagerduty"], route_class=PagerDutyRoute)


def _body(schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}}}
    return {"requestBody": {"description": schema, "required": True, "content": content}}


_EVENT = _body("`routing_key`, `event_action`, `dedup_key`, `payload`, `links`, `images`, `client`, `client_url`")
_CHANGE = _body("`routing_key`, `payload`, `links`")


@router.post("/v2/enqueue/", include_in_schema=False)
@router.post("/v2/enqueue", status_code=202, responses=_ERRORS, openapi_extra=_EVENT)
async def enqueue(request: Request) -> Response:
    """Trigger, acknowledge or resolve; answered when it is committed."""
    parts = parts_of(request)
    sender, event = await _received(request, parts, pagerduty.errors_of)
    if not str(event.get("dedup_key") or "").strip():
        event = event | {"dedup_key": uuid4().hex}
    await parts.intake.take([pagerduty.enqueue(event)], sender)
    return json_response({"status": "success", "message": "Event processed", "dedup_key": event["dedup_key"]}, 202)


@router.post("/v2/change/enqueue/", include_in_schema=False)
@router.post("/v2/change/enqueue", status_code=202, responses=_ERRORS, openapi_extra=_CHANGE)
async def enqueue_change(request: Request) -> Response:
    """Something was changed: kept and shown, and it notifies nobody."""
    parts = parts_of(request)
    sender, event = await _received(request, parts, pagerduty.errors_of_change)
    # By its own fingerprint, whatever the source correlates by: a change joins no incident.
    settings = sender.settings.model_copy(update={"correlation": Correlation()})
    await parts.intake.take([_change(event)], sender.model_copy(update={"settings": settings}))
    return json_response({"status": "success", "message": "Change event processed"}, 202)


def _change(event: dict[str, Any]) -> Signal:
    change = pagerduty.change(event)
    return Signal(
        action=Action.NOTE,
        title=change.summary,
        fingerprint=f"change:{uuid4().hex}",
        labels={"source": change.source} if change.source else {},
        links=change.links,
        detected_at=change.timestamp,
        raw=change.raw,
    )


async def _received(
    request: Request, parts: Container, errors_of: Callable[[Any], list[str]]
) -> tuple[Source, dict[str, Any]]:
    """The sender and the event, once nothing is wrong with either.

    Raises:
        _Answer: something is.
    """
    event = await _parsed(request)
    key = event.get("routing_key") if isinstance(event, dict) else None
    sender = await _sender(key, parts) if isinstance(key, str) and key else None
    errors = errors_of(event)
    if sender is None:
        raise _Answer(400, *_INVALID, *(errors or ["Invalid routing key"]))
    if errors:
        await parts.intake.refuse(sender, _shown(event), "; ".join(errors))
        raise _Answer(400, *_INVALID, *errors)
    return sender, event


async def _parsed(request: Request) -> Any:
    """The body; newer clients send the key as a header."""
    raw = await request.body()
    if len(raw) > MAX_BYTES:
        raise _Answer(413, *_INVALID, f"Event size exceeds the limit of {MAX_BYTES} bytes")
    try:
        event = forgiving_json(raw)
    except ValueError as error:
        message = "Event object format is unrecognized"
        raise _Answer(400, "Unrecognized object", message, "JSON parse error") from error
    key = request.headers.get("x-routing-key")
    if key and isinstance(event, dict) and not event.get("routing_key"):
        return event | {"routing_key": key.strip()}
    return event


async def _sender(key: str, parts: Container) -> Source | None:
    """Whose key it is; None when it is no source's.

    Raises:
        _Answer: the source sends more than it may, or only in another format, which it signs.
    """
    source = await parts.credentials.source(parts.sessions, key)
    if source is None:
        return None
    wait = parts.limits.wait(key, source, time.monotonic())
    if wait > 0:
        message = "Requests for this service are arriving too quickly. Please retry later."
        headers = {"Retry-After": str(math.ceil(wait))}
        raise _Answer(429, "throttle exceeded", message, "Too many events", headers=headers)
    if source.secret is not None:
        raise _Answer(400, *_INVALID, f"Invalid routing key: the source '{source.name}' signs what it sends")
    return source.model_copy(update={"kind": "pagerduty"})


def _shown(event: Any) -> str:
    """The beginning of an event that was refused, without the key."""
    if isinstance(event, dict):
        event = {name: value for name, value in event.items() if name != "routing_key"}
    return json.dumps(event)[:10_000]
