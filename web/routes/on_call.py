"""Who is on call now, for every team."""

import asyncio
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from domain.roles import Permission, may
from web.errors import PageRoute
from web.rendering import render
from web.sign_in import Browser, Parts
from web.views.clock import chosen_zone, clocks
from web.views.naming import naming
from web.views.on_call import lines

router = APIRouter(route_class=PageRoute)


@router.get("/oncall")
async def on_call_page(request: Request, parts: Parts, browser: Browser) -> Response:
    """One line for each team: who answers, until when, who comes next, and what is wrong."""
    async with parts.sessions() as session:
        catalogue = await parts.catalogue.read(session)
    now = datetime.now(UTC)
    choices = clocks(request.query_params, ("team", ""), catalogue.time_zone_of(browser.principal.email))
    return render(
        request,
        "on_call.html",
        lines=await asyncio.to_thread(lines, catalogue, now),
        clocks=choices,
        zone=chosen_zone(choices),
        name=naming(catalogue),
        may_manage=may(browser.principal.role, Permission.MANAGE),
    )
