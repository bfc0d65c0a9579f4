"""What Tocsin asks of an outside system. A provider is one module behind one of these."""

from collections.abc import Sequence
from typing import Protocol

from domain.incident import Incident
from domain.page import Page


class ProviderError(Exception):
    """A provider did not do it, and may do it when asked again."""


class Refused(ProviderError):
    """A provider will not do it however often it is asked: wrong credentials, an address that does not exist."""


class Channel(Protocol):
    """A way to tell somebody: Slack, e-mail, SMS, or the built-in inbox that plays them."""

    name: str
    """The provider's name, for the ledger."""

    keeps_ledger: bool
    """True when `send` itself marks the page `sent`, in one transaction with the message."""

    needs_address: bool
    """True when it sends to addresses alone: of a page to a person it is given theirs as the recipient."""

    async def send(self, page: Page) -> str:
        """Hand a message over; the provider's id for it.

        Raises:
            ProviderError: try again. Refused: do not.
        """
        ...


class DocumentStore(Protocol):
    """Where incident documents live. Both methods may be called twice for the same thing."""

    async def create(self, incident: Incident, name: str, body: str) -> str:
        """Create the document of an incident, or find it; its address."""
        ...

    async def update(self, incident: Incident, name: str, body: str) -> None:
        """Replace the text of the document."""
        ...


class WarRoom(Protocol):
    """Where responders talk. Every method may be called twice for the same thing."""

    async def open(self, incident: Incident, name: str, topic: str) -> tuple[str, str]:
        """Open the room of an incident, or find it; its id and its address."""
        ...

    async def invite(self, room_id: str, members: Sequence[str]) -> None:
        """Add members; who is in stays in."""
        ...

    async def post(self, room_id: str, key: str, text: str) -> None:
        """Post a message of Tocsin's own; the same key once."""
        ...

    async def archive(self, room_id: str) -> None:
        """Close the room."""
        ...
