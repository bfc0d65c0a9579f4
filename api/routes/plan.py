"""`POST /plan/`: who would be told what, when, by which channel."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter

from api.requests import JsonRoute, Parts
from api.schemas import DEFAULT_TIME_SCALE, DrillIn, PlanIn, planned_out
from api.scopes import require_scopes
from domain.catalogue import UNKNOWN_SERVICE
from domain.condition import Facts
from gateway.plans import plan_for

router = APIRouter(prefix="/plan", tags=["plan"], route_class=JsonRoute)


@router.post("/")
async def preview(body: PlanIn, parts: Parts) -> dict[str, Any]:
    """The whole plan, every round up to the limit, of an incident that does not exist."""
    await require_scopes(parts, body.impacted_scopes)
    service = await parts.intake.service_named(body.service_name) or await parts.intake.service_named(UNKNOWN_SERVICE)
    assert service is not None
    scale = body.drill.time_scale if isinstance(body.drill, DrillIn) else DEFAULT_TIME_SCALE if body.drill else 1.0
    scopes = tuple(body.impacted_scopes)
    facts = Facts(severity=body.severity, scopes=scopes, labels=body.labels, service=service.name)
    at = body.at or datetime.now(UTC)
    async with parts.sessions() as session:
        steps = await plan_for(session, parts.catalogue, parts.settings, service.id, facts, at, scale)
    return {"service": service.name, "items": [planned_out(step) for step in steps]}
