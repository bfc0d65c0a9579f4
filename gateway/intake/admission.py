"""What becomes of verdicts, now that it can be seen what is open: the part of intake that asks the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from db.engine import IntakePool
from db.episodes import Followed, clear, pass_on, propose_if_left
from db.intake import Admitted, IntakeItem, admit
from db.joining import join
from db.keeping import Kept, keep
from db.thresholds import admit_or_hold
from domain.commands import MAX_TEXT
from domain.intake.signal import Action
from domain.intake.verdict import Fate, Verdict
from domain.severity import Severity
from gateway.intake.placement import Entry, Place, because, places


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one signal."""

    fate: Fate
    reason: str | None
    alert_id: UUID
    incident_id: UUID | None = None
    number: int | None = None
    rank: int = 4
    """The incident's severity, 1 to 4."""
    due: bool = False
    """Whether its workflow is to be told at once."""


class Admission:
    """Asks the database what is open, and writes what becomes of each entry."""

    def __init__(self, pool: IntakePool, inhibit_seconds: float) -> None:
        self._pool = pool
        self._inhibit_seconds = inhibit_seconds

    async def run(self, entries: Sequence[Entry]) -> list[Admitted | Taken]:
        """Admit entries together, but for those that are only kept: `Admitted` of those without a verdict."""
        async with self._pool.connection() as connection:
            if all(entry.verdict is None for entry in entries):
                return [*await admit(connection, [entry.item for entry in entries])]
            placed = await places(connection, entries, self._inhibit_seconds)
            kept = [place.kept for place in placed if place.kept is not None]
            if kept:
                await keep(connection, kept)
            joined = await _joined(connection, placed)
            items = [place.item for place, one in zip(placed, joined, strict=True) if not (place.kept or one)]
            admitted = iter(await admit(connection, items) if items else ())
            results: list[Admitted | Taken] = []
            for entry, place, one in zip(entries, placed, joined, strict=True):
                if place.kept is not None:
                    results.append(_kept(place.kept))
                elif entry.verdict is None:
                    results.append(next(admitted))
                else:
                    results.append(await _fires(connection, entry, place, one or (place.item, next(admitted))))
            return results

    async def alone(self, entry: Entry) -> Taken:
        """An entry that takes a transaction of its own."""
        verdict = entry.verdict
        assert verdict is not None
        async with self._pool.connection() as connection:
            match verdict.signal.action:
                case Action.TRIGGER:
                    return await self._with_threshold(connection, entry, verdict)
                case Action.RESOLVE:
                    flapping = verdict.treatment.flapping if not verdict.is_command else None
                    limits = (flapping.changes, float(flapping.seconds)) if flapping else None
                    kept = Kept(entry.item, entry.alert_id, Fate.RESOLVED)
                    command = _clear(verdict, entry.alert_id)
                    return _taken(entry, await clear(connection, kept, command, limits, verdict.own_key))
                case Action.ACKNOWLEDGE:
                    kept = Kept(entry.item, entry.alert_id, Fate.ACKNOWLEDGED)
                    command = _command(verdict, entry.alert_id, "acknowledge", note=_note(verdict))
                    return _taken(entry, await pass_on(connection, kept, command, verdict.own_key))
                case Action.NOTE:
                    kept = Kept(entry.item, entry.alert_id, Fate.NOTED)
                    text = _note(verdict) or verdict.signal.title
                    command = _command(verdict, entry.alert_id, "comment", text=text)
                    return _taken(entry, await pass_on(connection, kept, command, verdict.own_key))

    async def refuse(self, entry: Entry) -> None:
        """Keep what could not be taken."""
        async with self._pool.connection() as connection:
            await keep(connection, [Kept(entry.item, entry.alert_id, Fate.REFUSED)])

    async def _with_threshold(self, connection: psycopg.AsyncConnection[Any], entry: Entry, verdict: Verdict) -> Taken:
        threshold = verdict.treatment.threshold
        assert threshold is not None
        (place,) = await places(connection, [entry], self._inhibit_seconds)
        if place.kept is not None:
            await keep(connection, [place.kept])
            return _kept(place.kept)
        (joined,) = await _joined(connection, [place])
        if joined is not None:
            return await _fires(connection, entry, place, joined)
        waits = f"{threshold.count} within {threshold.seconds} s are needed before an incident is opened"
        kept = Kept(because(place.item, waits), entry.alert_id, Fate.HELD)
        found = await admit_or_hold(connection, kept, threshold.count, threshold.seconds)
        if isinstance(found, int):
            return Taken(Fate.HELD, f"{found} so far: {waits}", entry.alert_id)
        return await _fires(connection, entry, place, (place.item, found))


_Went = tuple[IntakeItem, Admitted]
"""What was admitted, and what became of it."""


async def _joined(connection: psycopg.AsyncConnection[Any], placed: Sequence[Place]) -> list[_Went | None]:
    """Those that join an incident; None for the others, and where that incident is over by now: their key decides."""
    joining = [place.joining for place in placed if place.joining is not None]
    admitted = iter(await join(connection, joining))
    return [
        (place.joining.item, one) if place.joining is not None and (one := next(admitted)) is not None else None
        for place in placed
    ]


async def _fires(connection: psycopg.AsyncConnection[Any], entry: Entry, place: Place, went: _Went) -> Taken:
    """It is in an incident; where that is another one than before, the one before may have ended with it."""
    item, admitted = went
    incident = admitted.incident
    if place.fires_in not in (None, incident["id"]):
        await propose_if_left(connection, place.fires_in, entry.alert_id, incident["number"])
    fate = Fate.NEW if admitted.created else Fate.ATTACHED
    rank = Severity(incident["severity"]).rank
    return Taken(fate, item.reason, entry.alert_id, incident["id"], incident["number"], rank, admitted.due)


def _kept(kept: Kept) -> Taken:
    return Taken(Fate(kept.fate), kept.item.reason, kept.alert_id)


def _taken(entry: Entry, followed: Followed) -> Taken:
    return Taken(
        Fate(followed.fate),
        followed.reason,
        entry.alert_id,
        followed.incident_id,
        followed.number,
        followed.rank,
        due=followed.incident_id is not None and followed.news,
    )


def _command(verdict: Verdict, alert_id: UUID, kind: str, **fields: Any) -> dict[str, Any]:
    """A command by the source: a person whom it names is not known here, and goes into the note."""
    return {"kind": kind, "id": f"alert.{alert_id}", "actor": verdict.source.name, "via": "alerts", **fields}


def _note(verdict: Verdict) -> str | None:
    words = (verdict.signal.actor, verdict.signal.note)
    return ": ".join(word for word in words if word)[:MAX_TEXT] or None


def _clear(verdict: Verdict, alert_id: UUID) -> dict[str, Any]:
    treatment = verdict.treatment
    return _command(
        verdict,
        alert_id,
        "clear",
        auto=verdict.is_command or treatment.auto_resolve,
        delay_seconds=0.0 if verdict.is_command else float(treatment.resolve_delay_seconds),
        note=_note(verdict),
    )
