"""What becomes of verdicts, now that it can be seen what is open: the part of intake that asks the database."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from db.engine import IntakePool
from db.episodes import Episode, Followed, Inhibiting, clear, inhibiting_incidents, known_episodes, pass_on
from db.intake import Admitted, IntakeItem, admit
from db.keeping import Kept, keep
from db.thresholds import admit_or_hold
from domain.commands import MAX_TEXT
from domain.intake.correlation import SPLIT_PREFIX
from domain.intake.episode import is_past
from domain.intake.signal import Action
from domain.intake.verdict import Fate, Verdict
from domain.severity import Severity


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


@dataclass(frozen=True, slots=True)
class Entry:
    """An alert on its way in, and the verdict on it when it came through a source's door."""

    item: IntakeItem
    verdict: Verdict | None = None
    again: bool = False
    """It is kept already, and is looked at again because its quiet time is over."""

    @property
    def alert_id(self) -> UUID:
        """Under which it is kept."""
        assert self.item.moved_alert_id is not None
        return self.item.moved_alert_id

    @property
    def goes_together(self) -> bool:
        """Whether it can be admitted in one statement with others."""
        verdict = self.verdict
        if verdict is None:
            return True
        return verdict.fate is None and verdict.signal.action is Action.TRIGGER and not verdict.treatment.threshold


def in_runs(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Entries that are handled together, and those that are handled alone, so that of two about the same alert
    neither overtakes the other."""
    if len({entry.item.identity for entry in entries}) < len(entries):
        return [list(run) for _, run in itertools.groupby(entries, lambda entry: entry.goes_together)]
    together = [entry for entry in entries if entry.goes_together]
    alone = [entry for entry in entries if not entry.goes_together]
    return [run for run in (together, alone) if run]


class Admission:
    """Asks the database what is open, and writes what becomes of each entry."""

    def __init__(self, pool: IntakePool, inhibit_seconds: float) -> None:
        self._pool = pool
        self._inhibit_seconds = inhibit_seconds

    async def run(self, entries: Sequence[Entry]) -> list[Admitted | Taken]:
        """Admit entries together, but for those that come late: `Admitted` of those without a verdict."""
        async with self._pool.connection() as connection:
            if all(entry.verdict is None for entry in entries):
                return [*await admit(connection, [entry.item for entry in entries])]
            placed = await self._placed(connection, entries)
            late = [entry for entry in placed if isinstance(entry, Kept)]
            if late:
                await keep(connection, late)
            items = [entry for entry in placed if isinstance(entry, IntakeItem)]
            admitted = iter(await admit(connection, items) if items else ())
        return [
            Taken(Fate.LATE, one.item.reason, one.alert_id)
            if isinstance(one, Kept)
            else _result(entry, one, next(admitted))
            for entry, one in zip(entries, placed, strict=True)
        ]

    async def alone(self, entry: Entry) -> Taken:
        """An entry that takes a transaction of its own."""
        verdict = entry.verdict
        assert verdict is not None
        async with self._pool.connection() as connection:
            if verdict.fate is not None:
                kept = Kept(entry.item, entry.alert_id, verdict.fate, quiet_until=verdict.quiet_until)
                await keep(connection, [kept])
                return Taken(verdict.fate, entry.item.reason, entry.alert_id)
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
        (placed,) = await self._placed(connection, [entry])
        if isinstance(placed, Kept):
            await keep(connection, [placed])
            return Taken(Fate.LATE, placed.item.reason, entry.alert_id)
        waits = f"{threshold.count} within {threshold.seconds} s are needed before an incident is opened"
        kept = Kept(_because(placed, waits), entry.alert_id, Fate.HELD)
        found = await admit_or_hold(connection, kept, threshold.count, threshold.seconds)
        if isinstance(found, int):
            return Taken(Fate.HELD, f"{found} so far: {waits}", entry.alert_id)
        return _admitted(entry, placed, found)

    async def _placed(
        self, connection: psycopg.AsyncConnection[Any], entries: Sequence[Entry]
    ) -> list[IntakeItem | Kept]:
        """Each item with the key under which it goes in; one that comes late as it is kept."""
        identities = [entry.item.identity for entry in entries if entry.item.identity is not None]
        known = await known_episodes(connection, identities)
        above = {
            service
            for entry in entries
            if entry.verdict and not _belongs(entry, known.get(entry.item.identity or ""))
            for service in entry.verdict.service.depends_on
        }
        inhibiting = await inhibiting_incidents(connection, list(above), self._inhibit_seconds) if above else {}
        return [
            _place(entry, entry.verdict, known.get(entry.item.identity or ""), inhibiting)
            if entry.verdict
            else entry.item
            for entry in entries
        ]


def _belongs(entry: Entry, episode: Episode | None) -> bool:
    """A known fingerprint stays with its incident as long as that is open (REQUIREMENTS X-01), and so does an alert
    that somebody has moved."""
    if episode is None or not episode.is_open or entry.verdict is None:
        return False
    has_own_place = entry.verdict.signal.fingerprint is not None or episode.slot_key.startswith(SPLIT_PREFIX)
    return episode.status == "firing" and has_own_place


def _place(
    entry: Entry, verdict: Verdict, episode: Episode | None, inhibiting: dict[UUID, Inhibiting]
) -> IntakeItem | Kept:
    item = entry.item
    if episode is not None:
        if _is_late(entry, episode):
            return Kept(_because(item, "it is about an episode that is over"), entry.alert_id, Fate.LATE)
        if _belongs(entry, episode):
            return replace(item, key=episode.slot_key, window_seconds=None)
    for service in verdict.service.depends_on:
        if service in inhibiting:
            cause = inhibiting[service]
            why = f"{verdict.service.name} depends on {cause.name}, which is down: INC-{cause.number}"
            return replace(_because(item, why), key=cause.correlation_key, window_seconds=None)
    return _continued(item, verdict, episode)


def _is_late(entry: Entry, episode: Episode) -> bool:
    """It is over by what its sender says, or went back to normal while it was being looked at again."""
    if entry.again and episode.status == "resolved":
        return True
    return is_past(entry.item.started_at, episode.over_started_at)


def _continued(item: IntakeItem, verdict: Verdict, episode: Episode | None) -> IntakeItem:
    """An alert that fires again so soon opens an incident that continues the one before."""
    seconds = verdict.treatment.reopen_seconds
    if not seconds or episode is None or episode.is_open or episode.resolved_at is None:
        return item
    if datetime.now(UTC) - episode.resolved_at > timedelta(seconds=seconds):
        return item
    before = f"INC-{episode.number}"
    alert = item.alert.model_copy(
        update={
            "labels": item.alert.labels | {"continues": before},
            "lead": episode.lead,
            "description": f"It fires again: this continues {before}.\n\n{item.alert.description}".strip(),
        }
    )
    return replace(_because(item, f"continues {before}"), alert=alert)


def _because(item: IntakeItem, why: str) -> IntakeItem:
    return replace(item, reason="; ".join(word for word in (item.reason, why) if word))


def _result(entry: Entry, placed: IntakeItem, admitted: Admitted) -> Admitted | Taken:
    return admitted if entry.verdict is None else _admitted(entry, placed, admitted)


def _admitted(entry: Entry, placed: IntakeItem, admitted: Admitted) -> Taken:
    fate = Fate.NEW if admitted.created else Fate.ATTACHED
    incident = admitted.incident
    rank = Severity(incident["severity"]).rank
    return Taken(fate, placed.reason, entry.alert_id, incident["id"], incident["number"], rank, admitted.due)


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
