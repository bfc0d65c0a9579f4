"""Errors as RFC 9457 problem details: what to change, and which fields."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from gateway.commands import Forbidden, UnknownIncident
from gateway.intake.pipeline import IntakeUnavailable

logger = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"


DATABASE_AWAY = (*IntakeUnavailable, OperationalError, InterfaceError, PoolTimeout)
"""The database cannot be reached."""
UNSTORABLE = (psycopg.DataError, DataError)
"""The database will not keep what a request holds."""

_BRANCH = re.compile(r"(bool|[A-Z]\w+|function-.*|constrained-.*|\[key\])$")
"""What pydantic names in a location that is no field: a branch of a union, a wrapper."""


class Problem(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, detail: str, errors: Sequence[dict[str, str]] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = list(errors)

    @classmethod
    def of_field(cls, field: str, message: str, status: int = 422) -> "Problem":
        """A problem with one field."""
        return cls(status, f"{field}: {message}", [{"field": field, "message": message}])

    def body(self) -> dict[str, Any]:
        """The problem details."""
        title = HTTPStatus(self.status).phrase
        return {
            "type": "about:blank",
            "title": title,
            "status": self.status,
            "detail": self.detail,
            "errors": self.errors,
        }


def of_validation(errors: Sequence[Any]) -> Problem:
    """What pydantic found, in terms of the request: 400 when it is no JSON at all, else 422 naming the fields."""
    if any(error["type"] == "json_invalid" for error in errors):
        reason = errors[0].get("ctx", {}).get("error", "not JSON")
        return Problem(400, f"The body is not valid JSON: {reason}", [{"field": "body", "message": "must be JSON"}])
    named = [{"field": _field(error["loc"]), "message": _message(error)} for error in errors]
    return Problem(422, "; ".join(f"{one['field']}: {one['message']}" for one in named[:10]), named)


def _field(location: Sequence[Any]) -> str:
    """`links.0.href` for a field of the body, `limit` for one of the query; branches of unions are left out."""
    parts = [str(part) for part in location]
    if len(parts) > 1 and parts[0] in {"body", "query", "path", "header"}:
        parts = parts[1:]
    return ".".join(part for part in parts if part.isprintable() and not _BRANCH.match(part)) or "body"


def _message(error: Any) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def answer(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    """The response of a problem."""
    if problem.status == 401:
        headers = {"WWW-Authenticate": 'Bearer realm="tocsin"'} | (headers or {})
    return JSONResponse(problem.body(), problem.status, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Turn every exception of a request into a problem; what is nobody's fault but ours is logged."""

    def handle(kind: Any, translate: Any) -> None:
        async def handler(_: Request, error: Exception) -> JSONResponse:
            return answer(translate(error))

        app.add_exception_handler(kind, handler)

    handle(Problem, lambda error: error)
    handle(RequestValidationError, lambda error: of_validation(error.errors()))
    handle(ValidationError, lambda error: of_validation(error.errors()))
    app.add_exception_handler(HTTPException, _http_problem)
    handle(Forbidden, lambda error: Problem(409, str(error)))
    handle(UnknownIncident, lambda error: Problem(404, f"There is no incident {error}"))
    for kind in DATABASE_AWAY:
        handle(kind, database_problem)
    for unstorable in UNSTORABLE:
        handle(unstorable, lambda _: Problem(422, "The request holds something that cannot be stored"))
    handle(Exception, lambda _: Problem(500, "Tocsin made a mistake; it is in the log"))


async def _http_problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return answer(Problem(error.status_code, str(error.detail)), dict(error.headers or {}))


def database_problem(error: Exception) -> Problem:
    """What is answered while the database is away."""
    logger.error("api: the database does not answer", error=str(error).splitlines()[0])
    return Problem(503, "The database cannot be reached: nothing was accepted, try again")
