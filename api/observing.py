"""Each request, measured and logged: one line, and the figures that Prometheus reads."""

import time
from uuid import uuid4

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.authentication import API

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
NO_ROUTE = "none"
"""What did not match a route: a name for all of it, for anybody could make up as many paths as they like."""


class Meters:
    """The figures of this process about its requests."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "http_requests", "Requests answered", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "http_request_duration_seconds", "Time to answer", ["route"], buckets=SECONDS, registry=self.registry
        )


class Observed:
    """The outermost ASGI step. Names routes and never paths, which may hold a key."""

    def __init__(self, app: ASGIApp, meters: Meters, logger: structlog.typing.FilteringBoundLogger) -> None:
        self._app = app
        self._meters = meters
        self._logger = logger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, request_id = time.perf_counter(), 500, uuid4().hex

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            seconds, route = time.perf_counter() - began, route_of(scope)
            self._meters.requests.labels(scope["method"], route, status).inc()
            self._meters.seconds.labels(route).observe(seconds)
            if route.startswith(API) or status >= 500:
                self._logger.info(
                    "api: request",
                    id=request_id,
                    method=scope["method"],
                    route=route,
                    status=status,
                    ms=round(seconds * 1000, 1),
                )


def route_of(scope: Scope) -> str:
    """The template of the route that answered."""
    path = getattr(scope.get("route"), "path", None)
    if path is None:
        return NO_ROUTE
    return f"{API.rstrip('/')}{path}" if scope["path"].startswith(API) else str(path)
