"""A server that webhooks are posted to."""

import contextlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from standardwebhooks import Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""With which what is posted is signed."""


class Receiver:
    """Remembers what is posted, and answers with a status. Its path holds a secret."""

    def __init__(self, port: int) -> None:
        self.status = 204
        self.url = f"http://127.0.0.1:{port}/5ecret?token=5ecret"
        self.received: list[tuple[str, dict[str, str], bytes]] = []

    def said(self) -> list[dict[str, Any]]:
        """What was posted; every one is signed as it should be."""
        return [Webhook(SECRET).verify(body, headers) for _, headers, body in self.received]


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """One that listens as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.received.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(found.status)
            self.send_header("Location", "http://127.0.0.1:9/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Receiver(server.server_address[1])
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
