"""What responders do to an open incident besides taking it in hand and ending it: hand it on, put it off, ask others.

An incident that becomes TRIGGERED again keeps when it was acknowledged first apart (`first_acknowledged_at`): the KPIs
count from the first human action, while `acknowledged_at` and `acknowledged_by` say who has it now, and since when:
from there the acknowledgement's time-out and the persist deadlines run.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.commands import (
    Amend,
    AnswerCall,
    Command,
    GiveRole,
    PagePeople,
    Reassign,
    Snooze,
    Unacknowledge,
    UsePolicy,
)
from domain.events import Event, EventType
from domain.incident import Incident, Response, Status
from domain.outcome import IllegalTransition, Outcome, entry, with_note
from domain.severity import Severity

LONGEST_SNOOZE = timedelta(days=366)
MOST_RESPONDERS = 200
"""So many people can be asked to join one incident."""
MOST_ROLES = 50


def unacknowledge(incident: Incident, command: Unacknowledge, now: datetime) -> Outcome:
    """Nobody has it in hand after all; a snooze ends with it, and so does one of several acknowledgements."""
    if incident.status is Status.ACKNOWLEDGED or (incident.status is Status.TRIGGERED and incident.snoozed_until):
        text = with_note(f"Un-acknowledged by {command.actor}", command.note)
        return _begun_again(incident, text, now, command, {})
    if incident.status is Status.TRIGGERED and is_among(command.actor, incident.acknowledgements):
        others = tuple(who for who in incident.acknowledgements if not is_among(who, (command.actor,)))
        text = with_note(f"{command.actor} took their acknowledgement back", command.note)
        return Outcome(changes={"acknowledgements": others}, events=(entry(EventType.NOTE, text, now, command),))
    raise IllegalTransition(
        f"{incident.short_id} is {incident.status}, not ACKNOWLEDGED: unacknowledge is not possible"
    )


def snooze(incident: Incident, command: Snooze, now: datetime) -> Outcome:
    """Nobody is told anything until then; whoever snoozes again moves it."""
    until = command.until.astimezone(UTC)
    if until <= now:
        raise IllegalTransition(f"{incident.short_id} cannot be snoozed until {_at(until)}: that is over")
    if until > now + LONGEST_SNOOZE:
        raise IllegalTransition(f"{incident.short_id} cannot be snoozed for longer than {LONGEST_SNOOZE.days} days")
    if until == incident.snoozed_until:
        return Outcome()
    text = with_note(f"Snoozed until {_at(until)} by {command.actor}", command.note)
    event = entry(EventType.NOTE, text, now, command, snoozed_until=until.isoformat())
    return Outcome(changes={"snoozed_until": until}, events=(event,))


def reassign(incident: Incident, command: Reassign, now: datetime) -> Outcome:
    """Somebody else, or another team, is to take it: TRIGGERED until they do."""
    text = with_note(f"Reassigned to {command.to} by {command.actor}", command.note)
    whom: dict[str, Any] = {"lead": command.to}
    if command.team_id is not None:
        whom = {"team": command.to, "team_id": command.team_id}
    return _begun_again(incident, text, now, command, whom, reassigned_to=command.to)


def is_over(incident: Incident, now: datetime) -> Outcome:
    """The snooze has ended, or the acknowledgement no longer holds: TRIGGERED again, by Tocsin itself."""
    if incident.snoozed_until is not None:
        text = f"The snooze until {_at(incident.snoozed_until)} is over: {incident.short_id} is still open"
    else:
        text = f"The acknowledgement by {incident.acknowledged_by} timed out: {incident.short_id} is still open"
    changed = incident.status is not Status.TRIGGERED
    kind = EventType.STATUS_CHANGE if changed else EventType.NOTE
    data = {"status": str(Status.TRIGGERED)} if changed else {}
    return Outcome(changes=_triggered(incident), events=(Event(type=kind, message=text, at=now, data=data),))


def amend(incident: Incident, command: Amend, now: datetime) -> Outcome:
    """Other facts; what is said as it is already leaves no entry."""
    changes, events = dict[str, Any](), list[Event]()
    given: dict[str, Any] = {
        "title": command.title,
        "description": command.description,
        "severity": command.severity,
        "lead": command.lead,
        "impacted_scopes": None if command.impacted_scopes is None else tuple(dict.fromkeys(command.impacted_scopes)),
        "labels": command.labels,
    }
    for name, value in given.items():
        if value is not None and value != getattr(incident, name):
            changes[name] = value
            events += _amended(name, incident, value, now, command)
    return Outcome(changes=changes, events=tuple(events))


def page_people(incident: Incident, command: PagePeople, now: datetime) -> Outcome:
    """Ask people to join; whoever has accepted is not asked again."""
    asked = wanted(incident, command)
    if not asked:
        return Outcome()
    responders = incident.responders | dict.fromkeys(asked, Response.ASKED)
    if len(responders) > MOST_RESPONDERS:
        raise IllegalTransition(f"No more than {MOST_RESPONDERS} people can be asked to join {incident.short_id}")
    text = with_note(f"{command.actor} asked {', '.join(asked)} to join", command.note)
    event = entry(EventType.NOTE, text, now, command, asked=list(asked))
    return Outcome(changes={"responders": responders}, events=(event,))


def wanted(incident: Incident, command: PagePeople) -> tuple[str, ...]:
    """Who is asked: none twice, and nobody who has accepted."""
    people = dict.fromkeys(command.people)
    return tuple(who for who in people if incident.responders.get(who) is not Response.ACCEPTED)


def answer_call(incident: Incident, command: AnswerCall, now: datetime) -> Outcome:
    """Somebody who was asked accepts or declines; they may change their mind."""
    if command.actor not in incident.responders:
        raise IllegalTransition(f"{command.actor} was not asked to join {incident.short_id}")
    answer = Response.ACCEPTED if command.accepted else Response.DECLINED
    if incident.responders[command.actor] is answer:
        return Outcome()
    text = with_note(f"{command.actor} {'joins' if command.accepted else 'declined to join'}", command.note)
    event = entry(EventType.NOTE, text, now, command, response=str(answer))
    return Outcome(changes={"responders": incident.responders | {command.actor: answer}}, events=(event,))


def give_role(incident: Incident, command: GiveRole, now: datetime) -> Outcome:
    """Somebody gets a role, or nobody has it any more."""
    if incident.roles.get(command.role) == command.person:
        return Outcome()
    others = {role: who for role, who in incident.roles.items() if role != command.role}
    if command.person is None:
        roles = others
        text = f"Nobody is {command.role} any more, says {command.actor}"
    else:
        roles, text = (
            others | {command.role: command.person},
            f"{command.person} is {command.role}, says {command.actor}",
        )
    if len(roles) > MOST_ROLES:
        raise IllegalTransition(f"{incident.short_id} has {MOST_ROLES} roles already")
    event = entry(EventType.NOTE, text, now, command, role=command.role, person=command.person)
    return Outcome(changes={"roles": roles}, events=(event,))


def use_policy(incident: Incident, command: UsePolicy, now: datetime) -> Outcome:
    """It escalates by a policy as that is now; from the beginning when it is TRIGGERED and the steps are others.

    When so many people as it wants have acknowledged already, somebody has it in hand. A snooze stays.
    """
    text = f"Escalates by the policy {command.policy.name} as it is now, says {command.actor}"
    event = entry(EventType.NOTE, text, now, command, policy=command.policy.name)
    needed, so_far = command.policy.acknowledgements, incident.acknowledgements
    if incident.status is not Status.TRIGGERED or len(so_far) < needed:
        return Outcome(events=(event,))
    who = so_far[needed - 1]
    status = Status.ACKNOWLEDGED
    said = f"Acknowledged by {who}: {command.policy.name} wants {needed} now, and {len(so_far)} acknowledged before"
    changes = {"status": status, "acknowledged_at": now, "acknowledged_by": who}
    return Outcome(
        changes=changes, events=(event, entry(EventType.STATUS_CHANGE, said, now, command, status=str(status)))
    )


def forget_acknowledgements(incident: Incident, now: datetime) -> Outcome:
    """Other steps begin: whoever acknowledged before is told by them like everybody else."""
    if not incident.acknowledgements:
        return Outcome()
    text = f"The steps are others: the acknowledgement by {', '.join(incident.acknowledgements)} counts no more"
    return Outcome(changes={"acknowledgements": ()}, events=(Event(type=EventType.NOTE, message=text, at=now),))


def is_held(incident: Incident) -> bool:
    """Somebody has it in hand, or has put it off: it does not climb."""
    return incident.status is not Status.TRIGGERED or incident.snoozed_until is not None


def must_be_paged(incident: Incident, before: Severity, now: datetime) -> Outcome:
    """It is held, and of a severity that climbs now and is more than was put off: somebody must be paged.

    Args:
        incident: with its new severity.
        before: its severity before.
        now: UTC.
    """
    text = f"{incident.short_id} is TRIGGERED again: it was {before} when that was said, and is {incident.severity} now"
    if incident.snoozed_until is not None:
        text = f"The snooze until {_at(incident.snoozed_until)} ends. {text}"
    changed = incident.status is not Status.TRIGGERED
    kind = EventType.STATUS_CHANGE if changed else EventType.NOTE
    data = {"status": str(Status.TRIGGERED)} if changed else {}
    return Outcome(changes=_triggered(incident), events=(Event(type=kind, message=text, at=now, data=data),))


def stays_held(incident: Incident, now: datetime) -> Outcome:
    """It is worse than before, and nobody is paged because of that: the timeline says why."""
    if incident.snoozed_until is not None:
        text = f"Nobody is paged because of that: it is snoozed until {_at(incident.snoozed_until)}"
    else:
        who = incident.acknowledged_by or incident.lead or "somebody"
        text = f"Nobody is paged because of that: {who} has it in hand"
    return Outcome(events=(Event(type=EventType.NOTE, message=text, at=now),))


def is_among(who: str, others: Sequence[str]) -> bool:
    """Whether somebody is one of them: addresses are the same in capitals."""
    return who.casefold() in [other.casefold() for other in others]


def _begun_again(
    incident: Incident, text: str, now: datetime, command: Command, more: dict[str, Any], **data: Any
) -> Outcome:
    changes = _triggered(incident) | more
    if incident.status is Status.TRIGGERED:
        return Outcome(changes=changes, events=(entry(EventType.NOTE, text, now, command, **data),))
    status = str(Status.TRIGGERED)
    return Outcome(changes=changes, events=(entry(EventType.STATUS_CHANGE, text, now, command, status=status, **data),))


def _triggered(incident: Incident) -> dict[str, Any]:
    """What is so of an incident that nobody has in hand, as far as it is not so yet."""
    so: dict[str, Any] = {
        "status": Status.TRIGGERED,
        "acknowledged_at": None,
        "acknowledged_by": None,
        "first_acknowledged_at": incident.first_acknowledged_at or incident.acknowledged_at,
        "acknowledgements": (),
        "mitigated_at": None,
        "snoozed_until": None,
    }
    return {name: value for name, value in so.items() if value != getattr(incident, name)}


def _amended(name: str, incident: Incident, value: Any, now: datetime, command: Amend) -> list[Event]:
    """The entries of one fact that is another now."""
    who = command.actor
    match name:
        case "severity":
            went = "raised" if value.rank < incident.severity.rank else "lowered"
            text = f"Severity {went} from {incident.severity} to {value} by {who}"
            data = {"severity": str(value)}
            return [entry(EventType.SEVERITY_CHANGED, text, now, command, **data)]
        case "impacted_scopes":
            added = [scope for scope in value if scope not in incident.impacted_scopes]
            left = [scope for scope in incident.impacted_scopes if scope not in value]
            events = [
                entry(EventType.SCOPE_ADDED, f"It touches {scope}, too, says {who}", now, command, scope=scope)
                for scope in added
            ]
            if left:
                text = f"It does not touch {', '.join(left)}, says {who}"
                events.append(entry(EventType.NOTE, text, now, command))
            return events
        case "title":
            text = f"Title changed by {who}, from: {incident.title}"
        case "lead":
            text = f"{value} leads now, says {who}"
        case _:
            text = f"{name.capitalize()} changed by {who}"
    return [entry(EventType.NOTE, text, now, command)]


def _at(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
