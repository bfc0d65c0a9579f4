"""Tells people: ledger row, provider, receipt."""

import asyncio
from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.contracts import Delivered, PagingContract
from activities.failures import as_application_error
from db.contact_methods import verified_addresses
from db.engine import Sessions
from db.ledger import claim, mark_sent, note_error
from domain.page import Page
from providers.protocols import Channel, Refused


class PagingActivities(PagingContract):
    """Sends each page by the provider of its channel.

    The fallback plays channels that have none, and tells whoever has no address for one that needs it.
    """

    def __init__(self, sessions: Sessions, channels: Mapping[str, Channel], fallback: Channel) -> None:
        self._sessions = sessions
        self._channels = channels
        self._fallback = fallback

    @activity.defn(name="deliver")
    async def deliver(self, page: Page) -> Delivered:
        """Send one page, once: an attempt that finds `sent` does nothing, one that finds `pending` sends again."""
        provider = self._channels.get(page.channel, self._fallback)
        addresses: Sequence[str] = (page.recipient,)
        async with self._sessions.begin() as session:
            if provider.needs_address:
                addresses = await _addresses(session, page)
            if not addresses:
                provider, addresses = self._fallback, (page.recipient,)
            status = await claim(session, page, provider.name)
        if status is not None:
            return Delivered(status=status, provider=provider.name)
        message_id = await self._send(
            provider, [page.model_copy(update={"recipient": address}) for address in addresses]
        )
        if not provider.keeps_ledger:
            async with self._sessions.begin() as session:
                await mark_sent(session, page.id, message_id)
        return Delivered(status="sent", provider=provider.name)

    async def _send(self, provider: Channel, pages: Sequence[Page]) -> str:
        try:
            with as_application_error():
                return await _taken(provider, pages)
        except Exception as error:
            async with self._sessions.begin() as session:
                await note_error(session, pages[0].id, str(error))
            raise


async def _addresses(session: AsyncSession, page: Page) -> Sequence[str]:
    """Of a person those that they have verified; what the policy names as an address is one itself."""
    if page.recipient.startswith(("https://", "http://")):
        return (page.recipient,)
    return await verified_addresses(session, page.recipient, page.channel)


async def _taken(provider: Channel, pages: Sequence[Page]) -> str:
    """Send one page to each address of its recipient, who is told when one of them takes it; the provider's id."""
    results = await asyncio.gather(*(provider.send(page) for page in pages), return_exceptions=True)
    ids = [result for result in results if isinstance(result, str)]
    failures = [result for result in results if isinstance(result, BaseException)]
    if not ids:
        # While one of the addresses may still take it, it is tried again.
        raise next((failure for failure in failures if not isinstance(failure, Refused)), failures[0])
    for failure in failures:
        activity.logger.warning("paging: one of several addresses did not take a page: %s", failure)
    return ids[0]
