"""The ledger of pages: a row is `pending` before the send and `sent` after it."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Incident, Notification
from domain.page import Page


async def claim(session: AsyncSession, page: Page, provider: str) -> str | None:
    """Count an attempt and write `pending`, unless it was sent before or is no longer wanted.

    Args:
        session: committed by the caller, before the send.
        page: what is about to be tried.
        provider: the name of the provider that will try.

    Returns:
        None when the send is to go ahead, else the status that it has: `sent` or `skipped`.
    """
    status = await session.scalar(select(Notification.status).where(Notification.id == page.id).with_for_update())
    if status in ("sent", "delivered"):
        return "sent"
    if page.only_while_triggered and not await _is_triggered(session, page.incident_id):
        if status == "pending":  # an earlier attempt failed
            await _skip(session, page.id)
        return "skipped"
    await session.execute(
        insert(Notification)
        .values(
            id=page.id,
            incident_id=page.incident_id,
            step=page.step,
            recipient=page.recipient,
            channel=page.channel,
            reason=page.reason,
            provider=provider,
            status="pending",
            attempts=1,
        )
        .on_conflict_do_update(
            index_elements=[Notification.id],
            set_={
                "status": "pending",
                "attempts": Notification.attempts + 1,
                "provider": provider,
                "error": None,
            },
            where=Notification.status.not_in(("sent", "delivered")),
        )
    )
    return None


async def mark_sent(session: AsyncSession, delivery_id: UUID, provider_message_id: str) -> None:
    """The provider has taken the message; marking it twice changes nothing."""
    await session.execute(
        update(Notification)
        .where(Notification.id == delivery_id, Notification.status.not_in(("sent", "delivered")))
        .values(status="sent", sent_at=func.clock_timestamp(), provider_message_id=provider_message_id, error=None)
    )


async def note_error(session: AsyncSession, delivery_id: UUID, error: str) -> None:
    """Keep the reason why an attempt failed; the row stays `pending`."""
    await session.execute(
        update(Notification)
        .where(Notification.id == delivery_id, Notification.status == "pending")
        .values(error=error.replace("\0", "")[:2000])
    )


async def _is_triggered(session: AsyncSession, incident_id: UUID) -> bool:
    """Locked until the commit: no row of the ledger is begun after an acknowledgement was recorded."""
    query = select(Incident.status).where(Incident.id == incident_id).with_for_update(read=True)
    return await session.scalar(query) == "TRIGGERED"


async def _skip(session: AsyncSession, delivery_id: UUID) -> None:
    await session.execute(
        update(Notification).where(Notification.id == delivery_id).values(status="skipped", error="called off")
    )
