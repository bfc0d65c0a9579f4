"""Tells people: ledger row, provider, receipt."""

from collections.abc import Mapping

from temporalio import activity

from activities.contracts import Delivered, PagingContract
from activities.failures import as_application_error
from db.engine import Sessions
from db.ledger import claim, mark_sent, note_error
from domain.page import Page
from providers.protocols import Channel


class PagingActivities(PagingContract):
    """Sends each page by the provider of its channel; the fallback plays channels that have none."""

    def __init__(self, sessions: Sessions, channels: Mapping[str, Channel], fallback: Channel) -> None:
        self._sessions = sessions
        self._channels = channels
        self._fallback = fallback

    @activity.defn(name="deliver")
    async def deliver(self, page: Page) -> Delivered:
        """Send one page, once: an attempt that finds `sent` does nothing, one that finds `pending` sends again."""
        provider = self._channels.get(page.channel, self._fallback)
        async with self._sessions.begin() as session:
            status = await claim(session, page, provider.name)
        if status is not None:
            return Delivered(status=status, provider=provider.name)
        message_id = await self._send(provider, page)
        if not provider.keeps_ledger:
            async with self._sessions.begin() as session:
                await mark_sent(session, page.id, message_id)
        return Delivered(status="sent", provider=provider.name)

    async def _send(self, provider: Channel, page: Page) -> str:
        try:
            with as_application_error():
                return await provider.send(page)
        except Exception as error:
            async with self._sessions.begin() as session:
                await note_error(session, page.id, str(error))
            raise
