"""A worker: the activities with their dependencies, two task queues, and the relay."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from types import MappingProxyType
from uuid import UUID

import structlog
import uvloop
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.worker import PollerBehaviorAutoscaling, Worker, WorkerDeploymentConfig
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.documents import DocumentActivities
from activities.duty import DutyActivities
from activities.heartbeating import Heartbeating
from activities.paging import PagingActivities
from activities.records import RecordActivities
from activities.source_heartbeats import HeartbeatActivities, Report
from activities.war_rooms import WarRoomActivities
from config.defaults import DOCUMENT_TEMPLATE
from config.logging import configure_logging
from config.settings import Settings
from config.temporal import PAGING_QUEUE, QUEUE, connect
from db.catalogue.reading import CatalogueReader
from db.documents import DocumentVersions
from db.engine import Sessions, make_engine, make_intake_pool, make_sessions
from db.inbox import InboxMessages
from db.rooms import WarRooms
from domain.channels import ChannelName
from gateway.duty.calendars import CalendarRefresh
from gateway.duty.schedules import DutySchedules
from gateway.intake import expressions
from gateway.intake.knowledge import Knowledge
from gateway.intake.pipeline import Pipeline
from gateway.intake.release import Release
from gateway.outbox import OutboxDelivery
from gateway.outgoing import outgoing_client
from gateway.relay import Relay
from gateway.workflows import Workflows
from providers.builtin_document import BuiltinDocumentStore
from providers.builtin_war_room import BuiltinWarRoom
from providers.inbox import Inbox
from providers.protocols import Channel, DocumentStore, WarRoom
from providers.webhook import POST_SECONDS, WebhookChannel
from workflows.duty import DutyRemindersWorkflow, HandoffWorkflow, ReadinessDigestWorkflow
from workflows.heartbeat import HeartbeatWorkflow
from workflows.incident import IncidentWorkflow

logger = structlog.get_logger(__name__)

PURE_PACKAGES = ("domain", "workflows", "activities", "pydantic", "pydantic_core", "annotated_types")
"""Passed through the workflow sandbox: rules and value types that touch nothing outside."""

DEPLOYMENT = WorkerDeploymentConfig(
    version=WorkerDeploymentVersion("tocsin", version("tocsin")), use_worker_versioning=False
)
"""Named, for otherwise the SDK compiles every module of the process to make up a name: seconds of CPU."""

GRACEFUL_STOP = timedelta(seconds=10)

INTAKE_CONNECTIONS = 2
KNOWN_SECONDS = 1.0
"""A worker does not listen for changes of the catalogue, and reports little: it may read it often."""


@dataclass(frozen=True)
class Providers:
    """The outside systems of one worker."""

    documents: DocumentStore
    war_rooms: WarRoom
    channels: Mapping[str, Channel]
    inbox: Channel


NONE_SET: Mapping[str, Channel] = MappingProxyType({})


def builtin_providers(sessions: Sessions, channels: Mapping[str, Channel] = NONE_SET) -> Providers:
    """Document, war room and inbox inside the product; the inbox plays every channel that is not given."""
    return Providers(
        documents=BuiltinDocumentStore(DocumentVersions(sessions)),
        war_rooms=BuiltinWarRoom(WarRooms(sessions)),
        channels=channels,
        inbox=Inbox(InboxMessages(sessions)),
    )


def sandbox() -> SandboxedWorkflowRunner:
    """How workflow code is run, and replayed."""
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*PURE_PACKAGES))


def make_workers(
    client: Client,
    sessions: Sessions,
    providers: Providers,
    settings: Settings,
    report: Report,
    catalogue: CatalogueReader,
) -> list[Worker]:
    """One worker for workflows and slow vendors, one for paging and records."""
    documents = DocumentActivities(sessions, providers.documents, DOCUMENT_TEMPLATE.read_text())
    rooms = WarRoomActivities(providers.war_rooms)
    records = RecordActivities(sessions, catalogue)
    paging = PagingActivities(sessions, providers.channels, providers.inbox)
    heartbeats = HeartbeatActivities(sessions, report)
    duty = DutyActivities(sessions, catalogue, settings.base_url)
    orchestrating = Worker(
        client,
        task_queue=QUEUE,
        workflows=[
            IncidentWorkflow,
            HeartbeatWorkflow,
            HandoffWorkflow,
            DutyRemindersWorkflow,
            ReadinessDigestWorkflow,
        ],
        activities=[
            documents.create_document,
            documents.update_document,
            rooms.open_war_room,
            rooms.post_to_war_room,
            rooms.archive_war_room,
        ],
        workflow_runner=sandbox(),
        max_cached_workflows=settings.max_cached_workflows,
        max_concurrent_activities=500,  # they wait for vendors: a hung one must not stop the others
        interceptors=[Heartbeating()],
        deployment_config=DEPLOYMENT,
        graceful_shutdown_timeout=GRACEFUL_STOP,
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(minimum=2, maximum=10, initial=4),
    )
    pager = Worker(
        client,
        task_queue=PAGING_QUEUE,
        activities=[
            records.record,
            records.who_answers,
            paging.deliver,
            heartbeats.look_for_ping,
            heartbeats.report_heartbeat,
            heartbeats.disarm_heartbeat,
            duty.hand_over,
            duty.remind_of_duty,
            duty.send_readiness,
        ],
        max_concurrent_activities=100,
        interceptors=[Heartbeating()],
        deployment_config=DEPLOYMENT,
        graceful_shutdown_timeout=GRACEFUL_STOP,
        activity_task_poller_behavior=PollerBehaviorAutoscaling(minimum=2, maximum=10, initial=4),
    )
    return [orchestrating, pager]


@contextlib.asynccontextmanager
async def running(
    engine: AsyncEngine, client: Client, settings: Settings, providers: Providers | None = None
) -> AsyncIterator[None]:
    """Workers and relay, as long as the block lasts.

    Args:
        engine: the database.
        client: connected to Temporal.
        settings: of this process.
        providers: the outside systems; the built-in ones if None.
    """
    sessions = make_sessions(engine)
    workflows = Workflows(client)
    catalogue = CatalogueReader()
    delivery = OutboxDelivery(sessions, workflows, settings, catalogue)
    relay = Relay(sessions, workflows, delivery, settings)
    async with contextlib.AsyncExitStack() as stack:
        pool = await stack.enter_async_context(make_intake_pool(settings.database, INTAKE_CONNECTIONS))
        knowledge = Knowledge(sessions, settings.correlation_window_seconds, KNOWN_SECONDS)
        intake = Pipeline(pool, sessions, knowledge, expressions.TOOLS, _left_to_the_relay, settings)
        way_out = await stack.enter_async_context(outgoing_client(settings.allow_private_addresses, POST_SECONDS))
        secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else None
        webhook = WebhookChannel(way_out, secret)
        outside = providers or builtin_providers(sessions, {ChannelName.WEBHOOK: webhook})
        for worker in make_workers(client, sessions, outside, settings, intake.take, catalogue):
            await stack.enter_async_context(worker)
        duty = (DutySchedules(sessions, client, catalogue), CalendarRefresh(sessions, catalogue, settings))
        background = [asyncio.create_task(part.run()) for part in (relay, Release(sessions, intake), *duty)]
        try:
            yield
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await relay.say_goodbye()


def _left_to_the_relay(incident_id: UUID, rank: int) -> None:
    """What a worker reports is in the outbox, and its relay looks there all the time."""


async def _main(settings: Settings) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    engine = make_engine(settings.database, settings.database_pool, check=False)
    client = await _connected(settings, stop)
    if client is not None:
        async with running(engine, client, settings):
            logger.info("worker: polling", queues=[QUEUE, PAGING_QUEUE])
            await stop.wait()
            logger.info("worker: stopping")
    await engine.dispose()


async def _connected(settings: Settings, stop: asyncio.Event) -> Client | None:
    """A worker needs a connection to begin with; Temporal is waited for as long as it takes."""
    while not stop.is_set():
        try:
            return await connect(settings, lazy=False)
        except RuntimeError as error:
            logger.warning("worker: Temporal does not answer yet", error=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), timeout=1)
    return None


def run(settings: Settings) -> None:
    """The body of `tocsin worker`: until SIGTERM or SIGINT."""
    configure_logging(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main(settings))
