"""From a template and values to a response."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from domain.roles import Permission, may
from web import filters, flash
from web.assets import STATIC, asset
from web.views.clock import local, soon
from web.views.reach import minutes

REFRESH_HEADER = "X-Live"
"""Sent by the page's own script when it fetches itself again."""


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(STATIC.parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"asset": asset, "may": may, "Permission": Permission}
    environment.filters |= filters.ALL | {"local": local, "soon": soon, "minutes": minutes}
    return environment


_TEMPLATES = _environment()


def is_refresh(request: Request) -> bool:
    """Whether the page's own script asks, and not a person."""
    return REFRESH_HEADER in request.headers


def render(
    request: Request,
    template: str,
    /,
    status: int = 200,
    *,
    live: str | None = None,
    refresh: str | None = None,
    **values: Any,
) -> HTMLResponse:
    """A page.

    Args:
        request: who asks, and whether a flash message waits for them.
        template: its file.
        status: of the response.
        live: the stream that tells when the page is out of date; None for a page that stands still.
        refresh: the address that shows the page anew, if it is not the one that was asked for.
        values: what the template shows.
    """
    browser = getattr(request.state, "browser", None)
    message = None if is_refresh(request) else flash.read(request)
    health = request.app.state.container.watch.health
    shared = {
        "path": request.url.path,
        "me": browser.principal if browser else None,
        "csrf": browser.csrf if browser else "",
        "warning": health.warning,
        "flash": message,
        "live": live,
        "refresh": refresh or request.url.path + (f"?{request.url.query}" if request.url.query else ""),
    }
    response = HTMLResponse(_TEMPLATES.get_template(template).render(shared | values), status)
    response.headers["Cache-Control"] = "no-store"
    if message is not None:
        flash.clear(response)
    return response
