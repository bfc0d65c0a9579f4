"""What every door for alerts leads to: find the service, admit the alerts, tell Temporal at once."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg
from sqlalchemy import select

from config.settings import Settings
from db.catalogue import UNKNOWN_SERVICE
from db.engine import IntakePool, Sessions
from db.idempotency import Replay, remember, replayed
from db.intake import Admitted, IntakeItem, admit
from db.models import Service
from domain.alert import Alert, service_key
from domain.severity import Severity
from gateway.dispatcher import Dispatcher

CATALOGUE_SECONDS = 10
"""So long a service is known without asking again; a new one is found at once, for a miss always asks."""


@dataclass(frozen=True, slots=True)
class KnownService:
    """What intake must know of a service."""

    id: UUID
    name: str
    until: float


class Intake:
    """Admits alerts. Any number of processes do so at once; Postgres decides."""

    def __init__(self, pool: IntakePool, sessions: Sessions, dispatcher: Dispatcher, settings: Settings) -> None:
        self._pool = pool
        self._sessions = sessions
        self._dispatcher = dispatcher
        self._settings = settings
        self._services: dict[str, KnownService] = {}

    async def report(self, alert: Alert, raw: str) -> Admitted:
        """Admit one alert by the `service` preset: with its fingerprint as the key, else its service."""
        return (await self.report_all([(alert, raw)]))[0]

    async def report_all(self, alerts: Sequence[tuple[Alert, str]]) -> list[Admitted]:
        """Admit alerts together, in one statement; what became of each, in their order."""
        items = [await self._item(alert, raw) for alert, raw in alerts]
        async with self._pool.connection() as connection:
            admitted = await admit(connection, items)
        self._tell(admitted)
        return admitted

    async def report_once(self, alert: Alert, raw: str, user_id: UUID, key: str) -> Replay:
        """Admit an alert that carries an `Idempotency-Key`: its repetition is answered as the first was.

        Raises:
            db.idempotency.KeyReused: the key came with another body before.
        """
        item = await self._item(alert, raw)
        digest = hashlib.sha256(raw.encode()).digest()
        async with self._pool.connection() as connection, connection.transaction():
            before = await replayed(connection, user_id, key, digest)
            if before is not None:
                return before
            admitted = (await admit(connection, [item]))[0]
            status = 201 if admitted.created else 200
            await remember(connection, user_id, key, admitted.incident["id"], status)
        self._tell([admitted])
        return Replay(admitted.incident["id"], status)

    async def service_named(self, name: str) -> KnownService | None:
        """A service of the catalogue."""
        known = self._services.get(name)
        if known is not None and known.until > time.monotonic():
            return known
        query = select(Service.id).where(Service.name == name, Service.is_active)
        async with self._sessions() as session:
            service_id = await session.scalar(query)
        if service_id is None:
            self._services.pop(name, None)
            return None
        known = KnownService(service_id, name, time.monotonic() + CATALOGUE_SECONDS)
        self._services[name] = known
        return known

    async def _item(self, alert: Alert, raw: str) -> IntakeItem:
        service = await self.service_named(alert.service_name)
        known = service is not None
        if service is None:
            service = await self.service_named(UNKNOWN_SERVICE)
        if service is None:
            raise LookupError(f"the catalogue has lost its service {UNKNOWN_SERVICE}")
        return IntakeItem(alert, service.id, service_key(alert, service.id, known=known), raw)

    def _tell(self, admitted: Sequence[Admitted]) -> None:
        told: set[UUID] = set()
        for one in admitted:
            incident_id = one.incident["id"]
            if incident_id not in told:
                told.add(incident_id)
                self._dispatcher.nudge(incident_id, Severity(one.incident["severity"]).rank)


IntakeUnavailable = (psycopg.OperationalError, psycopg.InterfaceError)
"""The database cannot be reached: nothing was accepted."""
