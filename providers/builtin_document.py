"""The built-in document store: a versioned Markdown page inside the product."""

from typing import Protocol
from uuid import UUID

from domain.incident import Incident


class Versions(Protocol):
    """Where the versions are kept."""

    async def add(self, incident_id: UUID, name: str, body: str) -> None:
        """Append a version when the text differs from the newest."""
        ...


class BuiltinDocumentStore:
    """The document is a page beside the incident's own."""

    name = "builtin"

    def __init__(self, versions: Versions) -> None:
        self._versions = versions

    async def create(self, incident: Incident, name: str, body: str) -> str:
        """Write the first version; the page's address."""
        await self._versions.add(incident.id, name, body)
        return f"{incident.url}/document"

    async def update(self, incident: Incident, name: str, body: str) -> None:
        """Append a version."""
        await self._versions.add(incident.id, name, body)
