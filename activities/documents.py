"""Makes the incident document and keeps it up with the timeline."""

from temporalio import activity

from activities.contracts import DocumentContract
from activities.failures import as_application_error
from db.engine import Sessions
from db.timeline import timeline
from domain import texts
from domain.incident import Incident
from providers.protocols import DocumentStore


class DocumentActivities(DocumentContract):
    """The document of an incident, in whichever store is configured."""

    def __init__(self, sessions: Sessions, store: DocumentStore, template: str) -> None:
        self._sessions = sessions
        self._store = store
        self._template = template

    @activity.defn(name="create_document")
    async def create_document(self, incident: Incident) -> str:
        """Create the document, or find the one that an earlier attempt created; its address."""
        body = await self._body(incident)
        with as_application_error():
            return await self._store.create(incident, texts.document_name(incident), body)

    @activity.defn(name="update_document")
    async def update_document(self, incident: Incident) -> None:
        """Bring the document up to the timeline."""
        body = await self._body(incident)
        with as_application_error():
            await self._store.update(incident, texts.document_name(incident), body)

    async def _body(self, incident: Incident) -> str:
        async with self._sessions() as session:
            return texts.document(self._template, incident, await timeline(session, incident.id))
