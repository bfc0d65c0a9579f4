"""Tells people what belongs to no incident: the ledger row of a notice, and its message in the built-in inbox."""

from sqlalchemy import func
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
    row = {
        "id": new_id(),
        "key": notice.key,
        "kind": notice.kind,
        "recipient": notice.recipient,
        "channel": notice.channel.value,
        "provider": PLAYED_BY,
        "status": "sent",
        "sent_at": func.clock_timestamp(),
    }
    once = insert(NoticeRow).values(row).on_conflict_do_nothing(index_elements=[NoticeRow.key])
    notice_id = await session.scalar(once.returning(NoticeRow.id))
    if notice_id is None:
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
