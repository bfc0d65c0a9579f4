"""The pages' addresses."""

from fastapi import APIRouter

from web.routes import (
    actions,
    auth,
    declaring,
    documents,
    inbox,
    incidents,
    intake,
    live,
    maintenance,
    quiet,
    rooms,
    services,
    sorting,
    sources,
)

router = APIRouter(include_in_schema=False)
# `/incidents/new` before `/incidents/{reference}`, `…/merge` before `…/{kind}`: the first that matches answers.
incident_pages = (declaring, incidents, sorting, actions, documents, rooms)
for part in (auth, live, *incident_pages, inbox, services, intake, sources, quiet, maintenance):
    router.include_router(part.router)
