"""What every request passes, as plain ASGI: trailing slashes, size of the body, compression, rate."""

import asyncio
import gzip
import io
import math
import time
import zlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.authentication import API, header
from api.problems import Problem, answer


class TrailingSlash:
    """Paths of the API end in `/` and work without it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(API) and not scope["path"].endswith("/"):
            scope = {**scope, "path": scope["path"] + "/"}
        await self._app(scope, receive, send)


WHOLE_CATALOGUES = frozenset({f"{API}catalogue/diff/", f"{API}catalogue/apply/", f"{API}lint/"})
"""Whoever sends here sends all of the catalogue at once, and may be a hundred times as long as an alert."""
MOST_OF_A_CATALOGUE = 64 * 1024 * 1024


ALERTS = (f"{API}alerts/", f"{API}incidents/", f"{API}v2/", "/v2/")
"""Where bodies come from senders that may compress them."""
ABOUT_THE_BODY = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
GZIP = frozenset({"gzip", "x-gzip"})
OTHER_CODINGS = frozenset({"br", "compress", "deflate", "zstd"})
"""Anything else is no compression: some senders put a character set there."""


class BodyLimit:
    """Refuse a body that is too large, before it is read where its length is told."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = header(scope, b"content-length")
        most = MOST_OF_A_CATALOGUE if scope["path"] in WHOLE_CATALOGUES else self._max
        if length.isdecimal() and int(length) > most:
            await _too_large(most)(scope, receive, send)
        elif length.isdecimal():  # then the server reads no more than that
            await self._app(scope, receive, send)
        else:
            await self._count(most, scope, receive, send)

    async def _count(self, most: int, scope: Scope, receive: Receive, send: Send) -> None:
        """Of a body whose length is not told, no more than the limit is read."""
        received = 0
        answered = False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
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
                await _too_large(most)(scope, receive, send)


def _too_large(most: int) -> Response:
    return answer(Problem.of_field("body", f"must be at most {most} bytes", 413), {"Connection": "close"})


class _TooLarge(BaseException):
    """Past every handler, up to the step that counts."""


class Unzipped:
    """What a sender of alerts, or a proxy on the way, has compressed; unpacked it may be as large as other bodies."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_alert = scope["type"] == "http" and scope["path"].startswith(ALERTS)
        coding = header(scope, b"content-encoding").strip().lower() if is_alert else ""
        if coding in GZIP:
            await self._unzip(scope, receive, send)
        elif coding in OTHER_CODINGS:
            problem = Problem(415, f"Content-Encoding {coding}: send the body as it is, or with gzip")
            await answer(problem, {"Accept-Encoding": "gzip"})(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _unzip(self, scope: Scope, receive: Receive, send: Send) -> None:
        packed = gzip.GzipFile(fileobj=io.BytesIO(await Request(scope, receive).body()))
        try:
            unread = [await asyncio.to_thread(packed.read, self._max + 1)]
        except (gzip.BadGzipFile, EOFError, zlib.error):
            problem = Problem(400, "The body is not valid gzip", [{"field": "body", "message": "must be valid gzip"}])
            await answer(problem)(scope, receive, send)
            return
        if len(unread[0]) > self._max:
            await _too_large(self._max)(scope, receive, send)
            return

        async def unzipped() -> Message:
            """The body, and then what comes after every body."""
            return {"type": "http.request", "body": unread.pop(), "more_body": False} if unread else await receive()

        headers = [(name, value) for name, value in scope["headers"] if name not in ABOUT_THE_BODY]
        await self._app({**scope, "headers": headers}, unzipped, send)


class RateLimit:
    """Refuse what one source or token sends beyond its rate, so that it starves nobody else.

    Reading is limited with everything else: a limit that could be walked around would be none.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope.get("state", {})
        credential = state.get("credential")
        if credential is not None:
            parts = scope["app"].state.container
            wait = parts.limits.wait(credential, state.get("source"), time.monotonic())
            if wait > 0:
                await too_many(wait)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def too_many(wait_seconds: float) -> Response:
    """The answer to whoever sends too much."""
    problem = Problem(429, f"Too many requests: send again after {wait_seconds:.1f} s, and then more slowly")
    return answer(problem, {"Retry-After": str(math.ceil(wait_seconds))})
