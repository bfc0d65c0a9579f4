"""One page: a message to one recipient by one channel."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.incident import Status
from domain.texts import Message


class Page(BaseModel):
    """One delivery. Its id is `domain.climb.delivery_id`, so a page that is tried again stays the same page.

    The id is the idempotency key for providers that have one.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    incident_id: UUID
    step: str
    recipient: str
    channel: str
    reason: str
    turn: str | None = None
    """The key of the target whose turn it was."""
    message: Message
    only_while_triggered: bool = True
    """Do not begin this delivery once somebody has acknowledged."""
    only_while: Status | None = None
    """Do not begin it in any other state, nor while the incident is snoozed."""

    @property
    def needs(self) -> Status | None:
        """The only state in which it may be begun; None: in any."""
        return self.only_while or (Status.TRIGGERED if self.only_while_triggered else None)


class Unsent(BaseModel):
    """A page that did not leave: `failed` after its last attempt, or `skipped` because it was called off."""

    model_config = ConfigDict(frozen=True)

    page: Page
    status: Literal["failed", "skipped"]
    error: str
