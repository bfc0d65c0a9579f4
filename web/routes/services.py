"""The services and who answers for them."""

from fastapi import APIRouter, Request, Response

from web.errors import PageRoute
from web.queries import services
from web.rendering import render
from web.sign_in import Browser, Parts

router = APIRouter(route_class=PageRoute)


@router.get("/services")
async def services_page(request: Request, parts: Parts, browser: Browser) -> Response:
    """What can break, whose it is, and who is on call."""
    async with parts.sessions() as session:
        return render(request, "services.html", services=await services(session))
