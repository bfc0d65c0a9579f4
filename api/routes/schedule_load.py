"""`/schedules/{id}/load/`: what being on call has cost people, as JSON or as a table for whoever compensates it."""

import asyncio
import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from api.instants import require_span
from api.requests import JsonRoute, Parts
from api.routes.schedules import From, Reference, To
from api.schedule_bodies import known_schedule, require_work
from db.schedules.finding import Known
from db.schedules.pages import pages_of
from domain.load import Carried, Page, carried
from domain.schedule.schedule import MOST_LEVELS
from domain.schedule.shifts import shifts

router = APIRouter(prefix="/schedules/{id:path}/load", tags=["schedules"], route_class=JsonRoute)

COLUMNS = ("user", "hours", "night_hours", "weekend_hours", "holiday_hours", "shifts", "pages", "night_pages")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is run by spreadsheets."""


@router.get("/", response_model=None)
async def load_of_schedule(
    id: Reference,
    parts: Parts,
    from_: From,
    to: To,
    level: Annotated[int | None, Query(ge=1, le=MOST_LEVELS, description="Of this level alone")] = None,
    format: Annotated[Literal["json", "csv"], Query()] = "json",
) -> dict[str, Any] | Response:
    """Hours, nights, weekends, holidays, shifts and pages of each person, and whose are far from the mean."""
    require_span(from_, to)
    known = await known_schedule(parts, id, from_, to)
    require_work(known.value, to - from_, to)
    people = known.value.people
    async with parts.sessions() as session:
        pages = await pages_of(session, people, from_, to)
    found = await asyncio.to_thread(_carried, known, pages, from_, to, level)
    if format == "csv":
        headers = {"Content-Disposition": 'attachment; filename="on-call-load.csv"'}
        return Response(_table(found), media_type="text/csv; charset=utf-8", headers=headers)
    return {"from": from_, "to": to, "items": [one.model_dump(mode="json") for one in found]}


def _carried(known: Known, pages: list[Page], start: datetime, end: datetime, level: int | None) -> list[Carried]:
    found = (shift for shift in shifts(known.value, start, end) if level is None or shift.level == level)
    zones = {user.email: user.time_zone for user in known.catalogue.users}
    return carried(known.value, found, pages, zones)


def _table(found: Iterable[Carried]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in found:
        writer.writerow([_cell(getattr(one, column)) for column in COLUMNS])
    return text.getvalue()


def _cell(value: str | float) -> str | float:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return round(value, 2)
