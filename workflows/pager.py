"""Sends the deliveries of a step, each by an activity of its own, and waits for none of them."""

import asyncio
from collections.abc import Sequence

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import ActivityError, is_cancelled_exception

from workflows.policies import FIRST_PAGE, PAGE, PAGES
from workflows.recorder import Recorder
from workflows.state import FailedPage, IncidentState

with workflow.unsafe.imports_passed_through():
    from activities.contracts import PagingContract
    from domain import texts
    from domain.channels import gentler
    from domain.climb import delivery_id
    from domain.events import Event, EventType
    from domain.incident import Status
    from domain.lifecycle import Outcome
    from domain.page import Page, Unsent
    from domain.recipients import Delivery
    from domain.texts import Message


class Pager:
    """Knows which deliveries are under way, and can call them off."""

    def __init__(self, state: IncidentState, recorder: Recorder, task_queue: str) -> None:
        self._state = state
        self._recorder = recorder
        self._task_queue = task_queue
        self._under_way: dict[asyncio.Task[None], Page] = {}

    @property
    def idle(self) -> bool:
        """No delivery is under way."""
        return not self._under_way

    def busy_with(self, step: str) -> bool:
        """Whether deliveries of this step are under way."""
        return any(page.step == step for page in self._under_way.values())

    def send(
        self,
        step: str,
        deliveries: Sequence[Delivery],
        message: Message,
        only_while: Status | None = Status.TRIGGERED,
    ) -> None:
        """Begin every delivery of a step at once.

        Args:
            step: of the plan.
            deliveries: to whom, by which channel.
            message: what it says.
            only_while: the state in which it may be begun; None: whatever becomes of the incident.
        """
        for delivery in deliveries:
            page = self._page(step, delivery, message, only_while)
            priority = PAGES if self._under_way or self._state.told else FIRST_PAGE
            task = asyncio.create_task(self._deliver(page, delivery, priority))
            self._under_way[task] = page
            task.add_done_callback(self._ended)

    def call_off(self, to: str | None = None) -> None:
        """Somebody has it in hand: what has not begun does not begin. What is being sent is let finish.

        What was sent by hand, or says that it is over, is not called off.

        Args:
            to: only what goes to them.
        """
        for task, page in self._under_way.items():
            if page.needs is not None and (to is None or to.casefold() == page.recipient.casefold()):
                task.cancel()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        del self._under_way[task]

    def _page(self, step: str, delivery: Delivery, message: Message, only_while: Status | None) -> Page:
        incident = self._state.incident
        return Page(
            id=delivery_id(incident.id, step, delivery.recipient, delivery.channel),
            incident_id=incident.id,
            step=step,
            recipient=delivery.recipient,
            channel=delivery.channel,
            reason=delivery.reason,
            turn=delivery.turn,
            message=message,
            only_while_triggered=only_while is Status.TRIGGERED,
            only_while=only_while,
        )

    async def _deliver(self, page: Page, delivery: Delivery, priority: Priority) -> None:
        try:
            delivered = await workflow.execute_activity_method(
                PagingContract.deliver,
                page,
                task_queue=self._task_queue,
                start_to_close_timeout=PAGE.attempt,
                heartbeat_timeout=PAGE.heartbeat,
                schedule_to_close_timeout=PAGE.altogether,
                retry_policy=PAGE.retry,
                priority=priority,
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
                summary=f"{page.step}: {page.channel} to {texts.shown(page.recipient)}",
            )
        except ActivityError as error:
            self._not_sent(page, delivery, error)
            return
        if delivered.status == "sent":
            told = self._state.told
            told[page.recipient] = gentler(told.get(page.recipient), delivery.channel)
            text = f"{page.channel} to {texts.shown(page.recipient)} ({page.reason})"
            self._recorder.record(Outcome(events=(_event(EventType.ALERT_SENT, text, page, key=f"sent.{page.id}"),)))

    def _not_sent(self, page: Page, delivery: Delivery, error: ActivityError) -> None:
        if is_cancelled_exception(error):
            self._recorder.record(Outcome(), Unsent(page=page, status="skipped", error="called off"))
            return
        why = str(error.cause or error)
        self._state.failed_pages.append(FailedPage(step=page.step, delivery=delivery))
        text = f"{page.channel} to {texts.shown(page.recipient)} was given up: {why}"
        self._recorder.record(
            Outcome(events=(_event(EventType.FAILURE, text, page),)), Unsent(page=page, status="failed", error=why)
        )


def _event(kind: EventType, text: str, page: Page, key: str | None = None) -> Event:
    data = {"step": page.step, "recipient": texts.shown(page.recipient), "channel": page.channel}
    return Event(type=kind, message=text, at=workflow.now(), data=data, key=key)
