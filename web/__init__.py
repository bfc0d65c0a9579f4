"""The pages: server-rendered, live over server-sent events, nothing from outside."""

from fastapi import FastAPI

from web.assets import static_app
from web.errors import install
from web.routes import router


def mount(app: FastAPI) -> None:
    """Put the pages and their static files into the app; call it after `api.problems.install`."""
    app.mount("/static", static_app(), name="static")
    app.include_router(router)
    install(app)


__all__ = ["mount", "router"]
