"""The services and who answers for them."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from domain.on_call_now import on_call_now
from web.errors import PageRoute
from web.queries import services
from web.rendering import render
from web.sign_in import Browser, Parts

router = APIRouter(route_class=PageRoute)


@router.get("/services")
async def services_page(request: Request, parts: Parts, browser: Browser) -> Response:
    """What can break, whose it is, and who is on call."""
    async with parts.sessions() as session:
        found, catalogue = await services(session), await parts.catalogue.read(session)
    now = datetime.now(UTC)
    on_call = {team.name: on_call_now(catalogue, team, now).users for team in catalogue.teams}
    return render(request, "services.html", services=found, on_call=on_call)
