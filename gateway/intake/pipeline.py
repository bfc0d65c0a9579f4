"""What every door for alerts leads to, in the API and in the worker: decide, admit or keep, tell Temporal."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from pydantic_core import to_json

from config.settings import Settings
from db.engine import IntakePool, Sessions
from db.idempotency import Replay, remember, replayed
from db.intake import Admitted, IntakeItem, admit
from db.models import new_id
from domain.alert import Alert, service_key
from domain.intake.signal import Signal
from domain.intake.source import Source
from domain.intake.verdict import Fate, House, ServiceFact, Tools, Verdict, decide
from domain.severity import Severity
from gateway.intake.admission import Admission, Taken
from gateway.intake.batcher import Batcher
from gateway.intake.knowledge import Knowledge
from gateway.intake.placement import Entry, in_runs

SKEW = timedelta(minutes=5)
"""So far ahead a sender's clock may be."""
AT_A_STRETCH = 100
"""Signals of one body that are decided before others have their turn."""
WRITTEN_AT_ONCE = 250
"""Of one body; the next batch takes in what others sent meanwhile."""
MOST_COUNTS = 2000
"""Names of sources that are counted apart: whoever reports may call themselves anything."""

Nudge = Callable[[UUID, int], None]
"""Tells Temporal at once what the outbox says of an incident; its severity's rank goes along."""


