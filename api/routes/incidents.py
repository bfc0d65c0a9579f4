"""`/incidents/`: list and read."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from api.problems import Problem
from api.references import IncidentRow
from api.requests import Cursor, JsonRoute, Limit, Parts, at_and_id, decode_cursor, encode_cursor, page
from api.schemas import Instant, incident_out, planned_out
from db import incidents as reading
from db.incidents import Filters
from db.starting import starting_point
from domain.incident import Status
from domain.severity import Severity
from gateway.plans import plan_ahead
from gateway.starting import default_policy_name

router = APIRouter(prefix="/incidents", tags=["incidents"], route_class=JsonRoute)


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
        point = await starting_point(session, parts.catalogue, row["id"], default_policy_name(parts.settings))
    assert point is not None
    return {"items": [planned_out(step) for step in plan_ahead(point, parts.settings)]}


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
