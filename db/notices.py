"""Tells people what belongs to no incident: the ledger row of a notice, and its message in the built-in inbox."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import InboxMessage, new_id
from db.models import Notice as NoticeRow
from domain.notice import Notice

PLAYED_BY = "inbox"
"""The built-in inbox plays every channel until a vendor is configured for it."""


async def tell(session: AsyncSession, notice: Notice) -> bool:
    """Write a notice and its message.

    Args:
        session: its transaction is the caller's; row and message are committed together, hence exactly once.
        notice: what to tell, whom, and by which channel.

    Returns:
        Whether it was told now; false when a notice of the same key was told before.
    """
    notice_id = new_id()
    values = _row(notice_id, notice, PLAYED_BY) | {"status": "sent", "sent_at": func.clock_timestamp()}
    once = insert(NoticeRow).values(values).on_conflict_do_nothing(index_elements=[NoticeRow.key])
    if await session.scalar(once.returning(NoticeRow.id)) is None:
        return False
    message = {
        "id": new_id(),
        "notice_id": notice_id,
        "recipient": notice.recipient,
        "step": notice.kind,
        "channel": notice.channel.value,
        "text": notice.text,
        "links": [link.model_dump() for link in notice.links],
    }
    await session.execute(insert(InboxMessage).values(message))
    return True


async def begin(session: AsyncSession, notice: Notice, provider: str) -> UUID:
    """Write down, as `pending`, a notice that a provider is about to send; its id. It is in nobody's inbox.

    Args:
        session: committed by the caller, before the send.
        notice: under a key that is new.
        provider: its name.
    """
    notice_id = new_id()
    await session.execute(insert(NoticeRow).values(_row(notice_id, notice, provider)))
    return notice_id


async def end(session: AsyncSession, notice_id: UUID, error: str | None) -> None:
    """Write down what became of it: it was sent, or why it was not."""
    values = {"status": "failed", "error": error} if error else {"status": "sent", "sent_at": func.clock_timestamp()}
    await session.execute(update(NoticeRow).where(NoticeRow.id == notice_id).values(values))


def _row(notice_id: UUID, notice: Notice, provider: str) -> dict[str, Any]:
    return {
        "id": notice_id,
        "key": notice.key,
        "kind": notice.kind,
        "recipient": notice.recipient,
        "channel": notice.channel.value,
        "provider": provider,
    }
