"""Writes down what workflows decide, and answers what they must know of the catalogue."""

from temporalio import activity

from activities.contracts import Record, RecordContract, WhoAnswers
from db.directory import directory_of
from db.engine import Sessions
from db.records import commit_record
from domain.directory import Directory


class RecordActivities(RecordContract):
    """Our own database."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @activity.defn(name="record")
    async def record(self, record: Record) -> None:
        """Commit all of it in one transaction; an older revision changes nothing."""
        async with self._sessions.begin() as session:
            await commit_record(
                session, record.incident_id, record.revision, record.columns, record.events, record.unsent
            )

    @activity.defn(name="who_answers")
    async def who_answers(self, question: WhoAnswers) -> Directory:
        """Who answers for a service right now."""
        async with self._sessions() as session:
            return await directory_of(session, question.service_id)
