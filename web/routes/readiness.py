"""Readiness: what `tocsin lint` finds of the weeks to come, for people."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from domain.foresight.finding import Finding
from gateway.foresight.coverage import findings, unread_calendars
from web.errors import PageRoute
from web.rendering import render
from web.sign_in import Browser, Parts
from web.views.naming import address_of

router = APIRouter(route_class=PageRoute)

DAYS = (7, 30, 90)
MINUTES = 15
PAGES = {"teams": "teams", "policies": "policies", "schedules": "schedules", "users": "people"}
"""Kinds of the catalogue that have pages, and the first word of their addresses."""


@router.get("/readiness")
async def readiness_page(request: Request, parts: Parts, browser: Browser) -> Response:
    """Whether everybody is covered, and by whom not."""
    days = next((days for days in DAYS if request.query_params.get("days") == str(days)), DAYS[1])
    async with parts.sessions() as session:
        catalogue, unread = await parts.catalogue.read(session), await unread_calendars(session)
    found = await findings(catalogue, datetime.now(UTC), days, MINUTES, parts.settings, unread)
    return render(
        request,
        "readiness.html",
        faults=[_shown(one) for one in found if one.severity == "fault"],
        remarks=[_shown(one) for one in found if one.severity != "fault"],
        day_choices=DAYS,
        days=days,
        minutes_within=MINUTES,
        services=sum(service.is_active for service in catalogue.services),
    )


def _shown(finding: Finding) -> dict[str, Any]:
    page = PAGES.get(finding.kind)
    text = finding.message
    return {
        "text": text if text.endswith(".") else f"{text}.",
        "where": finding.where,
        "href": address_of(page, finding.name) if page and finding.name else None,
        "name": finding.name,
        "kind": finding.kind,
        "services": finding.services,
    }
