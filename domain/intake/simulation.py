"""Intake as it would have gone: recorded signals, one after the other, over one state of the catalogue.

What the database decides in earnest (`gateway.intake.admission`) is played here in memory: which incident is open
under a key, thresholds, dependency inhibition, and when a problem that went back to normal is over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.intake.episode import History
from domain.intake.placement import joins
from domain.intake.signal import Action, Signal
from domain.intake.source import Source
from domain.intake.verdict import Fate, House, Tools, Verdict, decide
from domain.severity import Severity

NOT_YET = datetime.max.replace(tzinfo=UTC)


class Recorded(BaseModel):
    """A signal as it was once received."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    signal: Signal
    source: Source
    received_at: datetime
    over_at: datetime | None = None
    """When the incident to which it really belonged was resolved, by whomever; NOT_YET when it is open still, None
    when there was none."""
    governed: bool = True
    """Whether rules hold for it: not for reports by `POST /incidents/`, which say themselves what they are."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one signal."""

    service: str
    severity: Severity
    fate: Fate
    incident: int | None
    """The incident that it opens or joins, or tells something of, by number."""
    reasons: tuple[str, ...]


@dataclass(slots=True)
class _Incident:
    number: int
    key: str
    service_id: UUID
    severity: Severity
    opened_at: datetime
    over_at: datetime | None = None
    """When people had resolved all that its alerts belonged to."""
    clears_at: datetime | None = None
    """When it is resolved by itself, unless an alert fires before."""
    firing: set[str] = field(default_factory=set)

    def is_open(self, now: datetime) -> bool:
        """Neither resolved by itself nor by people."""
        return all(at is None or at > now for at in (self.clears_at, self.over_at))

    def over_not_before(self, at: datetime | None) -> None:
        """People resolved one more of what its alerts belonged to."""
        if at is not None:
            self.over_at = max(at, self.over_at or at)


@dataclass(slots=True)
class _Slot:
    incident: _Incident
    last_alert_at: datetime


@dataclass(slots=True)
class _Episode:
    incident: _Incident
    history: History
    is_firing: bool = True
    changes: list[datetime] = field(default_factory=list)
    """When it lately went back to normal."""


