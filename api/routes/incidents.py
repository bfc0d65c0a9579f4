"""`/incidents/`: report, list, read."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import ValidationError

from api.problems import Problem, of_validation
from api.references import IncidentRow
from api.requests import Caller, Cursor, JsonRoute, Limit, Parts, at_and_id, decode_cursor, encode_cursor, needs, page
from api.responses import json_response
from api.schemas import AlertIn, BatchIn, Instant, incident_out
from api.scopes import require_scopes
from db import incidents as reading
from db.idempotency import KeyReused
from db.incidents import Filters
from db.starting import starting_point
from domain.incident import Status
from domain.roles import Permission
from domain.severity import Severity
from gateway.plans import plan_ahead
from gateway.starting import default_policy_name

router = APIRouter(prefix="/incidents", tags=["incidents"], route_class=JsonRoute)

IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)]


@router.post("/", status_code=201, dependencies=[needs(Permission.RESPOND)], responses={200: {}})
async def report(body: AlertIn, request: Request, parts: Parts, caller: Caller, key: IdempotencyKey = None) -> Response:
    """Report an alert: 201 and a new incident, or 200 and the open one that it joined."""
    await require_scopes(parts, body.impacted_scopes)
    raw = (await request.body()).decode()
    if key is None:
        reported = await parts.intake.report(body.to_alert(), raw)
        return _reported(reported.incident, reported.created, parts)
    try:
        replay = await parts.intake.report_once(body.to_alert(), raw, caller.id, key)
    except KeyReused as error:
        message = "was used before with another body; use a new key for a new alert"
        raise Problem.of_field("Idempotency-Key", message) from error
    async with parts.sessions() as session:
        row = await reading.find(session, replay.incident_id)
    assert row is not None
    return _reported(row, replay.status == 201, parts)


@router.post("/batch/", dependencies=[needs(Permission.RESPOND)])
async def report_batch(body: BatchIn, parts: Parts) -> Response:
    """Report up to 1,000 alerts; one that is wrong spoils only itself."""
    results: list[dict[str, Any]] = [{} for _ in body.alerts]
    good: list[tuple[int, AlertIn, str]] = []
    for number, item in enumerate(body.alerts):
        try:
            alert = AlertIn.model_validate(item)
            await require_scopes(parts, alert.impacted_scopes)
            good.append((number, alert, _raw(item)))
        except ValidationError as error:
            results[number] = _refused(of_validation(error.errors()))
        except Problem as problem:
            results[number] = _refused(problem)
    if good:
        reported = [(alert.to_alert(), raw) for _, alert, raw in good]
        for (number, *_), one in zip(good, await parts.intake.report_all(reported), strict=True):
            incident = _incident(one.incident, one.created, parts)
            results[number] = {"status": 201 if one.created else 200, "incident": incident}
    return json_response({"results": results})


@router.get("/")
async def list_incidents(
    parts: Parts,
    status: Annotated[list[Status] | None, Query()] = None,
    severity: Annotated[list[Severity] | None, Query()] = None,
    service: Annotated[str | None, Query(max_length=255)] = None,
    team: Annotated[str | None, Query(max_length=255)] = None,
    label: Annotated[list[str] | None, Query(description="`name` or `name=value`")] = None,
    q: Annotated[str | None, Query(max_length=500)] = None,
    since: Annotated[Instant | None, Query()] = None,
    until: Annotated[Instant | None, Query()] = None,
    drill: bool | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Incidents, newest first."""
    filters = Filters(
        status=tuple(status or ()),
        severity=tuple(severity or ()),
        service=_printable("service", service),
        team=_printable("team", team),
        label=tuple(_printable("label", one) or "" for one in label or ()),
        q=_printable("q", q),
        since=since,
        until=until,
        drill=drill,
    )
    position = decode_cursor(cursor, _number)
    async with parts.sessions() as session:
        rows = await reading.search(session, filters, limit, position[0] if position else None)
    items = [incident_out(row, parts.settings) for row in rows]
    return page(items, limit, lambda: encode_cursor(rows[-1]["number"]))


@router.get("/{id}/")
async def read(row: IncidentRow, parts: Parts) -> dict[str, Any]:
    """One incident."""
    return incident_out(row, parts.settings)


@router.get("/{id}/events/")
async def events(row: IncidentRow, parts: Parts, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """The timeline, oldest first."""
    position = decode_cursor(cursor, UUID)
    async with parts.sessions() as session:
        found = await reading.events(session, row["id"], limit, position[0] if position else None)
    names = ("id", "type", "message", "actor", "created_at", "data")
    items = [{name: getattr(event, name) for name in names} for event in found]
    return page(items, limit, lambda: encode_cursor(found[-1].id))


@router.get("/{id}/alerts/")
async def alerts(row: IncidentRow, parts: Parts, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Every alert received, with its raw body, oldest first."""
    after = at_and_id(cursor)
    async with parts.sessions() as session:
        found = await reading.alerts(session, row["id"], limit, after)
    names = (
        "id",
        "received_at",
        "title",
        "severity",
        "service_name",
        "source",
        "fingerprint",
        "labels",
        "deduplicated",
        "fate",
        "reason",
        "raw",
    )
    items = [{name: getattr(alert, name) for name in names} for alert in found]
    return page(items, limit, lambda: encode_cursor(found[-1].received_at, found[-1].id))


@router.get("/{id}/notifications/")
async def notifications(row: IncidentRow, parts: Parts, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """The ledger: every page, oldest first."""
    after = at_and_id(cursor)
    async with parts.sessions() as session:
        found = await reading.notifications(session, row["id"], limit, after)
    names = (
        "id",
        "step",
        "recipient",
        "channel",
        "provider",
        "reason",
        "status",
        "attempts",
        "error",
        "created_at",
        "sent_at",
        "provider_message_id",
    )
    items = [{name: getattr(entry, name) for name in names} for entry in found]
    return page(items, limit, lambda: encode_cursor(found[-1].created_at, found[-1].id))


@router.get("/{id}/plan/")
async def coming_steps(row: IncidentRow, parts: Parts) -> dict[str, Any]:
    """What is still to come if nobody acknowledges."""
    async with parts.sessions() as session:
        point = await starting_point(session, row["id"], default_policy_name(parts.settings))
    assert point is not None
    return {"items": [step.model_dump(exclude={"skipped"}) for step in plan_ahead(point, parts.settings)]}


def _reported(row: Any, created: bool, parts: Parts) -> Response:
    return json_response(_incident(row, created, parts), 201 if created else 200)


def _incident(row: Any, created: bool, parts: Parts) -> dict[str, Any]:
    incident = incident_out(row, parts.settings)
    return incident if created else incident | {"deduplicated": True}


def _raw(item: Any) -> str:
    """One item of a batch as JSON.

    Raises:
        Problem: it holds a number that is too large for JSON to say.
    """
    try:
        return json.dumps(item, allow_nan=False)
    except ValueError as error:
        raise Problem.of_field("body", "holds a number that is out of range") from error


def _refused(problem: Problem) -> dict[str, Any]:
    return {"status": problem.status, "problem": problem.body()}


def _number(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**63:
        raise ValueError("out of range")
    return number


def _printable(field: str, text: str | None) -> str | None:
    """Postgres knows no NUL."""
    if text is not None and "\x00" in text:
        raise Problem.of_field(field, "must not hold the NUL character")
    return text
