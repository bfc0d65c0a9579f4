"""Which command is allowed when, and what becomes of an incident by it."""

from datetime import datetime
from typing import Any, assert_never

from pydantic import BaseModel, ConfigDict

from domain.commands import Acknowledge, Command, Comment, Escalate, Mitigate, Repair, Resolve
from domain.events import Event, EventType
from domain.incident import Incident, Status


class IllegalTransition(Exception):
    """The state forbids the command; the message says why."""


class Outcome(BaseModel):
    """What a command changes: named columns of the incident, and entries of its timeline."""

    model_config = ConfigDict(frozen=True)

    changes: dict[str, Any] = {}
    events: tuple[Event, ...] = ()


def decide(incident: Incident, command: Command, now: datetime) -> Outcome:
    """What becomes of an incident by a command.

    Args:
        incident: as it is.
        command: what somebody wants.
        now: the instant of the decision, UTC.

    Raises:
        IllegalTransition: the state forbids it.
    """
    if not isinstance(command, Comment):  # a note may always be added
        _require_open(incident, command)
    match command:
        case Acknowledge():
            return _acknowledge(incident, command, now)
        case Mitigate():
            return _mitigate(incident, command, now)
        case Resolve():
            return _resolve(incident, command, now)
        case Comment():
            return Outcome(events=(_event(EventType.NOTE, command.text, now, command),))
        case Escalate():
            text = f"Escalated by {command.actor}" + (f": {command.note}" if command.note else "")
            return Outcome(events=(_event(EventType.ESCALATED, text, now, command),))
        case Repair():
            return Outcome(events=(_event(EventType.NOTE, "Repair: what is missing is done again", now, command),))
        case _:
            assert_never(command)


def late(command: Command, why: str, now: datetime) -> Event:
    """The timeline entry of a queued command that has become illegal."""
    return _event(EventType.NOTE, f"{command.kind.capitalize()} came too late: {why}", now, command)


def _require_open(incident: Incident, command: Command) -> None:
    if not incident.is_open:
        who = f" by {incident.resolved_by}" if incident.resolved_by else ""
        raise IllegalTransition(f"{incident.short_id} is already RESOLVED{who}: {command.kind} is not possible")


def _acknowledge(incident: Incident, command: Acknowledge, now: datetime) -> Outcome:
    if incident.status is Status.ACKNOWLEDGED:
        return Outcome()
    if incident.status is Status.MITIGATED:
        raise IllegalTransition(f"{incident.short_id} is already MITIGATED: acknowledge is not possible")
    changes: dict[str, Any] = {
        "status": Status.ACKNOWLEDGED,
        "acknowledged_at": now,
        "acknowledged_by": command.actor,
        **_lead(incident, command),
    }
    return Outcome(changes=changes, events=_status_events("Acknowledged", command, command.note, now, changes))


def _mitigate(incident: Incident, command: Mitigate, now: datetime) -> Outcome:
    if incident.status is not Status.ACKNOWLEDGED:
        advice = ": acknowledge it first" if incident.status is Status.TRIGGERED else ""
        raise IllegalTransition(f"{incident.short_id} is {incident.status}, not ACKNOWLEDGED{advice}")
    changes: dict[str, Any] = {"status": Status.MITIGATED, "mitigated_at": now}
    return Outcome(changes=changes, events=_status_events("Mitigated", command, command.note, now, changes))


def _resolve(incident: Incident, command: Resolve, now: datetime) -> Outcome:
    changes: dict[str, Any] = {
        "status": Status.RESOLVED,
        "resolved_at": now,
        "resolved_by": command.actor,
        "resolution_note": command.resolution_note,
        "root_cause": command.root_cause,
        **_lead(incident, command),
    }
    if incident.acknowledged_at is None:  # resolving is the first human action (REQUIREMENTS R-C-05)
        changes |= {"acknowledged_at": now, "acknowledged_by": command.actor}
    return Outcome(changes=changes, events=_status_events("Resolved", command, command.resolution_note, now, changes))


def _lead(incident: Incident, command: Command) -> dict[str, Any]:
    """Whoever acts first leads; only a person can."""
    return {"lead": command.actor} if incident.lead is None and "@" in command.actor else {}


def _status_events(
    word: str, command: Command, note: str | None, now: datetime, changes: dict[str, Any]
) -> tuple[Event, ...]:
    text = f"{word} by {command.actor}" + (f": {note}" if note else "")
    return (_event(EventType.STATUS_CHANGE, text, now, command, status=str(changes["status"])),)


def _event(kind: EventType, text: str, now: datetime, command: Command, **data: Any) -> Event:
    return Event(type=kind, message=text, at=now, actor=command.actor, data={"via": command.via, **data})
