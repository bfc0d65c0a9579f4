"""What one API process is made of."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from api.intake import Intake
from config.settings import Settings
from config.temporal import connect
from db.documents import DocumentVersions
from db.engine import IntakePool, Sessions, make_engine, make_intake_pool, make_sessions
from db.inbox import InboxMessages
from db.rooms import WarRooms
from gateway.commands import Commands
from gateway.dispatcher import Dispatcher
from gateway.health import Watch
from gateway.live import Live
from gateway.outbox import OutboxDelivery
from gateway.workflows import Workflows


@dataclass(frozen=True)
class Container:
    """The parts, made once, passed to whoever needs them."""

    settings: Settings
    sessions: Sessions
    intake_pool: IntakePool
    intake: Intake
    commands: Commands
    watch: Watch
    live: Live
    inbox: InboxMessages
    documents: DocumentVersions
    rooms: WarRooms


@contextlib.asynccontextmanager
async def open_container(settings: Settings) -> AsyncIterator[Container]:
    """Make the parts and run what works in the background; nothing here needs Temporal to be up."""
    engine = make_engine(settings.database, settings.database_pool)
    sessions = make_sessions(engine)
    pool = make_intake_pool(settings.database)
    await pool.open()
    workflows = Workflows(await connect(settings))
    delivery = OutboxDelivery(sessions, workflows, settings)
    dispatcher = Dispatcher(delivery)
    container = Container(
        settings=settings,
        sessions=sessions,
        intake_pool=pool,
        intake=Intake(pool, sessions, dispatcher, settings),
        commands=Commands(sessions, workflows, delivery, dispatcher),
        watch=Watch(sessions, workflows, settings),
        live=Live(settings.database),
        inbox=InboxMessages(sessions),
        documents=DocumentVersions(sessions),
        rooms=WarRooms(sessions),
    )
    background = [asyncio.create_task(part.run()) for part in (dispatcher, container.watch, container.live)]
    try:
        yield container
    finally:
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await pool.close()
        await engine.dispose()
