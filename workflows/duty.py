"""Short-lived workflows that Temporal Schedules start: hand-offs, reminders, the weekly digest."""

from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy

from workflows.incident import PAGING_QUEUE_SUFFIX
from workflows.policies import LATER

with workflow.unsafe.imports_passed_through():
    from activities.duty_contract import DutyContract, HandoffDone, Round
    from domain.duty import HandoffOrder

ATTEMPT = timedelta(seconds=60)
ALTOGETHER = timedelta(hours=12)
"""A hand-off that is told half a day late is of no use any more."""
RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5))
SCHEDULED = "TemporalScheduledStartTime"


@workflow.defn(name="HandoffWorkflow")
class HandoffWorkflow:
    """One hand-off of one schedule."""

    @workflow.run
    async def run(self, order: HandoffOrder) -> HandoffDone:
        """Tell both sides; nothing when the same people stay."""
        order = order.model_copy(update={"at": order.at or _due()})
        done: HandoffDone = await _execute(DutyContract.hand_over, order, "Recap to those who leave and who come")
        if done.at is None:
            workflow.set_current_details("Nobody hands over: the same people stay on call.")
        else:
            leaving, coming = (", ".join(users) or "nobody" for users in (done.leaving, done.coming))
            workflow.set_current_details(f"{done.at:%Y-%m-%d %H:%M} UTC: {leaving} → {coming}")
        return done


@workflow.defn(name="DutyRemindersWorkflow")
class DutyRemindersWorkflow:
    """One look for people who go on call soon."""

    @workflow.run
    async def run(self) -> int:
        """How many were told."""
        told: int = await _execute(DutyContract.remind_of_duty, Round(at=_due()), "You go on call in an hour")
        return told


@workflow.defn(name="ReadinessDigestWorkflow")
class ReadinessDigestWorkflow:
    """One week's digest."""

    @workflow.run
    async def run(self) -> int:
        """How many managers were told."""
        told: int = await _execute(DutyContract.send_readiness, Round(at=_due()), "Is everybody ready for on-call?")
        return told


def _due() -> datetime:
    """When this was to happen: a Temporal Schedule catches up on what it missed."""
    found = workflow.info().search_attributes.get(SCHEDULED)
    due = next((value for value in found or () if isinstance(value, datetime)), None)
    return (due or workflow.now()).astimezone(UTC)


async def _execute(activity: Any, argument: Any, summary: str) -> Any:
    return await workflow.execute_activity_method(
        activity,
        argument,
        task_queue=workflow.info().task_queue + PAGING_QUEUE_SUFFIX,
        start_to_close_timeout=ATTEMPT,
        schedule_to_close_timeout=ALTOGETHER,
        retry_policy=RETRY,
        priority=LATER,
        summary=summary,
    )
