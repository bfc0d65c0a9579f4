"""`/api/docs/` and `/api/redoc/`, with their scripts from this machine: nothing comes from a CDN."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from pydantic.json_schema import models_json_schema

from api.requests import DOCUMENTED

OPENAPI = "/api/openapi.json"
_FILES = "/api/docs/files"

# Both pages start themselves with an inline script, and style themselves.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; worker-src blob:; frame-ancestors 'none'"
)


def mount(app: FastAPI) -> None:
    """Add both pages and the document that they show. The scripts are those that `fastapi-offline` carries."""
    describe(app)
    app.mount(_FILES, StaticFiles(packages=[("fastapi_offline", "static")]), name="api-docs-files")

    @app.get("/api/docs/", include_in_schema=False)
    @app.get("/api/docs", include_in_schema=False)
    async def swagger() -> HTMLResponse:
        return _own_policy(
            get_swagger_ui_html(
                openapi_url=OPENAPI,
                title=f"{app.title}: API",
                swagger_js_url=f"{_FILES}/swagger-ui-bundle.js",
                swagger_css_url=f"{_FILES}/swagger-ui.css",
                swagger_favicon_url=f"{_FILES}/favicon.png",
            )
        )

    @app.get("/api/redoc/", include_in_schema=False)
    @app.get("/api/redoc", include_in_schema=False)
    async def redoc() -> HTMLResponse:
        return _own_policy(
            get_redoc_html(
                openapi_url=OPENAPI,
                title=f"{app.title}: API",
                redoc_js_url=f"{_FILES}/redoc.standalone.js",
                redoc_favicon_url=f"{_FILES}/favicon.png",
                with_google_fonts=False,
            )
        )


def describe(app: FastAPI) -> None:
    """Add to the OpenAPI document the models that direct routes read."""
    without: Callable[[], dict[str, Any]] = app.openapi

    def openapi() -> dict[str, Any]:
        document = without()
        _, models = models_json_schema(
            [(model, "validation") for model in DOCUMENTED], ref_template="#/components/schemas/{model}"
        )
        document.setdefault("components", {}).setdefault("schemas", {}).update(models["$defs"])
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _own_policy(page: HTMLResponse) -> HTMLResponse:
    page.headers["Content-Security-Policy"] = _POLICY
    return page
