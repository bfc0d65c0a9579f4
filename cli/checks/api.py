"""The API: it answers, is ready, and takes our token."""

from collections.abc import Iterator

import httpx

from cli.checks.report import Finding
from cli.client import Api, http_client
from cli.errors import Refused, Unreachable
from config.settings import Settings


def examine(known: Settings) -> Iterator[Finding]:
    """Look at the API that the settings name."""
    with http_client(known) as http:
        yield _readiness(http)
        try:
            yield _token(http)
        except Unreachable:
            return  # the line above has said so


def _readiness(http: httpx.Client) -> Finding:
    try:
        response = http.get("/readyz")
        body = response.json()
        status, checks = str(body["status"]), dict(body.get("checks") or {})
    except (httpx.TransportError, httpx.InvalidURL) as error:
        return Finding("api", False, f"{http.base_url}: {error}", "start `tocsin api`, or correct TOCSIN_API_URL")
    except (ValueError, KeyError, TypeError):
        return Finding("api", False, f"{http.base_url} does not answer as Tocsin does", "correct TOCSIN_API_URL")
    found = ", ".join([f"{status} at {http.base_url}", *(f"{name}: {state}" for name, state in checks.items())])
    if status != "ok":
        return Finding("api", False, found, "mend what is not ok; alerts are accepted while the database is")
    return Finding("api", True, found)


def _token(http: httpx.Client) -> Finding:
    try:
        Api(http).get("/incidents/", limit=1)
    except Refused as error:
        return Finding("token", False, str(error), "set TOCSIN_TOKEN to a token of this Tocsin")
    return Finding("token", True, "accepted")
