"""Which command is allowed when, and what becomes of an incident by it."""

from datetime import datetime, timedelta
from typing import Any, assert_never

from domain import response
from domain.commands import (
    FROM_INTAKE,
    Acknowledge,
    Amend,
    AnswerCall,
    Clear,
    Command,
    Comment,
    Escalate,
    GiveRole,
    Merge,
    Mitigate,
    PagePeople,
    Reassign,
    Repair,
    Resolve,
    Snooze,
    Split,
    Unacknowledge,
    UsePolicy,
)
from domain.events import Event, EventType
from domain.incident import Incident, Status
from domain.outcome import IllegalTransition, Outcome, with_note
from domain.outcome import entry as _event

__all__ = [
    "IllegalTransition",
    "Outcome",
    "came_second",
    "decide",
    "fired_again",
    "late",
    "resolves_at",
    "split_off",
    "stayed_quiet",
]

BY_POLICY = "policy"
"""The door of what a rung of a policy does."""


def decide(incident: Incident, command: Command, now: datetime, needed: int = 1) -> Outcome:
    """What becomes of an incident by a command.

    Args:
        incident: as it is.
        command: what somebody wants.
        now: the instant of the decision, UTC.
        needed: how many people must acknowledge, by its policy.

    Raises:
        IllegalTransition: the state forbids it.
    """
    if not isinstance(command, (Comment, *FROM_INTAKE)):  # a note may always be added
        _require_open(incident, command)
    match command:
        case Acknowledge():
            return _acknowledge(incident, command, now, needed)
        case Mitigate():
            return _mitigate(incident, command, now)
        case Resolve():
            return _resolve(incident, command, now)
        case Comment():
            return Outcome(events=(_event(EventType.NOTE, command.text, now, command),))
        case Escalate():
            text = with_note(f"Escalated by {command.actor}", command.note)
            return Outcome(events=(_event(EventType.ESCALATED, text, now, command),))
        case Repair():
            return Outcome(events=(_event(EventType.NOTE, "Repair: what is missing is done again", now, command),))
        case Merge():
            return _merge(incident, command, now)
        case Clear():
            return _clear(incident, command, now)
        case Split():
            return Outcome(events=(split_off(command),))
        case Unacknowledge():
            return response.unacknowledge(incident, command, now)
        case Snooze():
            return response.snooze(incident, command, now)
        case Reassign():
            return response.reassign(incident, command, now)
        case Amend():
            return response.amend(incident, command, now)
        case PagePeople():
            return response.page_people(incident, command, now)
        case AnswerCall():
            return response.answer_call(incident, command, now)
        case GiveRole():
            return response.give_role(incident, command, now)
        case UsePolicy():
            return response.use_policy(incident, command, now)
        case _:
            assert_never(command)


def late(command: Command, why: str, now: datetime) -> Event:
    """The timeline entry of a queued command that has become illegal."""
    kind = command.kind.capitalize().replace("_", " ")
    return _event(EventType.NOTE, f"{kind} came too late: {why}", now, command)


def came_second(incident: Incident, command: Acknowledge, now: datetime) -> Event:
    """The entry of an acknowledgement that nobody waits to be answered: who was first, and when."""
    first = f"{incident.acknowledged_by} had acknowledged at {incident.acknowledged_at:%H:%M:%S} UTC"
    return _event(EventType.NOTE, f"{command.actor} acknowledged, too: {first}", now, command)


def split_off(command: Split) -> Event:
    """The entry of the incident from which alerts were split off; written with them, and once."""
    some = "1 alert was" if command.alerts == 1 else f"{command.alerts} alerts were"
    event = _event(EventType.NOTE, f"{some} split off into {command.into_short_id}", command.at, command)
    data = event.data | {"into": str(command.into), "alerts": command.alerts}
    return event.model_copy(update={"key": f"split.{command.into}", "data": data})


def resolves_at(incident: Incident, command: Clear, now: datetime) -> datetime | None:
    """When an incident resolves that is back to normal; None: not by itself, or at once."""
    if not command.auto or command.delay_seconds == 0:
        return None
    return now + timedelta(seconds=command.delay_seconds / incident.scale)


def stayed_quiet(incident: Incident, command: Clear, now: datetime) -> Outcome:
    """Back to normal, and for long enough: the source resolves it, whatever people have done meanwhile.

    `cleared_at` goes with it: it is the instant after which no alert may end on the closed incident.
    """
    note = "back to normal" + (f": {command.note}" if command.note else "")
    changes: dict[str, Any] = {
        "status": Status.RESOLVED,
        "resolved_at": now,
        "resolved_by": command.actor,
        "resolution_note": note,
        "cleared_at": command.as_of,
        **_awake(incident),
    }
    return Outcome(changes=changes, events=_status_events("Resolved", command, note, now, changes))


def fired_again(incident: Incident, waiting: Clear | None, now: datetime) -> Outcome:
    """A new alert of an incident that was back to normal.

    Args:
        incident: as it is.
        waiting: what would have resolved it after a while.
        now: UTC.
    """
    if not incident.is_open or incident.cleared_at is None:
        return Outcome()
    changes = {"cleared_at": None}
    if waiting is None:
        return Outcome(changes=changes)
    text = f"An alert fires again: {incident.short_id} is not resolved by itself"
    return Outcome(changes=changes, events=(_event(EventType.NOTE, text, now, waiting),))


