"""The application: REST and pages in one process."""

import contextlib
import gc
from collections.abc import AsyncIterator

from fastapi import FastAPI

import web
from api import docs, mail, problems
from api.asgi import BodyLimit, RateLimit, TrailingSlash, Unzipped
from api.authentication import Authentication
from api.container import open_container
from api.observing import Meters, Observed
from api.routes import (
    alerts,
    auth,
    catalogue,
    catalogue_files,
    commands,
    foresight,
    health,
    heartbeats,
    incidents,
    kpis,
    maintenance,
    oncall,
    opsgenie,
    pagerduty,
    plan,
    reporting,
    responding,
    rules,
    schedule_calendars,
    schedule_catalogue,
    schedule_feeds,
    schedule_handoffs,
    schedule_load,
    schedule_overrides,
    schedule_swaps,
    schedules,
    silences,
    sources,
)
from config.logging import access_logger
from config.settings import Settings
from web.security import SecurityHeaders

TITLE = "Tocsin"
PREFIX = "/api/v1"


def create_app(settings: Settings) -> FastAPI:
    """The ASGI application of `tocsin api`.

    Args:
        settings: of this process.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_container(settings) as container, mail.listening(container):
            app.state.container = container
            gc.collect()
            gc.freeze()  # what was made at the start stays: looking through it again and again takes 50 ms at a time
            yield

    app = FastAPI(
        title=TITLE,
        description="Incidents and on-call. Errors are problem details (RFC 9457); lists are paged by cursor.",
        version="1",
        lifespan=lifespan,
        redirect_slashes=False,
        openapi_url=docs.OPENAPI,
        docs_url=None,
        redoc_url=None,
        # Off until somebody exports traces: to look for a provider takes a share of every request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    problems.install(app)
    intake = (reporting, alerts, sources, rules, silences, maintenance, heartbeats)
    ahead = (foresight, catalogue_files)
    duty = (oncall, schedules, schedule_overrides, schedule_feeds, schedule_handoffs, schedule_swaps)
    calendars = (schedule_calendars, schedule_load)
    # The catalogue's calls take whatever is left below /schedules/: a name may hold slashes.
    schedule = (*duty, *calendars, schedule_catalogue)
    for routes in (*intake, *schedule, *ahead, incidents, commands, responding, plan, catalogue, auth, kpis):
        app.include_router(routes.router, prefix=PREFIX)
    for routes in (pagerduty, opsgenie):  # at the root, as their clients have it, and under the prefix
        app.include_router(routes.router)
        app.include_router(routes.router, prefix=PREFIX, include_in_schema=False)
    app.include_router(health.router)
    docs.mount(app)
    web.mount(app)
    # The last one added is the first that a request meets.
    app.add_middleware(Unzipped, max_bytes=settings.max_body_bytes)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    app.add_middleware(RateLimit)
    app.add_middleware(Authentication)
    app.add_middleware(TrailingSlash)
    app.add_middleware(SecurityHeaders, https=settings.base_url.startswith("https:"))
    app.state.meters = Meters()
    app.add_middleware(Observed, meters=app.state.meters, logger=access_logger(settings))
    return app
