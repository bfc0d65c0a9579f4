"""One team: its people, its schedule, its policy, its services, and who is on call for it."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from domain.roles import Permission, may
from web.addressed import entry_of
from web.errors import PageRoute
from web.rendering import render
from web.sign_in import Browser, Parts
from web.views.naming import naming
from web.views.on_call import lines

router = APIRouter(route_class=PageRoute)


@router.get("/teams/{name:path}")
async def team_page(request: Request, parts: Parts, browser: Browser, name: str) -> Response:
    """Everything about one team."""
    async with parts.sessions() as session:
        catalogue = await parts.catalogue.read(session)
    team = entry_of(catalogue.team_named, name, "team")
    only = catalogue.having("teams", [team])
    line = next(line for line in lines(only, datetime.now(UTC)) if line.team is team)
    return render(
        request,
        "team.html",
        team=team,
        line=line,
        services=[service for service in catalogue.services if service.team == team.name],
        members=[catalogue.user_named[email] for email in team.members],
        name=naming(catalogue),
        zone=line.zone,
        may_manage=may(browser.principal.role, Permission.MANAGE),
    )
