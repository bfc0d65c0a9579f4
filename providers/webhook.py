"""Pages by webhook: each is posted to the address that its recipient is, signed as Standard Webhooks want it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
from standardwebhooks import Webhook

from domain.page import Page
from providers.protocols import ProviderError, Refused

_LATER = frozenset({408, 425, 429})
"""Of the 4xx those that ask for another attempt."""


class WebhookChannel:
    """Posts each page as JSON. The page's id is the message's: the receiver knows by it a page that comes again."""

    name = "webhook"
    keeps_ledger = False

    def __init__(
        self,
        client: httpx.AsyncClient,
        secret: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Say how to post.

        Args:
            client: one that guards where it goes, for the address comes from a user.
            secret: `whsec_` and base64, to sign with; unsigned if None.
            clock: for the time of the signature.

        Raises:
            ValueError: the secret is none.
        """
        self._client = client
        self._signer = _signer(secret)
        self._clock = clock

    async def send(self, page: Page) -> str:
        """Post a page.

        Raises:
            Refused: the address is none, is not allowed, redirects, or answers with a 4xx that stays.
            ProviderError: it cannot be reached or answers otherwise.
        """
        now = self._clock().astimezone(UTC)  # the library signs a time as if it were UTC
        body = json.dumps(_body(page, now), ensure_ascii=False)
        # A redirected POST would arrive as a GET without the page, and be taken for a success.
        try:
            response = await self._client.post(
                page.recipient, content=body, headers=self._headers(page, now, body), follow_redirects=False
            )
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise Refused(f"webhook: {_said(error, page)}") from error
        except httpx.HTTPError as error:
            raise ProviderError(f"webhook: {_said(error, page)}") from error
        _check(response.status_code, _host(page))
        return str(page.id)

    def _headers(self, page: Page, now: datetime, body: str) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "webhook-id": str(page.id),
            "webhook-timestamp": str(int(now.timestamp())),
        }
        if self._signer is not None:
            headers["webhook-signature"] = self._signer.sign(str(page.id), now, body)
        return headers


def _signer(secret: str | None) -> Webhook | None:
    if secret is None:
        return None
    try:
        return Webhook(secret)
    except Exception as error:  # the library has an error of its own for each way in which it may be wrong
        raise ValueError("the webhook secret must be whsec_ and base64") from error


def _body(page: Page, now: datetime) -> dict[str, Any]:
    return {
        "type": "page",
        "timestamp": now.isoformat(),
        "data": {
            "incident_id": str(page.incident_id),
            "step": page.step,
            "reason": page.reason,
            "message": page.message.text,
            "links": [{"href": address, "text": label} for address, label in page.message.links],
        },
    }


def _check(status: int, host: str) -> None:
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise Refused(f"webhook: {host} redirects ({status}): enter the address where it leads to")
    if 400 <= status < 500 and status not in _LATER:
        raise Refused(f"webhook: {host} answers {status}")
    raise ProviderError(f"webhook: {host} answers {status}")


def _host(page: Page) -> str:
    """All of an address that may be told: the rest may be a secret."""
    try:
        return httpx.URL(page.recipient).host or "the address"
    except (httpx.InvalidURL, TypeError):
        return "the address"


def _said(error: Exception, page: Page) -> str:
    """What happened, in words that cannot repeat the address."""
    host = _host(page)
    if page.recipient in str(error) or isinstance(error, httpx.InvalidURL):
        return f"{host}: {type(error).__name__}"
    said = str(error) or type(error).__name__
    return said if host in said else f"{host}: {said}"