def _require_open(incident: Incident, command: Command) -> None:
    if not incident.is_open:
        who = f" by {incident.resolved_by}" if incident.resolved_by else ""
        raise IllegalTransition(f"{incident.short_id} is already RESOLVED{who}: {command.kind} is not possible")


def _acknowledge(incident: Incident, command: Acknowledge, now: datetime, needed: int) -> Outcome:
    if incident.status is Status.MITIGATED:
        raise IllegalTransition(f"{incident.short_id} is already MITIGATED: acknowledge is not possible")
    if incident.status is Status.ACKNOWLEDGED:
        return Outcome()
    so_far = incident.acknowledgements
    if not response.is_among(command.actor, so_far):
        so_far = (*so_far, command.actor)
    elif len(so_far) < needed:
        return Outcome()
    counted = f" ({len(so_far)} of {needed})" if needed > 1 else ""
    changes: dict[str, Any] = {"acknowledgements": so_far, **_lead(incident, command)}
    if len(so_far) < needed:
        text = with_note(f"Acknowledged by {command.actor}{counted}", command.note)
        event = _event(EventType.NOTE, text, now, command, acknowledgements=len(so_far), needed=needed)
        return Outcome(changes=changes, events=(event,))
    changes |= {
        "status": Status.ACKNOWLEDGED,
        "acknowledged_at": now,
        "acknowledged_by": command.actor,
        **_awake(incident),
    }
    return Outcome(changes=changes, events=_status_events("Acknowledged", command, command.note, now, changes, counted))


def _mitigate(incident: Incident, command: Mitigate, now: datetime) -> Outcome:
    if incident.status is not Status.ACKNOWLEDGED:
        advice = ": acknowledge it first" if incident.status is Status.TRIGGERED else ""
        raise IllegalTransition(f"{incident.short_id} is {incident.status}, not ACKNOWLEDGED{advice}")
    changes: dict[str, Any] = {"status": Status.MITIGATED, "mitigated_at": now, **_awake(incident)}
    return Outcome(changes=changes, events=_status_events("Mitigated", command, command.note, now, changes))


def _resolve(incident: Incident, command: Resolve, now: datetime) -> Outcome:
    changes = _closed(incident, command, command.resolution_note, now) | {"root_cause": command.root_cause}
    return Outcome(changes=changes, events=_status_events("Resolved", command, command.resolution_note, now, changes))


def _merge(incident: Incident, command: Merge, now: datetime) -> Outcome:
    if command.into == incident.id:
        raise IllegalTransition(f"{incident.short_id} cannot be merged into itself")
    note = f"Merged into {command.into_short_id}" + (f": {command.note}" if command.note else "")
    changes = _closed(incident, command, note, now) | {"merged_into": command.into}
    return Outcome(changes=changes, events=_status_events("Resolved", command, note, now, changes))


def _closed(incident: Incident, command: Resolve | Merge, note: str | None, now: datetime) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "status": Status.RESOLVED,
        "resolved_at": now,
        "resolved_by": command.actor,
        "resolution_note": note,
        **_lead(incident, command),
        **_awake(incident),
    }
    if incident.acknowledged_at is None and command.via != BY_POLICY:
        # Resolving is the first human action (REQUIREMENTS R-C-05).
        changes |= {"acknowledged_at": now, "acknowledged_by": command.actor}
    return changes


def _clear(incident: Incident, command: Clear, now: datetime) -> Outcome:
    if not incident.is_open:  # it came too late, and there is nothing to tell anybody
        return Outcome()
    at = resolves_at(incident, command, now)
    if command.auto and at is None:
        return stayed_quiet(incident, command, now)
    why = f" ({command.note})" if command.note else ""
    if at is None:
        event = _event(EventType.NOTE, f"{incident.short_id} is back to normal: resolve it?{why}", now, command)
        data: dict[str, Any] = {"proposal": "resolve"}
    else:
        text = f"Back to normal; resolves at {at:%H:%M:%S} UTC unless an alert fires again{why}"
        event = _event(EventType.NOTE, text, now, command)
        data = {"resolves_at": at.isoformat()}
    event = event.model_copy(update={"data": event.data | data})
    return Outcome(changes={"cleared_at": command.as_of}, events=(event,))


def _lead(incident: Incident, command: Command) -> dict[str, Any]:
    """Whoever acts first leads; only a person can."""
    is_person = "@" in command.actor and command.via != BY_POLICY
    return {"lead": command.actor} if incident.lead is None and is_person else {}


def _awake(incident: Incident) -> dict[str, Any]:
    """A snooze ends with whatever takes the incident in hand."""
    return {"snoozed_until": None} if incident.snoozed_until else {}


def _status_events(
    word: str, command: Command, note: str | None, now: datetime, changes: dict[str, Any], counted: str = ""
) -> tuple[Event, ...]:
    text = with_note(f"{word} by {command.actor}{counted}", note)
    return (_event(EventType.STATUS_CHANGE, text, now, command, status=str(changes["status"])),)