class Pipeline:
    """Takes alerts in. Any number of processes do so at once; Postgres decides."""

    def __init__(
        self, pool: IntakePool, sessions: Sessions, knowledge: Knowledge, tools: Tools, nudge: Nudge, settings: Settings
    ) -> None:
        self._pool = pool
        self._knowledge = knowledge
        self._tools = tools
        self._nudge = nudge
        self._admission = Admission(pool, settings.inhibit_seconds)
        self._batcher: Batcher[Entry, Admitted | Taken] = Batcher(self._admission.run)
        self.counts: Counter[tuple[str, str]] = Counter()
        """Alerts of this process by source and fate, for whoever measures."""

    # Signals of monitoring tools.

    async def take(
        self, signals: Sequence[Signal], source: Source, *, keep_as: UUID | None = None, again: bool = False
    ) -> list[Taken]:
        """What became of each signal, in their order, when it is committed.

        Args:
            signals: as the format's adapter read them.
            source: who sent them; its settings hold.
            keep_as: the id under which the one alert of these is kept.
            again: it is kept already, and its quiet time is over.

        Raises:
            psycopg.Error, SQLAlchemyError, OSError: the database cannot be reached: nothing was accepted of what
                has no result.
        """
        house, now = await self._knowledge.house(), datetime.now(UTC)
        entries: list[Entry] = []
        for signal in signals:
            verdict = decide(signal, source, house, now, self._tools)
            entries.append(Entry(_item(verdict, keep_as or new_id(), now), verdict, again))
            if len(entries) % AT_A_STRETCH == 0:
                await asyncio.sleep(0)
        taken: dict[UUID, Taken] = {}
        for run in in_runs(entries):
            for one in await self._admission_of(run):
                taken[one.alert_id] = one
        for entry in entries:
            self._tell(entry, taken[entry.alert_id])
        return [taken[entry.alert_id] for entry in entries]

    async def _admission_of(self, run: Sequence[Entry]) -> list[Taken]:
        if not run[0].goes_together:
            return [await self._admission.alone(entry) for entry in run]
        taken = []
        for at in range(0, len(run), WRITTEN_AT_ONCE):
            for one in await self._batcher.put(run[at : at + WRITTEN_AT_ONCE]):
                assert isinstance(one, Taken), "every entry of a source's door has a verdict"
                taken.append(one)
        return taken

    async def refuse(self, source: Source, body: str, reason: str) -> None:
        """Keep what a known source sent and could not be taken, so that whoever watches it sees why."""
        self._count(source.name, Fate.REFUSED)
        if source.id is None:
            return
        house, now = await self._knowledge.house(), datetime.now(UTC)
        signal = Signal(title=f"Refused: {reason}", raw=body)
        verdict = decide(signal, source, replace(house, rules=()), now, self._tools)
        item = replace(_item(verdict, new_id(), now), identity=None, signal=None, reason=reason)
        await self._admission.refuse(Entry(item, verdict))

    # Reports, each of which is about an incident: `POST /incidents/` and the form.

    async def report(self, alert: Alert, raw: str) -> Admitted:
        """Admit one alert by the `service` preset: with its fingerprint as the key, else its service."""
        return (await self.report_all([(alert, raw)]))[0]

    async def report_all(self, alerts: Sequence[tuple[Alert, str]]) -> list[Admitted]:
        """Admit alerts together; what became of each, in their order."""
        house = await self._house_with([alert.service_name for alert, _ in alerts])
        entries = [Entry(_report_item(alert, raw, house)) for alert, raw in alerts]
        reported = []
        for entry, result in zip(entries, await self._batcher.put(entries), strict=True):
            assert isinstance(result, Admitted)
            self._count(entry.item.alert.source, Fate.NEW if result.created else Fate.ATTACHED)
            if result.due:
                self._nudge(result.incident["id"], Severity(result.incident["severity"]).rank)
            reported.append(result)
        return reported

    async def report_once(self, alert: Alert, raw: str, user_id: UUID, key: str) -> Replay:
        """Admit an alert that carries an `Idempotency-Key`: its repetition is answered as the first was.

        Raises:
            db.idempotency.KeyReused: the key came with another body before.
        """
        item = _report_item(alert, raw, await self._house_with([alert.service_name]))
        digest = hashlib.sha256(raw.encode()).digest()
        async with self._pool.connection() as connection, connection.transaction():
            before = await replayed(connection, user_id, key, digest)
            if before is not None:
                return before
            admitted = (await admit(connection, [item]))[0]
            status = 201 if admitted.created else 200
            await remember(connection, user_id, key, admitted.incident["id"], status)
        self._count(alert.source, Fate.NEW if admitted.created else Fate.ATTACHED)
        self._nudge(admitted.incident["id"], Severity(admitted.incident["severity"]).rank)
        return Replay(admitted.incident["id"], status)

    # What others ask.

    async def service_named(self, name: str) -> ServiceFact | None:
        """A service of the catalogue."""
        return await self._knowledge.service(name)

    def forget(self) -> None:
        """The catalogue changed: the next alert sees it."""
        self._knowledge.forget()

    def _tell(self, entry: Entry, taken: Taken) -> None:
        self._count(entry.item.alert.source, taken.fate)
        if taken.incident_id is not None and taken.due:
            self._nudge(taken.incident_id, taken.rank)

    def _count(self, source: str, fate: Fate) -> None:
        if (source, fate.value) not in self.counts and len(self.counts) >= MOST_COUNTS:
            source = "other"
        self.counts[source, fate.value] += 1

    async def _house_with(self, names: Sequence[str]) -> House:
        """The catalogue; a name that it does not know is looked for once more."""
        house = await self._knowledge.house()
        unknown = next((name for name in names if name not in house.services), None)
        if unknown is not None and await self._knowledge.service(unknown) is not None:
            return await self._knowledge.house()
        return house


def _report_item(alert: Alert, raw: str, house: House) -> IntakeItem:
    service = house.services.get(alert.service_name)
    known, service_id = service is not None, (service or house.unknown).id
    return IntakeItem(alert, service_id, service_key(alert, service_id, known=known), raw)


def _item(verdict: Verdict, alert_id: UUID, now: datetime) -> IntakeItem:
    signal = verdict.signal
    started_at = signal.started_at
    if started_at is not None and started_at > now + SKEW:
        started_at = None  # a clock that ran ahead must not make everything late that comes after
    return IntakeItem(
        alert=verdict.alert,
        service_id=verdict.service.id,
        key=verdict.key.text,
        raw=to_json(signal.raw).decode(),
        window_seconds=verdict.key.window_seconds,
        alert_id=alert_id,
        source_id=verdict.source.id,
        identity=verdict.identity,
        started_at=started_at,
        ended_at=signal.ended_at,
        reason="; ".join(verdict.reasons) or None,
        kind=verdict.source.kind,
        signal=verdict.received.model_dump(exclude={"raw"}),
    )


IntakeUnavailable = (psycopg.OperationalError, psycopg.InterfaceError)
"""The database cannot be reached: nothing was accepted."""
