"""The product in one process: what a test does to it, and what it reads of it."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client, WorkflowHandle

import worker
from config.settings import Settings
from db import incidents
from db.catalogue.reading import CatalogueReader
from db.engine import IntakePool, make_engine, make_sessions
from db.intake import Admitted, IntakeItem, admit
from db.models import Event, InboxMessage, Notification, Outbox, Policy, Service, Team, User, new_id
from db.outbox import waiting
from db.starting import StartingPoint, starting_point
from domain.alert import Alert, service_key
from domain.commands import COMMAND, Command
from domain.incident import Incident
from domain.policy import Policy as PolicyValue
from gateway.commands import Answer, Commands
from gateway.dispatcher import Dispatcher
from gateway.outbox import OutboxDelivery
from gateway.relay import Relay
from gateway.starting import initial_state
from gateway.workflows import Workflows, workflow_id
from tests.support.values import an_alert
from tests.support.waiting import WAIT_SECONDS, be_patient_with_workflows, eventually
from worker import Providers
from workflows.incident import IncidentWorkflow
from workflows.state import IncidentState

be_patient_with_workflows()


class House:
    """Intake, outbox, gateway and, inside `working()`, workers and relay."""

    def __init__(self, engine: AsyncEngine, pool: IntakePool, client: Client, settings: Settings) -> None:
        self.engine = engine
        self.pool = pool
        self.client = client
        self.settings = settings
        self.sessions = make_sessions(engine)
        self.workflows = Workflows(client)
        self.catalogue = CatalogueReader()
        self.delivery = OutboxDelivery(self.sessions, self.workflows, settings, self.catalogue)
        self.commands = Commands(
            self.sessions, self.workflows, self.delivery, Dispatcher(self.delivery), settings.command_wait_seconds
        )
        self.relay = Relay(self.sessions, self.workflows, self.delivery, settings)

    def with_settings(self, **changes: Any) -> "House":
        """The same house with other settings."""
        return House(self.engine, self.pool, self.client, self.settings.model_copy(update=changes))

    @contextlib.asynccontextmanager
    async def working(self, providers: Providers | None = None) -> AsyncIterator["House"]:
        """With workers and relay, which have connections of their own: nobody who looks waits for one of theirs."""
        engine = make_engine(self.settings.database)
        try:
            async with worker.running(engine, self.client, self.settings, providers):
                yield self
        finally:
            await engine.dispose()

    # What tests do.

    async def admit(self, alert: Alert, *, window: int | None = None, key: str | None = None) -> Admitted:
        """Accept an alert, and tell Temporal nothing yet."""
        async with self.pool.connection() as connection:
            return (await admit(connection, [await self.item(alert, window=window, key=key)]))[0]

    async def item(self, alert: Alert, *, window: int | None = None, key: str | None = None) -> IntakeItem:
        """An alert on its way in, as the API makes it."""
        async with self.sessions() as session:
            service = await session.scalar(select(Service).where(Service.name == alert.service_name))
            known = service is not None
            if service is None:
                service = (await session.scalars(select(Service).where(Service.name == "Unknown/Triage"))).one()
        return IntakeItem(
            alert=alert,
            service_id=service.id,
            key=key or service_key(alert, service.id, known=known),
            raw=alert.model_dump_json(),
            window_seconds=window,
        )

    async def report(self, alert: Alert | None = None, **changes: Any) -> "Told":
        """Accept an alert and deliver what the outbox says of it."""
        told = Told(self, await self.admit(alert or an_alert(**changes)))
        await self.hand_over(told.id)
        return told

    async def hand_over(self, incident_id: UUID) -> None:
        """Deliver start and commands from the outbox. What the relay has just taken is not ours, and not told yet."""

        async def handed_over() -> bool:
            await self.delivery.drain(incident_id)
            async with self.sessions() as session:
                return not await waiting(session, incident_id)

        await eventually(handed_over, what="start and commands of the outbox")

    async def report_short(self, messages_per_run: int, **changes: Any) -> "Told":
        """As `report`, and the workflow continues as new after so many messages."""
        item = await self.item(an_alert(**changes))
        async with self.pool.connection() as connection, connection.transaction():
            (admitted,) = await admit(connection, [item])
            # The relay never sees it free: it would start the workflow with as many messages as always.
            await self._lease(connection, admitted, datetime.now(UTC) + timedelta(hours=1))
        told = Told(self, admitted)
        state = await self.initial_state(told.id)
        await self.workflows.start(state.model_copy(update={"messages_per_run": messages_per_run}))
        async with self.pool.connection() as connection:
            await self._lease(connection, admitted, None)
        await self.hand_over(told.id)
        return told

    async def _lease(self, connection: AsyncConnection[Any], admitted: Admitted, until: datetime | None) -> None:
        query = "UPDATE outbox SET leased_until = %s WHERE incident_id = %s"
        await connection.execute(query, (until, admitted.incident["id"]))

    async def initial_state(self, incident_id: UUID) -> IncidentState:
        """With what an incident's workflow would begin now."""
        return initial_state(await self.point(incident_id), self.settings)

    async def point(self, incident_id: UUID) -> StartingPoint:
        """What row and ledger say of an incident."""
        async with self.sessions() as session:
            point = await starting_point(session, self.catalogue, incident_id, "ladder")
        assert point is not None
        return point

    async def command(self, incident_id: UUID, kind: str, **fields: Any) -> Answer:
        """Give a command through the gateway."""
        command = {"kind": kind, "id": str(new_id()), "actor": "ana@example.com", **fields}
        return await self.commands.give(incident_id, COMMAND.validate_python(command))

    async def make_service(
        self, policy: PolicyValue | None = None, *, on_call: str | None = "ana@example.com", **team: Any
    ) -> str:
        """A service with a team of its own: channel `#team`, on call ana, manager dee, unless told otherwise."""
        name = f"service-{new_id().hex[-12:]}"
        manager = team.pop("manager", "dee@example.com")
        async with self.sessions.begin() as session:
            policy_id = None
            if policy is not None:
                policy_id = new_id()
                session.add(Policy(id=policy_id, name=name, definition=policy.model_dump(mode="json")))
                await session.flush()
            owner = Team(
                id=new_id(),
                name=f"team of {name}",
                slug=name,
                channel=team.pop("channel", "#team"),
                policy_id=policy_id,
                on_call_id=await session.scalar(select(User.id).where(User.email == on_call)),
                manager_id=await session.scalar(select(User.id).where(User.email == manager)),
            )
            session.add(owner)
            await session.flush()
            session.add(Service(id=new_id(), name=name, team_id=owner.id))
        return name

    # What tests read.

    async def row(self, incident_id: UUID) -> RowMapping:
        """The incident's row."""
        async with self.sessions() as session:
            row = await incidents.find(session, incident_id)
        assert row is not None
        return row

    async def events(self, incident_id: UUID) -> Sequence[Event]:
        """The timeline."""
        async with self.sessions() as session:
            return await incidents.events(session, incident_id, 500)

    async def ledger(self, incident_id: UUID) -> Sequence[Notification]:
        """Every page."""
        async with self.sessions() as session:
            return await incidents.notifications(session, incident_id, 1000)

    async def inbox(self, incident_id: UUID) -> Sequence[InboxMessage]:
        """Every message in the built-in inbox."""
        query = select(InboxMessage).where(InboxMessage.incident_id == incident_id).order_by(InboxMessage.id)
        async with self.sessions() as session:
            return (await session.scalars(query)).all()

    async def outbox(self, incident_id: UUID | None = None) -> Sequence[Outbox]:
        """What Temporal has yet to be told."""
        query = select(Outbox).order_by(Outbox.id)
        if incident_id is not None:
            query = query.where(Outbox.incident_id == incident_id)
        async with self.sessions() as session:
            return (await session.scalars(query)).all()


