"""What every request passes, as plain ASGI: trailing slashes, size of the body, who is calling."""

import time
from collections import OrderedDict

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem, answer
from db.access import Principal, by_token
from db.engine import Sessions

API = "/api/v1/"
OPEN_PATHS = frozenset({"/api/v1/auth/token/"})
"""Paths of the API that need no token."""

TOKEN_SECONDS = 5
"""So long a token is believed without asking again; a revoked one ends after that at the latest."""
TOKENS_KEPT = 10_000


class TrailingSlash:
    """Paths of the API end in `/` and work without it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(API) and not scope["path"].endswith("/"):
            scope = {**scope, "path": scope["path"] + "/"}
        await self._app(scope, receive, send)


class BodyLimit:
    """Refuse a body that is too large, before it is read where its length is told."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        if length.isdecimal() and int(length) > self._max:
            await self._refuse(scope, receive, send)
            return
        received = 0
        answered = False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max:
                raise _TooLarge
            return message

        async def watched(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self._app(scope, counted, watched)
        except _TooLarge:
            if not answered:
                await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = f"must be at most {self._max} bytes"
        response: Response = answer(Problem.of_field("body", message, 413), {"Connection": "close"})
        await response(scope, receive, send)


class _TooLarge(BaseException):
    """Past every handler, up to the step that counts."""


class Authentication:
    """Find out whose token it is, before anything of the request is read. The pages have sessions of their own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._known: OrderedDict[str, tuple[Principal, float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(API) and scope["path"] not in OPEN_PATHS:
            try:
                principal = await self._principal(scope)
            except Problem as problem:
                await answer(problem)(scope, receive, send)
                return
            scope.setdefault("state", {})["principal"] = principal
        await self._app(scope, receive, send)

    async def _principal(self, scope: Scope) -> Principal:
        kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        if kind.lower() not in {"token", "bearer"} or not token.strip():
            raise Problem(401, "Send an API token as 'Authorization: Bearer …' or 'Authorization: Token …'")
        token = token.strip()
        known = self._known.get(token)
        if known is not None and known[1] > time.monotonic():
            return known[0]
        sessions: Sessions = scope["app"].state.container.sessions
        async with sessions() as session:
            principal = await by_token(session, token)
        if principal is None:
            self._known.pop(token, None)
            raise Problem(401, "The API token is not known, has expired or was revoked")
        self._known[token] = (principal, time.monotonic() + TOKEN_SECONDS)
        if len(self._known) > TOKENS_KEPT:
            self._known.popitem(last=False)
        return principal
