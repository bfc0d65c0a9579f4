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
# `/schedules/new` and `…/edit` before `/schedules/{name:path}`.
on_call_pages = (on_call, readiness, feeds, duty, schedules, schedule, written, policies, teams, contacts, people)
for part in (auth, live, *incident_pages, inbox, services, intake, sources, quiet, maintenance, *on_call_pages):
    router.include_router(part.router)
