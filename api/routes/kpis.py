"""`GET /metrics/`: MTTD, MTTA, MTTR and counts of a period, with the change against the period before."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import RowMapping

from api.problems import Problem
from api.requests import JsonRoute, Parts
from api.schemas import Instant, Text
from db.kpis import incidents_between
from domain import kpi
from domain.incident import Status
from domain.severity import Severity

router = APIRouter(prefix="/metrics", tags=["metrics"], route_class=JsonRoute)

DEFAULT_PERIOD = timedelta(days=30)
Name = Annotated[Text | None, Query(max_length=255)]


@router.get("/")
async def overview(
    parts: Parts,
    start_date: Annotated[Instant | None, Query()] = None,
    end_date: Annotated[Instant | None, Query()] = None,
    service: Name = None,
    team: Name = None,
) -> dict[str, Any]:
    """The figures of a period, by default the last 30 days."""
    end = end_date or datetime.now(UTC)
    start = start_date or end - DEFAULT_PERIOD
    if start >= end:
        raise Problem.of_field("start_date", "must come before end_date")
    async with parts.sessions() as session:
        rows = await incidents_between(session, start, end, service, team)
        before = await incidents_between(session, start - (end - start), start, service, team)
    return {"start_date": start, "end_date": end, **_figures(rows)} | {
        "previous": _figures(before),
        "change_percent": {"incidents": _change(len(before), len(rows))},
    }


def _figures(rows: Sequence[RowMapping]) -> dict[str, Any]:
    status, severity = Counter(row["status"] for row in rows), Counter(row["severity"] for row in rows)
    return {
        "incidents": len(rows),
        "by_status": {one.value: status[one] for one in Status},
        "by_severity": {one.value: severity[one] for one in Severity},
        "mttd": _spread([kpi.mttd_seconds(row["detected_at"], row["created_at"]) for row in rows]),
        "mtta": _spread([kpi.mtta_seconds(row["created_at"], row["acknowledged_at"]) for row in rows]),
        "mttr": _spread([kpi.mttr_seconds(row["created_at"], row["resolved_at"]) for row in rows]),
    }


def _spread(values: list[float | None]) -> dict[str, Any]:
    known = [value for value in values if value is not None]
    return {
        "count": len(known),
        "mean_seconds": kpi.mean(known),
        "p50_seconds": kpi.percentile(known, 0.5),
        "p90_seconds": kpi.percentile(known, 0.9),
    }


def _change(before: int, now: int) -> float | None:
    return round((now - before) / before * 100, 1) if before else None
