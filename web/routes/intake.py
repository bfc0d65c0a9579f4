"""What arrives: the sources, and the latest alerts with what became of each."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from api.routes.sources import list_sources
from domain.roles import Permission, may
from web.errors import PageRoute
from web.rendering import render
from web.sign_in import Browser, Parts
from web.views.intake import alerts_values, wanted

router = APIRouter(route_class=PageRoute)

SOURCES = 500


@router.get("/intake")
async def intake(request: Request, parts: Parts, browser: Browser) -> Response:
    """Who sends, and what became of what was sent. It stands still: a storm is no time for counting again and again."""
    chosen = wanted(request.query_params, "/intake")
    values = await alerts_values(parts, chosen)
    return render(
        request,
        "intake.html",
        422 if chosen.errors else 200,
        sources=(await list_sources(parts, SOURCES, None))["items"],
        may_manage=may(browser.principal.role, Permission.MANAGE),
        now=datetime.now(UTC),
        **values,
    )
