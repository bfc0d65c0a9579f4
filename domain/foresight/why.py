"""Why somebody was paged, or was not: the history of an incident as sentences."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from domain.catalogue import Catalogue, Service
from domain.climb import PlannedStep
from domain.events import Event, EventType
from domain.organisation import default_policy, policy_for
from domain.policy import Policy
from domain.severity import Severity
from domain.texts import shown

_STEP = re.compile(
    r"p(?P<generation>\d+)\.(?:r(?P<round>\d+)\.s(?P<rung>\d+)|(?P<what>[a-z]+)\d*)(?:\.(?P<later>\d+)s)?"
)
_SPOKEN = {
    "slack": "by chat",
    "email": "by e-mail",
    "sms": "by SMS",
    "phone": "by telephone",
    "push": "by push",
    "webhook": "by webhook",
}
_LEFT = ("sent", "delivered")


class LedgerEntry(NamedTuple):
    """One page of the ledger."""

    step: str
    recipient: str
    channel: str
    reason: str
    status: str
    error: str | None
    created_at: datetime


class Past(NamedTuple):
    """What an incident's row says of its beginning."""

    short_id: str
    title: str
    severity: Severity
    service: str
    requested_service: str
    team: str
    source: str
    created_at: datetime
    policy: Policy | None
    """The version that it kept; None before its workflow began."""
    version: int | None
    """The number of the policy's present version, when the incident has that one."""
    stopped_at: datetime | None
    """When it was acknowledged, mitigated or resolved."""


class Sentence(BaseModel):
    """Something that happened, or did not, and why."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    text: str


def why(
    past: Past,
    catalogue: Catalogue,
    events: Sequence[Event],
    ledger: Sequence[LedgerEntry],
    planned: Sequence[PlannedStep],
    preferred: str = "",
) -> list[Sentence]:
    """The history in the order in which it happened.

    Args:
        past: the incident's beginning.
        catalogue: as it is now.
        events: its timeline.
        ledger: its pages.
        planned: the whole plan of its present generation, as it would have been.
        preferred: the policy that the settings make the default, if any.
    """
    told = [
        Sentence(at=past.created_at, text=_opened(past)),
        Sentence(at=past.created_at, text=_climbs(past, catalogue, preferred)),
        *_pages(ledger),
        *_events(events),
        *_skipped(past, planned, ledger),
        *_stopped(past, planned, ledger),
    ]
    return sorted(told, key=lambda sentence: sentence.at)


def policy_because(catalogue: Catalogue, service: Service, severity: Severity, name: str, default: str) -> str:
    """Why a service's incidents of a severity climb by a policy, by the catalogue as it is."""
    team = catalogue.team_named[service.team]
    reasons = (
        (service.policies.get(severity), f"the service {service.name} has it for {severity.short}"),
        (service.policy, f"the service {service.name} has it"),
        (team.policies.get(severity), f"the team {team.name} has it for {severity.short}"),
        (team.policy, f"the team {team.name} has it"),
    )
    for named, reason in reasons:
        if named:
            return reason if named == name else "the incident was given it"
    by_default = default_policy(catalogue, default)
    return "it is the default" if by_default and by_default.name == name else "the incident was given it"


def _opened(past: Past) -> str:
    asked = past.requested_service
    instead = f" (asked for as “{asked}”)" if asked and asked != past.service else ""
    return (
        f"{past.short_id} “{past.title}” was opened by {past.source}: {past.severity.short} of {past.service}{instead}"
        f", which {past.team} answers for."
    )


def _climbs(past: Past, catalogue: Catalogue, default: str) -> str:
    service = catalogue.service_named.get(past.service)
    policy = past.policy
    if policy is None and service is not None:
        policy = policy_for(catalogue, service, past.severity, default)
    if policy is None or (past.policy is None and policy.climbs(past.severity)):
        return "No escalation policy has begun to work for it yet."
    name = policy.name
    if not policy.climbs(past.severity):
        return f"{past.severity.short} does not climb: no step of the policy {name} pages anybody by itself."
    if name not in catalogue.policy_named:
        version = "as it was then; it is no longer in the catalogue"
    elif past.version is None:
        version = "as it was when the incident began; it has been changed since"
    else:
        version = f"version {past.version}"
    because = policy_because(catalogue, service, past.severity, name, default) if service else "it was then"
    return f"It climbs by the policy {name} ({version}), because {because}."


