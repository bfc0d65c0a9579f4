"""The built-in inbox: plays every channel that has no provider of its own yet."""

from typing import Protocol

from domain.page import Page


class Messages(Protocol):
    """Where the inbox keeps its messages."""

    async def put(self, page: Page) -> str:
        """Write message and ledger in one transaction; the message's id."""
        ...


class Inbox:
    """A page in Tocsin for everybody: exactly once, for message and ledger are one transaction."""

    name = "inbox"
    keeps_ledger = True
    needs_address = False

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    async def send(self, page: Page) -> str:
        """Put the message into the recipient's inbox."""
        return await self._messages.put(page)