class Simulation:
    """Feed it signals in the order in which they were received."""

    def __init__(self, house: House, tools: Tools, inhibit_seconds: float = 0) -> None:
        self._house = house
        self._ungoverned = replace(house, rules=())
        self._tools = tools
        self._inhibit = timedelta(seconds=inhibit_seconds)
        self._slots: dict[str, _Slot] = {}
        self._episodes: dict[str, _Episode] = {}
        self._held: dict[str, list[tuple[datetime, Recorded]]] = {}
        self._of_service: dict[UUID, _Incident] = {}
        """The first severe incident of a service that is open, and to which its key leads."""
        self._released: dict[UUID, int] = {}
        self.incidents = 0

    @property
    def released(self) -> Mapping[UUID, int]:
        """Alerts that were held until their threshold was reached, and the incident in which they are then."""
        return self._released

    def feed(self, recorded: Recorded) -> Outcome:
        """What becomes of the next signal."""
        house = self._house if recorded.governed else self._ungoverned
        verdict = decide(recorded.signal, recorded.source, house, recorded.received_at, self._tools)
        if verdict.fate is not None:
            return _outcome(verdict, verdict.fate, None)
        match verdict.signal.action:
            case Action.TRIGGER:
                return self._fires(verdict, recorded)
            case Action.RESOLVE:
                return self._resolves(verdict, recorded.received_at)
            case Action.ACKNOWLEDGE | Action.NOTE as action:
                fate = Fate.ACKNOWLEDGED if action is Action.ACKNOWLEDGE else Fate.NOTED
                return _outcome(verdict, fate, self._about(verdict, recorded.received_at))

    def _fires(self, verdict: Verdict, recorded: Recorded) -> Outcome:
        now, episode = recorded.received_at, self._episodes.get(verdict.identity)
        signal = verdict.signal
        if episode and episode.history.comes_late(signal.started_at, now, starts_once=signal.starts_once):
            return _outcome(verdict, Fate.LATE, None)
        key, window = verdict.key
        incident = joins(verdict, _home(episode, now), self._down(verdict, now)) or self._open_under(key, now, window)
        if incident is None and not self._reaches_threshold(verdict, key, recorded):
            return _outcome(verdict, Fate.HELD, None)
        fate = Fate.ATTACHED if incident is not None else Fate.NEW
        if incident is None:
            incident = self._opened(verdict, key, now)
        self._joins(verdict, recorded, incident)
        return _outcome(verdict, fate, incident)

    def _down(self, verdict: Verdict, now: datetime) -> dict[UUID, _Incident]:
        """What takes in the alerts of whatever depends on it, by service."""
        causes = [(service, self._of_service.get(service)) for service in verdict.service.depends_on]
        return {
            service: cause
            for service, cause in causes
            if cause is not None and self._takes_in(cause, now) and now - cause.opened_at < self._inhibit
        }

    def _takes_in(self, incident: _Incident, now: datetime) -> bool:
        """Whether it is open, and its key leads to it."""
        return incident.is_open(now) and self._slots[incident.key].incident is incident

    def _open_under(self, key: str, now: datetime, window_seconds: int | None) -> _Incident | None:
        slot = self._slots.get(key)
        if slot is None or not slot.incident.is_open(now):
            return None
        if window_seconds is not None and slot.last_alert_at < now - timedelta(seconds=window_seconds):
            return None
        return slot.incident

    def _reaches_threshold(self, verdict: Verdict, key: str, recorded: Recorded) -> bool:
        threshold = verdict.treatment.threshold
        if threshold is None:
            return True
        now = recorded.received_at
        since = now - timedelta(seconds=threshold.seconds)
        held = [one for one in self._held.get(key, ()) if one[0] >= since]
        self._held[key] = [*held, (now, recorded)]
        return len(held) + 1 >= threshold.count

    def _opened(self, verdict: Verdict, key: str, now: datetime) -> _Incident:
        self.incidents += 1
        incident = _Incident(self.incidents, key, verdict.service.id, verdict.alert.severity, now)
        for _, held in self._held.pop(key, ()):
            self._released[held.id] = incident.number
            incident.over_not_before(held.over_at)
        self._slots[key] = _Slot(incident, now)
        before = self._of_service.get(incident.service_id)
        if incident.severity.climbs and (before is None or not self._takes_in(before, now)):
            self._of_service[incident.service_id] = incident
        return incident

    def _joins(self, verdict: Verdict, recorded: Recorded, incident: _Incident) -> None:
        self._released.pop(recorded.id, None)  # the one that reaches the threshold was never held
        incident.clears_at = None
        incident.over_not_before(recorded.over_at)
        incident.firing.add(verdict.identity)
        slot = self._slots[incident.key]
        if slot.incident is incident:  # else its window was over, and the key leads to the next one
            slot.last_alert_at = recorded.received_at
        before = self._episodes.get(verdict.identity)
        if before is not None and before.incident is not incident:
            before.incident.firing.discard(verdict.identity)
        self._episodes[verdict.identity] = _goes_on(before, incident, verdict.signal.started_at)

    def _resolves(self, verdict: Verdict, now: datetime) -> Outcome:
        episode = self._episodes.get(verdict.identity)
        signal = verdict.signal
        if episode and episode.is_firing and episode.history.ended_before(signal.started_at, signal.ended_at):
            return _outcome(verdict, Fate.LATE, None)
        incident = self._about(verdict, now)
        if episode is not None and episode.is_firing:
            episode.is_firing = False
            over_started_at = episode.history.over_with(signal.started_at)
            episode.history = replace(episode.history, over_started_at=over_started_at, over_at=now)
            episode.changes = [*episode.changes, now][-100:]
            episode.incident.firing.discard(verdict.identity)
            if incident is not None and not incident.firing:
                incident.clears_at = _clears_at(verdict, episode, now)
        return _outcome(verdict, Fate.RESOLVED, incident)

    def _about(self, verdict: Verdict, now: datetime) -> _Incident | None:
        """The open incident that a signal tells something of."""
        episode = self._episodes.get(verdict.identity)
        if episode is not None and episode.incident.is_open(now):
            return episode.incident
        return self._open_under(verdict.own_key, now, None) if verdict.own_key else None


def _home(episode: _Episode | None, now: datetime) -> _Incident | None:
    """The open incident where an alert fires."""
    is_at_home = episode is not None and episode.is_firing and episode.incident.is_open(now)
    return episode.incident if episode is not None and is_at_home else None


def _goes_on(before: _Episode | None, incident: _Incident, started_at: datetime | None) -> _Episode:
    """What is known of an alert when it fires."""
    if before is None:
        return _Episode(incident, History(started_at))
    history = before.history
    return _Episode(incident, history.fires(started_at, was_firing=before.is_firing), changes=before.changes)


def _clears_at(verdict: Verdict, episode: _Episode, now: datetime) -> datetime | None:
    """When an incident whose alerts are all back to normal resolves by itself; later for one that flaps."""
    treatment = verdict.treatment
    if verdict.is_command:
        return now
    if not treatment.auto_resolve:
        return None
    delay = treatment.resolve_delay_seconds
    if treatment.flapping is not None:
        since = now - timedelta(seconds=treatment.flapping.seconds)
        if sum(at > since for at in episode.changes) >= treatment.flapping.changes:
            delay = max(delay, treatment.flapping.seconds)
    return now + timedelta(seconds=delay)


def _outcome(verdict: Verdict, fate: Fate, incident: _Incident | None) -> Outcome:
    number = incident.number if incident is not None else None
    return Outcome(verdict.service.name, verdict.alert.severity, fate, number, verdict.reasons)
