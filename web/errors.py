"""Errors as pages: the status, one sentence, and a way on; never a traceback."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

import psycopg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import PlainTextResponse, RedirectResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from api.problems import Problem
from gateway.commands import Forbidden
from web.rendering import is_refresh, render

logger = structlog.get_logger(__name__)

TITLES = {
    400: "That address is not right",
    403: "You may not do this",
    404: "Not found",
    409: "Not possible now",
    415: "Not a form",
    422: "Something needs a change",
    429: "Too many attempts",
    500: "Tocsin made a mistake",
    503: "The database cannot be reached",
}


class PageError(Exception):
    """An answer that is an error; the text says what to do."""

    def __init__(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = headers or {}


class SignInNeeded(Exception):
    """Nobody is signed in."""


class PageRoute(APIRoute):
    """A route whose answer is a page, whatever happens."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Turn what goes wrong into a page."""
        handler = super().get_route_handler()

        async def paged(request: Request) -> Response:
            try:
                return await handler(request)
            except SignInNeeded:
                return _to_sign_in(request)
            except PageError as error:
                return error_page(request, error.status, error.text, error.headers)
            except (DBAPIError, PoolTimeout, psycopg.Error) as error:
                logger.error("web: the database does not answer", error=str(error).splitlines()[0])
                return error_page(request, 503, "Nothing was accepted. Try again in a moment.")
            except Problem as problem:
                return error_page(request, problem.status, problem.detail)
            except Forbidden as reason:
                return error_page(request, 409, str(reason))
            except HTTPException:
                raise
            except Exception:
                logger.exception("web: failed", path=request.url.path)
                return error_page(request, 500, "It is in the log. What you wanted may not have been done.")

        return paged


def error_page(request: Request, status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    """The page of an error."""
    response = render(request, "error.html", status=status, title=TITLES[status], text=text)
    response.headers.update(headers or {})
    return response


def install(app: FastAPI) -> None:
    """Addresses that do not exist get a page too, unless they are the API's."""
    others: Any = app.exception_handlers.get(HTTPException, http_exception_handler)

    async def not_found(request: Request, error: Exception) -> Response:
        wants_page = "text/html" in request.headers.get("accept", "")
        if not wants_page or request.url.path.startswith(("/api/", "/static/")):
            response: Response = await others(request, error)
            return response
        if len(request.url.path) > 1 and request.url.path.endswith("/") and request.method == "GET":
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"/{request.url.path.strip('/')}{query}", 308)
        return error_page(request, 404, "There is no page at this address.")

    app.add_exception_handler(404, not_found)


def _to_sign_in(request: Request) -> Response:
    """To the sign-in and back; a page that refreshes itself is told, and reloads."""
    if is_refresh(request) or request.url.path == "/live":
        return PlainTextResponse("signed out", 401)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = f"/login?next={quote(here, safe='')}" if request.method == "GET" else "/login"
    return RedirectResponse(target, 303)
