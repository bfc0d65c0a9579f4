"""Writes down what workflows decide, and answers what they must know of the catalogue."""

from datetime import UTC, datetime

from temporalio import activity

from activities.contracts import Record, RecordContract, WhoAnswers
from db.catalogue.answering import who_answers
from db.catalogue.reading import CatalogueReader
from db.engine import Sessions
from db.records import commit_record
from domain.directory import Directory


class RecordActivities(RecordContract):
    """Our own database."""

    def __init__(self, sessions: Sessions, catalogue: CatalogueReader) -> None:
        self._sessions = sessions
        self._catalogue = catalogue

    @activity.defn(name="record")
    async def record(self, record: Record) -> None:
        """Commit all of it in one transaction; an older revision changes nothing."""
        async with self._sessions.begin() as session:
            await commit_record(
                session, record.incident_id, record.revision, record.columns, record.events, record.unsent
            )

    @activity.defn(name="who_answers")
    async def who_answers(self, question: WhoAnswers) -> Directory:
        """Who answers for a service from an instant on."""
        now = datetime.now(UTC)
        async with self._sessions() as session:
            return await who_answers(
                session,
                self._catalogue,
                question.service_id,
                question.policy,
                min(question.since or now, now),
                team_id=question.team_id,
                incident_id=question.incident_id,
                until=now,
                also=question.people,
            )
