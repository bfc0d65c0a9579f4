"""The ledger of pages: a row is `pending` before the send and `sent` after it."""

from uuid import UUID

from sqlalchemy import String, bindparam, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Notification
from domain.page import Page

_CLAIM = text("""
WITH incident AS (
    SELECT status, snoozed_until, acknowledgements FROM incidents
    WHERE id = :incident_id AND CAST(:needs AS text) IS NOT NULL FOR SHARE
)
INSERT INTO notifications (id, incident_id, step, recipient, channel, reason, turn, provider, status, attempts)
SELECT :id, :incident_id, :step, :recipient, :channel, :reason, :turn, :provider, 'pending', 1
WHERE CAST(:needs AS text) IS NULL OR EXISTS (
    SELECT FROM incident WHERE status = :needs AND snoozed_until IS NULL
    AND NOT (status = 'TRIGGERED' AND lower(:recipient) IN (SELECT lower(who) FROM unnest(acknowledgements) AS who))
)
ON CONFLICT (id) DO UPDATE SET
    status = 'pending', attempts = notifications.attempts + 1, provider = excluded.provider, error = NULL
WHERE notifications.status NOT IN ('sent', 'delivered')
RETURNING id
""").bindparams(bindparam("needs", type_=String), bindparam("recipient", type_=String))
# FOR SHARE: an acknowledgement that is just being recorded is waited for, so that no row begins after it.


async def claim(session: AsyncSession, page: Page, provider: str) -> str | None:
    """Count an attempt and write `pending`, unless it was sent before or is no longer wanted.

    Args:
        session: committed by the caller, before the send.
        page: what is about to be tried.
        provider: the name of the provider that will try.

    Returns:
        None when the send is to go ahead, else the status that it has: `sent` or `skipped`.
    """
    names = {"id", "incident_id", "step", "recipient", "channel", "reason", "turn"}
    values = page.model_dump(include=names) | {"provider": provider, "needs": page.needs}
    if (await session.execute(_CLAIM, values)).first() is not None:
        return None
    status = await session.scalar(select(Notification.status).where(Notification.id == page.id))
    if status in ("sent", "delivered"):
        return "sent"
    if status == "pending":  # an earlier attempt failed
        await _skip(session, page.id)
    return "skipped"


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


async def _skip(session: AsyncSession, delivery_id: UUID) -> None:
    await session.execute(
        update(Notification).where(Notification.id == delivery_id).values(status="skipped", error="called off")
    )
