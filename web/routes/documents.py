"""The incident document and its versions."""

from fastapi import APIRouter, Request, Response

from web.errors import PageError, PageRoute
from web.rendering import render
from web.routes.incidents import IncidentRow
from web.sign_in import Browser, Parts
from web.views.documents import rendered
from web.views.incident import address

router = APIRouter(route_class=PageRoute)


@router.get("/incidents/{reference}/document")
async def document(request: Request, parts: Parts, browser: Browser, row: IncidentRow) -> Response:
    """The newest version, which keeps itself up to date, or one that was asked for."""
    asked = request.query_params.get("version")
    versions = await parts.documents.all(row["id"])
    if asked is not None:
        shown = next((version for version in versions if str(version.version) == asked), None)
        if shown is None:
            raise PageError(404, "The document has no such version.")
    else:
        shown = versions[0] if versions else None
    return render(
        request,
        "document.html",
        live=f"/live?incident={row['id']}" if asked is None else None,
        row=row,
        here=address(row),
        versions=versions,
        shown=shown,
        body=rendered(shown.body) if shown else "",
        is_newest=bool(shown and shown is versions[0]),
    )
