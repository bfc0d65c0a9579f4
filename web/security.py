"""The headers that keep the pages to themselves (REQUIREMENTS R-P-05)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
"""No inline script or style, nothing from another origin, in nobody's frame."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
HSTS = "max-age=31536000; includeSubDomains"

_OURS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
_OURS_SECURE = [*_OURS, (b"strict-transport-security", HSTS.encode())]


class SecurityHeaders:
    """One ASGI step around everything. A response that brings a header of its own keeps it."""

    def __init__(self, app: ASGIApp, *, https: bool = False) -> None:
        """Wrap an app.

        Args:
            app: what is wrapped.
            https: the public address is https although this process may see plain http from its proxy.
        """
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        secure = self._https or scope.get("scheme") == "https"
        ours = _OURS_SECURE if secure else _OURS

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in ours if one[0] not in own)]
            await send(message)

        await self._app(scope, receive, with_headers)
