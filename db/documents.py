"""The built-in document: every version of it is kept."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert

from db.engine import Sessions
from db.models import DocumentVersion
from db.records import notify


class DocumentVersions:
    """The versions of incidents' documents."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def add(self, incident_id: UUID, name: str, body: str) -> None:
        """Append a version when the text differs from the newest."""
        async with self._sessions.begin() as session:
            newest = (await session.scalars(_newest_first(incident_id).limit(1))).first()
            if newest is not None and (newest.name, newest.body) == (name, body):
                return
            number = newest.version + 1 if newest else 1
            await session.execute(
                insert(DocumentVersion)
                .values(incident_id=incident_id, version=number, name=name, body=body)
                .on_conflict_do_nothing()
            )
            await notify(session, incident_id)

    async def all(self, incident_id: UUID) -> Sequence[DocumentVersion]:
        """Every version, newest first."""
        async with self._sessions() as session:
            return (await session.scalars(_newest_first(incident_id))).all()


def _newest_first(incident_id: UUID) -> Select[DocumentVersion]:
    return (
        select(DocumentVersion)
        .where(DocumentVersion.incident_id == incident_id)
        .order_by(DocumentVersion.version.desc())
    )
