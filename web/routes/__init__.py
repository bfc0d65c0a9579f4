"""The pages' addresses."""

from fastapi import APIRouter

from web.routes import (
    actions,
    auth,
    contacts,
    declaring,
    documents,
    duty,
    feeds,
    inbox,
    incidents,
    intake,
    live,
    maintenance,
    newcomers,
    on_call,
    people,
    policies,
    quiet,
    readiness,
    responding,
    rooms,
    schedule,
    schedules,
    services,
    sorting,
    sources,
    teams,
    written,
)

router = APIRouter(include_in_schema=False)
# `/incidents/new` before `/incidents/{reference}`, `…/merge` before `…/{kind}`: the first that matches answers.
incident_pages = (declaring, incidents, sorting, responding, actions, documents, rooms)
# `…/new` and `…/edit` before `…/{name:path}`, and those of one kind before those of any.
people_pages = (newcomers, contacts, people)
on_call_pages = (on_call, readiness, feeds, duty, schedules, schedule, *people_pages, written, policies, teams)
for part in (auth, live, *incident_pages, inbox, services, intake, sources, quiet, maintenance, *on_call_pages):
    router.include_router(part.router)
