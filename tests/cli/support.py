"""A small server that speaks the documented shapes of the REST API, and remembers what it was asked."""

import inspect
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cli import client

Reply = tuple[int, Any]
Body = dict[str, Any]


@dataclass
class Request:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    token: str | None
    body: Any


@dataclass
class FakeTocsin:
    """Answers by method and path; a function decides anew at each request."""

    url: str = ""
    answers: dict[tuple[str, str], Reply | Callable[[Request], Reply]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def on(self, method: str, path: str, answer: Reply | Callable[[Request], Reply]) -> None:
        """Answer `path` below `/api/v1`, or `/readyz`, so from now on."""
        self.answers[method, path if path == "/readyz" else f"/api/v1{path}"] = answer

    def reply(self, request: Request) -> Reply:
        """The answer to a request."""
        self.requests.append(request)
        answer = self.answers.get((request.method, request.path))
        if answer is None:
            return 404, problem(404, f"there is nothing at {request.path}")
        return answer(request) if callable(answer) else answer


def problem(status: int, detail: str, **errors: str) -> Body:
    """A problem document (RFC 9457)."""
    listed = [{"field": name, "message": message} for name, message in errors.items()]
    return {"type": "about:blank", "title": "Problem", "status": status, "detail": detail, "errors": listed}


def page(*items: Body, next_cursor: str | None = None) -> Body:
    """One page of a list."""
    return {"items": list(items), "next_cursor": next_cursor}


def incident(**changes: Any) -> Body:
    """An incident as the API shows it."""
    return {
        "id": "019a0000-0000-7000-8000-000000000042",
        "short_id": "INC-42",
        "title": "Payments fail [urgent]",
        "description": "",
        "status": "TRIGGERED",
        "severity": "SEV1_CRITICAL",
        "service": {"id": "019a0000-0000-7000-8000-000000000001", "name": "payments-api"},
        "requested_service_name": None,
        "team": {"id": "019a0000-0000-7000-8000-000000000002", "name": "Payments"},
        "lead": None,
        "impacted_scopes": ["Security"],
        "labels": {"env": "prod"},
        "alert_count": 3,
        "orchestration": "COMPLETE",
        "drill": None,
        "detected_at": None,
        "created_at": "2026-11-21T07:30:00Z",
        "acknowledged_at": None,
        "acknowledged_by": None,
        "mitigated_at": None,
        "resolved_at": None,
        "resolved_by": None,
        "lid_link": "http://tocsin.test/documents/42",
        "war_room_link": None,
        "url": "http://tocsin.test/incidents/INC-42",
        "workflow_id": "incident-INC-42",
        **changes,
    }


def event(number: int, kind: str, message: str) -> Body:
    """An entry of a timeline."""
    return {
        "id": str(number),
        "type": kind,
        "message": message,
        "actor": None,
        "created_at": f"2026-11-21T08:30:{number:02}+01:00",
        "data": {},
    }


def give_time(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """How long commands wait for an answer of the API."""
    monkeypatch.setattr(client, "TIMEOUT_SECONDS", seconds)
    monkeypatch.setattr(inspect.unwrap(client.connect), "__defaults__", (seconds,))


@contextmanager
def serving(fake: FakeTocsin) -> Iterator[FakeTocsin]:
    """Serve on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            target = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = fake.reply(
                Request(
                    self.command,
                    target.path,
                    {name: values[0] for name, values in parse_qs(target.query).items()},
                    self.headers.get("Authorization"),
                    json.loads(raw) if raw else None,
                )
            )
            payload = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PATCH = do_DELETE = _handle

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
