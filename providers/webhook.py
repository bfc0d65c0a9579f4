"""Posts pages, codes and test pages to webhooks, signed as Standard Webhooks want it."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from standardwebhooks import Webhook

from domain.notice import Notice
from domain.page import Page
from providers.protocols import ProviderError, Refused

POST_SECONDS = 5.0
"""So long a webhook may take to answer."""

_LATER = frozenset({408, 425, 429})
"""Of the 4xx those that ask for another attempt."""


_NO_ADDRESS = (httpx.InvalidURL, UnicodeError)
"""What httpx makes of a text that is no address; UnicodeError of a host such as `xn--`."""


class WebhookChannel:
    """Posts each page as JSON to the address that its recipient is.

    The page's id is the message's: the receiver knows by it a page that comes again.
    """

    name = "webhook"
    keeps_ledger = False
    needs_address = True

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
        await self._post(page.recipient, str(page.id), "page", _of_page(page))
        return str(page.id)

    async def try_notice(self, address: str, id: UUID, notice: Notice) -> str | None:
        """Post a code or a test page, once; why it was not taken, in words without the address, or None."""
        links = [link.model_dump() for link in notice.links]
        try:
            await self._post(address, str(id), notice.kind, {"message": notice.text, "links": links})
        except ProviderError as error:
            return str(error)
        return None

    async def _post(self, address: str, id: str, kind: str, data: Mapping[str, Any]) -> None:
        now = self._clock().astimezone(UTC)  # the library signs a time as if it were UTC
        body = json.dumps({"type": kind, "timestamp": now.isoformat(), "data": data}, ensure_ascii=False)
        headers = self._headers(id, now, body)
        # A redirected POST would arrive as a GET without the page, and be taken for a success.
        try:
            response = await self._client.post(address, content=body, headers=headers, follow_redirects=False)
        except (httpx.UnsupportedProtocol, *_NO_ADDRESS) as error:
            raise Refused(f"webhook: {_said(error, address)}") from error
        except httpx.HTTPError as error:
            raise ProviderError(f"webhook: {_said(error, address)}") from error
        _check(response.status_code, _host(address))

    def _headers(self, id: str, now: datetime, body: str) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": str(int(now.timestamp())),
        }
        if self._signer is not None:
            headers["webhook-signature"] = self._signer.sign(id, now, body)
        return headers


def _signer(secret: str | None) -> Webhook | None:
    if secret is None:
        return None
    try:
        return Webhook(secret)
    except Exception as error:  # the library has an error of its own for each way in which it may be wrong
        raise ValueError("the webhook secret must be whsec_ and base64") from error


def _of_page(page: Page) -> dict[str, Any]:
    return {
        "incident_id": str(page.incident_id),
        "step": page.step,
        "reason": page.reason,
        "message": page.message.text,
        "links": [{"href": address, "text": label} for address, label in page.message.links],
    }


def _check(status: int, host: str) -> None:
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise Refused(f"webhook: {host} redirects ({status}): enter the address where it leads to")
    if 400 <= status < 500 and status not in _LATER:
        raise Refused(f"webhook: {host} answers {status}")
    raise ProviderError(f"webhook: {host} answers {status}")


def _host(address: str) -> str:
    """All of an address that may be told: the rest may be a secret."""
    try:
        return httpx.URL(address).host or "the address"
    except (*_NO_ADDRESS, TypeError):
        return "the address"


def _said(error: Exception, address: str) -> str:
    """What happened, in words that cannot repeat the address."""
    host = _host(address)
    if address in str(error) or isinstance(error, _NO_ADDRESS):
        return f"{host}: {type(error).__name__}"
    said = str(error) or type(error).__name__
    return said if host in said else f"{host}: {said}"
