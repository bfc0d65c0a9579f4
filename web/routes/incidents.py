"""The list, and the page of one incident."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import RowMapping

from api.references import parse_reference
from db.incidents import find, search
from gateway.foresight.reasons import why_of
from web.errors import PageError, PageRoute
from web.queries import counts_by_status, service_names
from web.rendering import render
from web.sign_in import Browser, Parts
from web.views.incident import address, incident_values
from web.views.incidents import PAGE, list_values, wanted

router = APIRouter(route_class=PageRoute)


async def incident_of(reference: str, parts: Parts, browser: Browser) -> RowMapping:
    """The incident of an address, for who is signed in.

    Raises:
        PageError: there is none.
    """
    named = parse_reference(reference)
    if named is not None:
        async with parts.sessions() as session:
            row = await find(session, named)
        if row is not None:
            return row
    raise PageError(404, "There is no such incident. Its address ends in its number, such as INC-42.")


IncidentRow = Annotated[RowMapping, Depends(incident_of)]


@router.get("/incidents")
async def incidents(request: Request, parts: Parts, browser: Browser) -> Response:
    """Which incidents there are."""
    chosen = wanted(request.query_params)
    async with parts.sessions() as session:
        rows = await search(session, chosen.filters, PAGE + 1, chosen.before)
        counts = await counts_by_status(session)
        services = await service_names(session)
    status = 422 if chosen.errors else 200
    return render(request, "incidents.html", status, live="/live", **list_values(chosen, rows, counts, services))


@router.get("/incidents/{reference}")
async def incident(request: Request, reference: str, parts: Parts, browser: Browser, row: IncidentRow) -> Response:
    """Everything about one incident."""
    if request.url.path != address(row):  # by its UUID, or in other letters
        return RedirectResponse(address(row), 303)
    values = await incident_values(parts, browser.principal, row)
    return render(request, "incident.html", live=f"/live?incident={row['id']}", **values)


@router.get("/incidents/{reference}/why")
async def why_page(request: Request, parts: Parts, browser: Browser, row: IncidentRow) -> Response:
    """The history in sentences: who was paged, when, by which rule, on whose schedule; who was not, and why."""
    async with parts.sessions() as session:
        sentences = await why_of(session, parts.catalogue, row["id"], parts.settings)
        zone = (await parts.catalogue.read(session)).time_zone_of(browser.principal.email)
    mine = [one for one in sentences if browser.principal.email in one.text]
    return render(request, "why.html", row=row, here=address(row), sentences=sentences, mine=mine, zone=zone)
