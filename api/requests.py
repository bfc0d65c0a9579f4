"""How requests are read: strict JSON whatever the content type says, the caller, one page of a list."""

import base64
import binascii
import json
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic_core import from_json

from api.container import Container
from api.problems import Problem
from db.access import Principal
from domain.roles import Permission, may


class JsonRequest(Request):
    """A body is JSON, as RFC 8259 has it: no NaN, no endless nesting; `curl -d` needs no header."""

    async def json(self) -> Any:
        """The body's value.

        Raises:
            json.JSONDecodeError: it is not JSON, which FastAPI turns into a validation error.
        """
        if not hasattr(self, "_json"):
            try:
                self._json = from_json(await self.body(), allow_inf_nan=False)
            except ValueError as error:
                raise json.JSONDecodeError(str(error), "", 0) from error
        return self._json


class JsonRoute(APIRoute):
    """A route whose bodies are JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Hand the strict request on."""
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            headers = [(name, value) for name, value in request.scope["headers"] if name != b"content-type"]
            scope = {**request.scope, "headers": [*headers, (b"content-type", b"application/json")]}
            return await handler(JsonRequest(scope, request.receive))

        return strict


class DirectRoute(APIRoute):
    """A route whose endpoint takes the request as it is and gives a response.

    The doors for alerts have it: FastAPI's injection costs as much CPU there as all the rest of the API's work on an
    alert. What it would have written into the OpenAPI document is said with `takes`.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint itself."""
        handler: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return handler


def takes(body: type[BaseModel] | None, *, path: str | None = None, header: str | None = None) -> dict[str, Any]:
    """What a direct route reads, for the OpenAPI document.

    Args:
        body: the model of its body; None when the sender's own format decides.
        path: the name of the parameter in its path.
        header: the name of a header that may come with it.
    """
    schema = {} if body is None else {"$ref": f"#/components/schemas/{body.__name__}"}
    if body is not None:
        DOCUMENTED.append(body)
    named = [("path", path), ("header", header)]
    parameters = [
        {"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}}
        for place, name in named
        if name is not None
    ]
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}, "parameters": parameters}


DOCUMENTED: list[type[BaseModel]] = []
"""Models that only direct routes read; `api.docs` writes them into the OpenAPI document."""


def json_of(raw: bytes) -> Any:
    """A body's value, strictly as RFC 8259 has it.

    Raises:
        Problem: 400, it is not JSON; 422, there is none.
    """
    if not raw:
        raise Problem.of_field("body", "is missing")
    try:
        return from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        raise Problem(
            400, f"The body is not valid JSON: {error}", [{"field": "body", "message": "must be JSON"}]
        ) from error


def parts_of(request: Request) -> Container:
    """The parts of this process, for direct routes."""
    parts: Container = request.app.state.container
    return parts


def caller_of(request: Request, permission: Permission) -> Principal:
    """Who is calling, for direct routes.

    Raises:
        Problem: it is a source's key, or somebody who may not.
    """
    caller: Principal | None = getattr(request.state, "principal", None)
    if caller is None:
        raise Problem(403, "A source's key can send alerts and nothing else: use an API token")
    require(caller, permission)
    return caller


def require(caller: Principal, permission: Permission) -> None:
    """Return when the caller has a permission.

    Raises:
        Problem: they have not.
    """
    if not may(caller.role, permission):
        raise Problem(403, f"Your role '{caller.role}' may not do this: it takes the permission '{permission.value}'")


async def container(request: Request) -> Container:
    """The parts of this process."""
    return parts_of(request)


async def principal(request: Request) -> Principal:
    """Who is calling."""
    return caller_of(request, Permission.READ)


Parts = Annotated[Container, Depends(container)]
Caller = Annotated[Principal, Depends(principal)]


def needs(permission: Permission) -> Any:
    """A dependency that refuses callers without a permission."""

    async def check(caller: Caller) -> None:
        require(caller, permission)

    return Depends(check)


Limit = Annotated[int, Query(ge=1, le=500, description="How many at most")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next_cursor` of the page before")]


def encode_cursor(*position: object) -> str:
    """Where a page ended, as an opaque word."""
    return base64.urlsafe_b64encode(json.dumps([str(part) for part in position]).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, *readers: Callable[[str], Any]) -> tuple[Any, ...] | None:
    """Where the page before ended; None for the first page.

    Raises:
        Problem: it is no cursor of this list.
    """
    if cursor is None:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        texts = isinstance(parts, list) and all(isinstance(part, str) for part in parts)
        if not texts or len(parts) != len(readers):
            raise ValueError("of another list")
        return tuple(read(part) for read, part in zip(readers, parts, strict=True))
    except (ValueError, TypeError, binascii.Error) as error:
        raise Problem.of_field("cursor", "must be the next_cursor of a page of this list") from error


def stored_text(text: str) -> str:
    """A text that Postgres can hold.

    Raises:
        ValueError: NUL, or half of a surrogate pair.
    """
    if "\x00" in text:
        raise ValueError("holds NUL")
    text.encode()
    return text


def at_and_id(cursor: str | None) -> tuple[datetime, UUID] | None:
    """A cursor of a list in the order of time."""
    position = decode_cursor(cursor, datetime.fromisoformat, UUID)
    return (position[0], position[1]) if position else None


def page(items: list[Any], limit: int, cursor_of_last: Callable[[], str]) -> dict[str, Any]:
    """One page; it has a cursor when it is full, for there may be more."""
    return {"items": items, "next_cursor": cursor_of_last() if len(items) == limit else None}
