"""`teams/`, `users/`, `services/`, `scopes/`, `policies/`, `routes/`: who works here and what for."""

from fastapi import APIRouter

from api.catalogue.endpoints import routes_of
from api.catalogue.kinds import POLICIES, ROUTES, SCOPES, SERVICES, TEAMS
from api.catalogue.people import PEOPLE
from api.routes import access, people, policies

router = APIRouter()

# What is below an entry comes before the entry: a name may hold slashes.
for part in (people.router, access.router, policies.router):
    router.include_router(part)
router.include_router(routes_of(PEOPLE))
router.include_router(routes_of(TEAMS))
router.include_router(routes_of(SERVICES))
router.include_router(routes_of(SCOPES))
router.include_router(routes_of(POLICIES, but_change=True))
router.include_router(routes_of(ROUTES))