def _pages(ledger: Sequence[LedgerEntry]) -> Iterator[Sentence]:
    for entry in ledger:
        who, how = shown(entry.recipient), _SPOKEN.get(entry.channel, f"by {entry.channel}")
        because = f", because: {entry.reason}" if entry.reason else ""
        if entry.status in _LEFT:
            text = f"{who} was told {how} ({spoken(entry.step)}){because}."
        elif entry.status == "skipped":
            text = f"{who} was not told {how} ({spoken(entry.step)}): {entry.error or 'called off'}{because}."
        elif entry.status == "failed":
            text = f"{who} could not be told {how} ({spoken(entry.step)}): {entry.error or 'the provider refused'}."
        else:
            error = f"; the last attempt failed: {entry.error}" if entry.error else ""
            text = f"{who} is being told {how} ({spoken(entry.step)}){because}{error}."
        yield Sentence(at=entry.created_at, text=text)


def _events(events: Sequence[Event]) -> Iterator[Sentence]:
    """What the timeline says besides the pages, which the ledger knows better."""
    for event in events:
        if event.type is not EventType.ALERT_SENT:
            by = f" ({event.actor})" if event.actor and event.actor not in event.message else ""
            yield Sentence(at=event.at, text=f"{event.message.rstrip('.')}{by}.")


def _skipped(past: Past, planned: Sequence[PlannedStep], ledger: Sequence[LedgerEntry]) -> Iterator[Sentence]:
    """Steps that were due and told nobody."""
    on_ledger = {entry.step for entry in ledger}
    for step in planned:
        due = past.stopped_at is None or step.at < past.stopped_at
        reached = any(entry.created_at >= step.at for entry in ledger) or past.stopped_at is not None
        if step.skipped and due and reached and step.step not in on_ledger:
            text = f"{_capital(spoken(step.step))} told nobody: {step.skipped}."
            yield Sentence(at=step.at, text=text)


def _stopped(past: Past, planned: Sequence[PlannedStep], ledger: Sequence[LedgerEntry]) -> Iterator[Sentence]:
    """What was called off when somebody took it in hand."""
    if past.stopped_at is None:
        return
    on_ledger = {entry.step for entry in ledger}
    rest = [step for step in planned if step.at >= past.stopped_at and step.step not in on_ledger and step.deliveries]
    if rest:
        first = rest[0]
        whom = " and ".join(dict.fromkeys(shown(delivery.recipient) for delivery in first.deliveries))
        steps = "one more step" if len(rest) == 1 else f"{len(rest)} more steps"
        text = (
            f"That stopped the escalation: {steps} would have come, the first at "
            f"{first.at:%Y-%m-%d %H:%M:%S} UTC to {whom} ({spoken(first.step)})."
        )
        yield Sentence(at=past.stopped_at + timedelta(microseconds=1), text=text)


def spoken(step: str) -> str:
    """A step's name for people: `p1.r1.s2` is `step 2`, `p1.r2.s2` is `step 2, round 2`."""
    found = _STEP.fullmatch(step)
    if found is None:
        return {"resolved": "the end", "mitigated": "the mitigation"}.get(step, step)
    again = f", generation {found['generation']}" if found["generation"] != "1" else ""
    later = f", {found['later']} s later by their own rules" if found["later"] else ""
    if found["rung"]:
        round_ = f", round {found['round']}" if found["round"] != "1" else ""
        return f"step {found['rung']}{round_}{again}{later}"
    named = {"created": "the first message", "owner": "the last resort", "persist": "the reminder"}
    return f"{named.get(found['what'], found['what'])}{again}{later}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
