"""Who answers for the incident: asked before each step, and kept for a little while."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.policies import DIRECTORY_AGE, DIRECTORY_AGE_BEFORE, LOOK_UP
from workflows.state import IncidentState

with workflow.unsafe.imports_passed_through():
    from activities.contracts import RecordContract, WhoAnswers
    from domain.ahead import asked_since


class LookUp:
    """Asks the catalogue for the directory of one incident."""

    def __init__(self, state: IncidentState, queue: str) -> None:
        self._state = state
        self._queue = queue
        self._under_way = False

    @property
    def idle(self) -> bool:
        """No answer is waited for."""
        return not self._under_way

    def must_ask(self, *, other_turns: bool = False) -> None:
        """What was answered before is of no use: people whom nobody named before, or another team or policy.

        Args:
            other_turns: whose turn it is is another question now, too.
        """
        self._state.directory_is_stale = True
        self._state.turns_are_stale = self._state.turns_are_stale or other_turns

    async def refresh(self) -> None:
        """Ask, unless the last answer is good still. A command that comes meanwhile may make it stale again.

        When the database does not answer in time, what was known last is used; where that is of no use it is asked for
        ever, for without the database no page can leave either.
        """
        self._under_way = True
        try:
            while self._state.directory_is_stale:
                self._state.directory_is_stale = False
                await self._ask(for_ever=True)
            age = DIRECTORY_AGE if workflow.patched("asks-before-each-step") else DIRECTORY_AGE_BEFORE
            if workflow.now() - self._state.directory_at >= age:
                await self._ask(for_ever=False)
        except ActivityError as error:
            workflow.logger.warning("Paging by what was known before: %s", error.cause)
        finally:
            self._under_way = False

    async def _ask(self, *, for_ever: bool) -> None:
        state, now = self._state, workflow.now()
        other_turns, state.turns_are_stale = state.turns_are_stale, False  # before: a command may come meanwhile
        started_at = state.climb.started_at if state.climb else now
        answer = await workflow.execute_activity_method(
            RecordContract.who_answers,
            WhoAnswers(
                service_id=state.service_id,
                policy=state.policy,
                since=asked_since(started_at, now),
                team_id=state.incident.team_id,
                incident_id=state.incident.id,
                people=state.incident.named,
            ),
            task_queue=self._queue,
            start_to_close_timeout=LOOK_UP.attempt,
            schedule_to_close_timeout=None if for_ever else LOOK_UP.altogether,
            retry_policy=LOOK_UP.retry,
            summary=f"Who answers for {state.incident.service}?",
        )
        if not other_turns:
            # Whose turn it is was decided when the incident began: what others are paged meanwhile does not move it.
            kept = {"last_paged": state.directory.last_paged, "turns": state.directory.turns}
            answer = answer.model_copy(update=kept)
        state.directory, state.directory_at = answer, workflow.now()
