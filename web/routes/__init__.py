"""The pages' addresses."""

from fastapi import APIRouter

from web.routes import actions, auth, declaring, documents, inbox, incidents, live, rooms, services

router = APIRouter(include_in_schema=False)
# `/incidents/new` before `/incidents/{reference}`: the first that matches answers.
for part in (auth, live, declaring, incidents, actions, documents, rooms, inbox, services):
    router.include_router(part.router)
