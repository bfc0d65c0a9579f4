"""The built-in inbox."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from db.engine import Sessions
from db.ledger import mark_sent
from db.models import InboxMessage, Incident, new_id
from domain.page import Page


class InboxMessages:
    """Every message that was sent to a person, a team's channel or an address."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def put(self, page: Page) -> str:
        """Write message and ledger in one transaction, hence exactly once; the message's id."""
        message_id = new_id()
        async with self._sessions.begin() as session:
            await session.execute(
                insert(InboxMessage)
                .values(
                    id=message_id,
                    notification_id=page.id,
                    incident_id=page.incident_id,
                    recipient=page.recipient,
                    step=page.step,
                    channel=page.channel,
                    text=page.message.text,
                    links=[{"href": href, "text": label} for href, label in page.message.links],
                )
                .on_conflict_do_nothing(index_elements=[InboxMessage.notification_id])
            )
            await mark_sent(session, page.id, str(message_id))
        return str(message_id)

    async def latest(
        self, recipient: str, limit: int, before: UUID | None = None
    ) -> Sequence[tuple[InboxMessage, int | None]]:
        """A recipient's messages with their incidents' numbers, None for notices; newest first.

        Args:
            recipient: an e-mail address or `#channel`.
            limit: how many at most.
            before: only messages older than this one.
        """
        query = (
            select(InboxMessage, Incident.number)
            .outerjoin(Incident, Incident.id == InboxMessage.incident_id)
            .where(InboxMessage.recipient == recipient)
            .order_by(InboxMessage.id.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(InboxMessage.id < before)
        async with self._sessions() as session:
            return [(message, number) for message, number in (await session.execute(query)).all()]
