"""Where alerts go: nowhere, into an incident that is open, or where their own key leads."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from db.episodes import Episode, Inhibiting, inhibiting_incidents, known_episodes
from db.intake import IntakeItem
from db.joining import Joining
from db.keeping import Kept
from domain.intake.correlation import SPLIT_PREFIX
from domain.intake.placement import joins, stays
from domain.intake.signal import Action
from domain.intake.verdict import Fate, Verdict


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
        assert self.item.alert_id is not None
        return self.item.alert_id

    @property
    def decided(self) -> Fate | None:
        """Its fate when that is known already: it opens and joins nothing, and is only kept."""
        return self.verdict.fate if self.verdict else None

    @property
    def goes_together(self) -> bool:
        """Whether it can be written in one statement with others."""
        verdict = self.verdict
        if verdict is None or verdict.fate is not None:
            return True
        return verdict.signal.action is Action.TRIGGER and not verdict.treatment.threshold


def in_runs(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Entries that are handled together, and those that are handled alone, so that of two about the same alert
    neither overtakes the other."""
    if len({entry.item.identity for entry in entries}) < len(entries):
        ways = itertools.groupby(entries, lambda entry: (entry.goes_together, entry.decided is None))
        return [list(run) for _, run in ways]
    together = [entry for entry in entries if entry.goes_together]
    alone = [entry for entry in entries if not entry.goes_together]
    return [run for run in (together, alone) if run]


@dataclass(frozen=True, slots=True)
class Place:
    """Where one entry goes."""

    item: IntakeItem
    """By its own key."""
    kept: Kept | None = None
    """It opens and joins nothing."""
    joining: Joining | None = None
    """It joins this incident, if that is still open."""
    fires_in: UUID | None = None
    """The open incident in which it fired until now."""


async def places(
    connection: psycopg.AsyncConnection[Any], entries: Sequence[Entry], inhibit_seconds: float
) -> list[Place]:
    """Where each entry goes, by what is open at this moment.

    Args:
        connection: of the database.
        entries: those without a verdict go by their key.
        inhibit_seconds: how long an incident takes in the alerts of what depends on its service.
    """
    undecided = [entry for entry in entries if entry.verdict is not None and entry.decided is None]
    identities = [entry.item.identity for entry in undecided if entry.item.identity is not None]
    known = await known_episodes(connection, identities) if identities else {}
    above = {
        service
        for entry in undecided
        if entry.verdict is not None and not _stays(entry.verdict, known.get(entry.item.identity or ""))
        for service in entry.verdict.service.depends_on
    }
    down = await inhibiting_incidents(connection, sorted(above), inhibit_seconds) if above else {}
    return [
        _place(entry, entry.verdict, known.get(entry.item.identity or ""), down) if entry.verdict else Place(entry.item)
        for entry in entries
    ]


def because(item: IntakeItem, why: str) -> IntakeItem:
    """The item with one more reason for what becomes of it."""
    return replace(item, reason="; ".join(word for word in (item.reason, why) if word))


def _stays(verdict: Verdict, episode: Episode | None) -> bool:
    return episode is not None and episode.fires_in is not None and stays(verdict, was_moved=_was_moved(episode))


def _was_moved(episode: Episode | None) -> bool:
    return episode is not None and episode.slot_key.startswith(SPLIT_PREFIX)


def _place(entry: Entry, verdict: Verdict, episode: Episode | None, down: dict[UUID, Inhibiting]) -> Place:
    item = entry.item
    if verdict.fate is not None:
        kept = Kept(item, entry.alert_id, verdict.fate, quiet_until=verdict.quiet_until, again=entry.again)
        return Place(item, kept)
    if episode is not None and _is_late(entry, verdict, episode):
        late = because(item, "it is about an episode that is over")
        return Place(late, Kept(late, entry.alert_id, Fate.LATE))
    fires_in = episode.fires_in if episode else None
    found = joins(verdict, episode if fires_in else None, down, was_moved=_was_moved(episode))
    match found:
        case Inhibiting():
            why = f"{verdict.service.name} depends on {found.name}, which is down: INC-{found.number}"
            joining = Joining(because(item, why), found.incident_id, found.correlation_key)
            return Place(_continued(item, verdict, episode), None, joining, fires_in)
        case Episode() if fires_in is not None:
            return Place(item, None, _going_on(item, found, fires_in), fires_in)
        case _:
            return Place(_continued(item, verdict, episode), fires_in=fires_in)


def _going_on(item: IntakeItem, episode: Episode, fires_in: UUID) -> Joining | None:
    """Into the incident where it fires; None when its own key leads there anyway."""
    leads_there = episode.leads_to == fires_in
    if leads_there and episode.slot_key == item.key and item.window_seconds is None:
        return None
    return Joining(item, fires_in, episode.slot_key if leads_there else None)


def _is_late(entry: Entry, verdict: Verdict, episode: Episode) -> bool:
    """It is over by what its sender says, or went back to normal while it was kept quiet."""
    if entry.again and episode.status == "resolved":
        return True
    heard_at = episode.last_fired_at if entry.again else datetime.now(UTC)
    return episode.history.comes_late(entry.item.started_at, heard_at, starts_once=verdict.signal.starts_once)


def _continued(item: IntakeItem, verdict: Verdict, episode: Episode | None) -> IntakeItem:
    """An alert that fires again so soon opens an incident that continues the one before."""
    seconds = verdict.treatment.reopen_seconds
    if not seconds or episode is None or episode.leads_to or episode.is_open or episode.resolved_at is None:
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
    return replace(because(item, f"continues {before}"), alert=alert)
