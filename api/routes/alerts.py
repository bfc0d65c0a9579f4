"""`/alerts/{source}/`: the doors for monitoring tools, each in its own format; and what came through them."""

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.container import Container
from api.forgiving import forgiving_json
from api.formats import ALIASES, FORMATS, KINDS, Unreadable
from api.problems import Problem
from api.references import source_row
from api.requests import (
    Caller,
    Cursor,
    DirectRoute,
    JsonRoute,
    Limit,
    Parts,
    caller_of,
    decode_cursor,
    encode_cursor,
    page,
    parts_of,
    takes,
)
from api.responses import json_response
from api.signatures import Refused, check_signature
from db.received import received_alerts
from domain.intake.signal import Signal
from domain.intake.source import Source
from domain.intake.verdict import Fate
from domain.roles import Permission
from gateway.intake.admission import Taken

router = APIRouter(prefix="/alerts", tags=["alerts"], route_class=JsonRoute)
doors = APIRouter(route_class=DirectRoute)

LARGE = 65_536
"""Bytes of a body that takes so long to read that others would have to wait for it."""
_ROUTING_KEY = re.compile(r'("routing_key"\s*:\s*")[^"]*')

Result = TypeVar("Result")


@doors.post("/{format}/", openapi_extra=takes(None, path="format"))
async def receive(request: Request) -> Response:
    """Alerts in a sender's own format; what became of each is answered, in their order."""
    parts, format = parts_of(request), request.path_params["format"]
    sender = sender_of(request, format)
    raw = await request.body()
    try:
        signals = await _read(format, sender, raw, request, parts)
    except Refused as refused:
        await parts.intake.refuse(sender, _text(raw, request), refused.reason)
        raise Problem(refused.status, refused.reason) from refused
    except Unreadable as error:
        await parts.intake.refuse(sender, _text(raw, request), str(error))
        raise Problem.of_field(error.field, error.message) from error
    taken = await parts.intake.take(signals, sender)
    return json_response({"results": [taken_out(one) for one in taken]})


@router.get("/")
async def latest(
    parts: Parts,
    caller: Caller,
    source: Annotated[str | None, Query(max_length=255, description="Name or id of a source")] = None,
    fate: Annotated[list[Fate] | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """What arrived, what became of it and why; the latest first."""
    source_id = (await source_row(parts, source)).id if source is not None else None
    return await received(parts, source_id, fate or (), limit, cursor)


async def received(
    parts: Container, source_id: UUID | None, fates: Sequence[Fate], limit: int, cursor: str | None
) -> dict[str, Any]:
    """One page of what arrived."""
    position = decode_cursor(cursor, UUID)
    async with parts.sessions() as session:
        rows = await received_alerts(
            session, limit, before=position[0] if position else None, source_id=source_id, fates=fates
        )
    items = [
        {name: value for name, value in row.items() if name != "number"}
        | {"incident": f"INC-{row['number']}" if row["number"] else None}
        for row in rows
    ]
    return page(items, limit, lambda: encode_cursor(rows[-1]["id"]))


def sender_of(request: Request, format: str) -> Source:
    """Who sends: the source whose key it is, or whoever's API token, who then has no settings.

    Raises:
        Problem: there is no such format; the caller may not report; the source signs in another format.
    """
    kind = ALIASES.get(format, format)
    if kind not in KINDS:
        raise Problem(404, f"There is no format '{format}'; there are: {', '.join(sorted(KINDS))}")
    source: Source | None = getattr(request.state, "source", None)
    if source is None:
        caller_of(request, Permission.RESPOND)
        return Source(name=kind, kind=kind)
    if source.kind != kind and source.secret is not None:
        raise Problem(
            422, f"The source '{source.name}' signs what it sends: its address is /api/v1/alerts/{source.kind}/"
        )
    return source.model_copy(update={"kind": kind})


def taken_out(taken: Taken) -> dict[str, Any]:
    """What became of one alert, as the doors answer it."""
    return {
        "status": taken.fate.value,
        "reason": taken.reason,
        "alert_id": taken.alert_id,
        "incident": f"INC-{taken.number}" if taken.number else None,
        "incident_id": taken.incident_id,
    }


async def _read(format: str, sender: Source, raw: bytes, request: Request, parts: Container) -> list[Signal]:
    """The signals of a body whose signature is right.

    Raises:
        Refused: it is not signed as it must be, or no JSON.
        Unreadable: nothing of it can be read.
    """
    body = await _parsed(raw, request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    await check_signature(sender, raw, body, headers, parts)
    return await _work(raw, lambda: FORMATS[format](body, headers))


async def _parsed(raw: bytes, request: Request) -> Any:
    """JSON whatever the content type says (SNS says text/plain, `curl -d` a form), or a form, as UptimeRobot sends."""
    if not raw and request.query_params:
        return {name: value for name, value in request.query_params.items() if name != "token"}
    try:
        return await _work(raw, lambda: forgiving_json(raw))
    except ValueError as error:
        kind = request.headers.get("content-type", "")
        if kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
            form = await request.form()
            return {name: value for name, value in form.items() if isinstance(value, str)}
        raise Refused(400, f"The body is not valid JSON: {error}") from error


async def _work(raw: bytes, work: Callable[[], Result]) -> Result:
    """What comes of a body; of a large one not on the event loop, which goes on taking alerts."""
    return await asyncio.to_thread(work) if len(raw) > LARGE else work()


def _text(raw: bytes, request: Request) -> str:
    """The beginning of a body that was refused, to look at, without the sender's secrets."""
    text = raw.decode(errors="replace").replace("\x00", "").replace(request.state.credential, "…")
    return _ROUTING_KEY.sub(r"\1…", text)[:10_000]


router.include_router(doors)
