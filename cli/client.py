"""The REST API as commands use it."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from cli.errors import Refused, Unreachable
from cli.settings import settings
from config.settings import Settings

TIMEOUT_SECONDS = 10.0
"""Longer than the 2 s after which the API queues a command and answers."""
PAGE = 500
_AWAY = {502, 503, 504}
"""Answers of a proxy, or of an API without its database."""
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Answer:
    """What the API said."""

    status: int
    body: Any

    @property
    def queued(self) -> bool:
        """The command is accepted, and is carried out when Temporal is back."""
        return self.status == httpx.codes.ACCEPTED


class Api:
    """Tocsin's REST API at one address. Whatever is not a success is raised."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def get(self, path: str, **params: Any) -> Any:
        """The body of a resource below `/api/v1`; parameters that are None are left out."""
        return self.send("GET", path, params={name: value for name, value in params.items() if value is not None}).body

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Send JSON; what is None in it is left out."""
        return self.send("POST", path, json={name: value for name, value in body.items() if value is not None})

    def items(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, page after page."""
        cursor = None
        while True:
            page = self.get(path, limit=PAGE, cursor=cursor, **params)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def send(self, method: str, path: str, **request: Any) -> Answer:
        """One request.

        Raises:
            Refused: the product said no.
            Unreachable: nobody answered, or only a proxy did.
        """
        try:
            response = self._http.request(method, f"/api/v1{path}", **request)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Unreachable(
                f"Tocsin cannot be reached at {self._http.base_url}: {error}. "
                "Is `tocsin dev` or `tocsin api` running? TOCSIN_API_URL says where"
            ) from error
        body = _json(response)
        if response.status_code in _AWAY:
            raise Unreachable(f"Tocsin at {self._http.base_url} is not available: {_reason(response, body)}")
        if not response.is_success:
            raise Refused.from_problem(body) if isinstance(body, dict) else Refused(_reason(response, body))
        if body is None:
            raise Refused(f"{self._http.base_url} does not answer as Tocsin does: is TOCSIN_API_URL right?")
        return Answer(response.status_code, body)


@contextmanager
def connect(seconds: float = TIMEOUT_SECONDS) -> Iterator[Api]:
    """The API that the settings name, which is given so many seconds for an answer."""
    with settings() as known:
        http = http_client(known)
    http.timeout = httpx.Timeout(seconds, connect=TIMEOUT_SECONDS)
    with http:
        yield Api(http)


def http_client(known: Settings) -> httpx.Client:
    """An HTTP client with address and token; the operator's admin token serves where no other is set."""
    url = (known.api_url or known.base_url).rstrip("/")
    token = known.token or known.admin_token
    return httpx.Client(
        base_url=url,
        headers={"Authorization": f"Bearer {token.get_secret_value()}"} if token else {},
        timeout=TIMEOUT_SECONDS,
        # The system's certificates, or those of SSL_CERT_FILE: an API in a company often has the company's own.
        verify=ssl.create_default_context(),
        # A proxy that the environment names does not lead back to this machine.
        trust_env=urlsplit(url).hostname not in _LOOPBACK,
    )


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _reason(response: httpx.Response, body: Any) -> str:
    detail = body.get("detail") if isinstance(body, dict) else None
    return detail or f"it answers {response.status_code} {response.reason_phrase}"
