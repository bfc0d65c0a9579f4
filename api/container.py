"""What one API process is made of."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from api.authentication import Credentials
from api.limits import Limits
from api.signatures.sns import Sns, fetch
from config.sealing import Sealer
from config.settings import Settings
from config.temporal import connect
from db.catalogue.reading import CatalogueReader
from db.documents import DocumentVersions
from db.engine import IntakePool, Sessions, make_engine, make_intake_pool, make_sessions
from db.inbox import InboxMessages
from db.rooms import WarRooms
from gateway.commands import Commands
from gateway.dispatcher import Dispatcher
from gateway.health import Watch
from gateway.intake import expressions
from gateway.intake.knowledge import Knowledge
from gateway.intake.noise import Noise
from gateway.intake.pipeline import Pipeline
from gateway.live import Live
from gateway.outbox import OutboxDelivery
from gateway.outgoing import outgoing_client
from gateway.pings import Pings
from gateway.workflows import Workflows
from providers.webhook import POST_SECONDS, WebhookChannel


@dataclass(frozen=True)
class Container:
    """The parts, made once, passed to whoever needs them."""

    settings: Settings
    sessions: Sessions
    intake_pool: IntakePool
    credentials: Credentials
    limits: Limits
    sealer: Sealer
    catalogue: CatalogueReader
    sns: Sns
    intake: Pipeline
    commands: Commands
    pings: Pings
    watch: Watch
    live: Live
    inbox: InboxMessages
    documents: DocumentVersions
    rooms: WarRooms
    webhook: WebhookChannel
    """For codes and test pages: whoever asks for one waits for what becomes of it."""


@contextlib.asynccontextmanager
async def open_container(settings: Settings) -> AsyncIterator[Container]:
    """Make the parts and run what works in the background; nothing here needs Temporal to be up."""
    engine = make_engine(settings.database, settings.database_pool)
    sessions = make_sessions(engine)
    pool = make_intake_pool(settings.database)
    await pool.open()
    workflows = Workflows(await connect(settings))
    catalogue = CatalogueReader()
    delivery = OutboxDelivery(sessions, workflows, settings, catalogue)
    watch = Watch(sessions, workflows, settings)
    dispatcher = Dispatcher(delivery, lambda: watch.health.temporal)
    knowledge = Knowledge(sessions, settings.correlation_window_seconds)
    intake = Pipeline(pool, sessions, knowledge, expressions.TOOLS, dispatcher.nudge, settings)
    credentials = Credentials()
    noise = Noise(intake, sessions)
    pings = Pings(sessions, workflows.heartbeats)

    way_out = outgoing_client(settings.allow_private_addresses, POST_SECONDS)
    secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else None

    def house_changed() -> None:
        intake.forget()
        credentials.forget()

    container = Container(
        settings=settings,
        sessions=sessions,
        intake_pool=pool,
        credentials=credentials,
        limits=Limits(settings, noise.refused),
        sealer=Sealer(settings.secret_key),
        catalogue=catalogue,
        sns=Sns(fetch),
        intake=intake,
        commands=Commands(sessions, workflows, delivery, dispatcher, settings.command_wait_seconds),
        pings=pings,
        watch=watch,
        live=Live(settings.database, house_changed),
        inbox=InboxMessages(sessions),
        documents=DocumentVersions(sessions),
        rooms=WarRooms(sessions),
        webhook=WebhookChannel(way_out, secret),
    )
    background = [asyncio.create_task(part.run()) for part in (dispatcher, watch, container.live, noise, pings)]
    try:
        yield container
    finally:
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await way_out.aclose()
        await pool.close()
        await engine.dispose()