class Told:
    """One incident of a test, by its id and number."""

    def __init__(self, house: House, admitted: Admitted) -> None:
        self.house = house
        self.id: UUID = admitted.incident["id"]
        self.number: int = admitted.incident["number"]
        self.created = admitted.created

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        """Its workflow."""
        return self.house.client.get_workflow_handle(workflow_id(self.number))

    async def give(self, kind: str, **fields: Any) -> Answer:
        """A command through the gateway."""
        return await self.house.command(self.id, kind, **fields)

    async def update(self, command: Command) -> Incident:
        """A command past the gateway; the incident as the workflow answers."""
        result = await self.handle.execute_update("command", command, id=command.id, result_type=Incident)
        return Incident.model_validate(result)

    async def row(self) -> RowMapping:
        """Its row."""
        return await self.house.row(self.id)

    async def state(self) -> IncidentState:
        """What its workflow knows."""
        return await self.handle.query(IncidentWorkflow.state)

    async def steps(self) -> list[str]:
        """Steps on the ledger, each once; by name, for pages of one instant overtake one another."""
        return sorted({row.step for row in await self.house.ledger(self.id)})

    async def pages(self, status: str | None = None) -> list[tuple[str, str, str]]:
        """(step, recipient, channel) of the ledger, sorted."""
        rows = await self.house.ledger(self.id)
        return sorted((r.step, r.recipient, r.channel) for r in rows if status in (None, r.status))

    async def types(self) -> list[str]:
        """Types of the timeline's entries."""
        return [event.type for event in await self.house.events(self.id)]

    async def texts(self, kind: str | None = None) -> list[str]:
        """Messages of the timeline's entries."""
        return [event.message for event in await self.house.events(self.id) if kind in (None, event.type)]

    async def until_type(self, kind: str, count: int = 1, seconds: float = WAIT_SECONDS) -> None:
        """Wait until the timeline has so many entries of a type."""

        async def there() -> bool:
            return (await self.types()).count(kind) >= count

        await eventually(there, seconds, f"{count} × {kind}")

    async def until_text(self, part: str, seconds: float = WAIT_SECONDS) -> None:
        """Wait until an entry of the timeline has this in its message; pages overtake what is said of them."""

        async def there() -> bool:
            return any(part in text for text in await self.texts())

        await eventually(there, seconds, part)

    async def until_step(self, step: str, seconds: float = WAIT_SECONDS, *, pages: int = 1) -> None:
        """Wait until every page of a step on the ledger was sent, and at least so many: each is begun by itself."""

        async def there() -> bool:
            statuses = [row.status for row in await self.house.ledger(self.id) if row.step == step]
            return len(statuses) >= pages and set(statuses) == {"sent"}

        await eventually(there, seconds, f"{pages} pages of {step}")

    async def until_steps(self, *steps: str, seconds: float = WAIT_SECONDS) -> None:
        """Wait until every page of each of these steps was sent, in any order; the ledger has no other step then.

        In a drill the pages of neighbouring steps overtake one another: the last one there says nothing of the others.
        """
        for step in steps:
            await self.until_step(step, seconds)
        assert await self.steps() == sorted(steps)

    async def seconds_to_first_page(self) -> float | None:
        """From the acceptance to the first message in an inbox; None before it."""
        messages = await self.house.inbox(self.id)
        created = (await self.row())["created_at"]
        return (messages[0].received_at - created).total_seconds() if messages else None

    async def until_finished(self, count: int = 1, seconds: float = WAIT_SECONDS) -> None:
        """Wait until the orchestration has finished."""
        await self.until_type("ORCHESTRATION_FINISHED", count, seconds)
