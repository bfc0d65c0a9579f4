"""Policies and routes as people read them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from domain.condition import Condition, WallHours
from domain.hours import spelled
from domain.policy import AssignRole, OpenWarRoom, Policy, ResolveIt, Rung, Step, WaitUntilCovered
from domain.target import (
    ChatChannel,
    EMails,
    Lead,
    Manager,
    NextOnCall,
    OnCall,
    People,
    Person,
    Target,
    TeamChannel,
    TeamMembers,
    Title,
    WebhookCall,
)
from domain.texts import shown
from web.views.naming import Naming, joined
from web.views.reach import by, minutes

_OWNER = "the service's team"
PICKS = {"all": "", "round_robin": ", each in turn", "least_paged": ", whoever was paged least lately"}


@dataclass(frozen=True)
class Line:
    """One rung."""

    number: int
    when: str
    what: Sequence[str]
    only: str


def ladder_lines(policy: Policy, name: Naming) -> Iterator[Line]:
    """The rungs, such as "after 5 min: SMS to the on-call of the team"."""
    for number, rung in enumerate(policy.steps, start=1):
        when = f"after {minutes(rung.after_seconds)}" if rung.after_seconds else "at once"
        yield Line(number, when, list(_does(rung, name)), only_words(rung.when))


def _does(rung: Rung, name: Naming) -> Iterator[str]:
    match rung:
        case Step():
            yield from (target_words(target, name) for target in rung.targets)
        case WaitUntilCovered():
            whom = f"“{rung.schedule}”" if rung.schedule else "the team"
            yield f"wait until somebody is on call for {whom}, at most {minutes(rung.at_most_seconds)}"
        case OpenWarRoom():
            yield "open the war room"
        case AssignRole():
            yield f"make {target_words(rung.to, name)} {rung.role}"
        case ResolveIt():
            yield f"resolve it{': ' + rung.note if rung.note else ''}"
        case _:
            assert_never(rung)


def target_words(target: Target, name: Naming) -> str:
    """`SMS to the on-call of the team`."""
    whom = _whom(target, name)
    if isinstance(target, WebhookCall):
        return whom
    channel = target.channel
    if channel is None:
        return f"{whom}, by their own rules"
    words = by(channel)
    return f"{words[:1].upper()}{words[1:]} to {whom}"


def _whom(target: Target, name: Naming) -> str:
    match target:
        case OnCall() | NextOnCall():
            of = f"“{target.schedule}”" if target.schedule else "the service's team"
            level = f", level {target.level}" if target.level > 1 else ""
            who = "the on-call of" if isinstance(target, OnCall) else "whoever goes on call next for"
            return f"{who} {of}{level}"
        case TeamMembers():
            return f"the members of {target.team or _OWNER}{PICKS[target.pick]}"
        case TeamChannel():
            return f"the channel of {target.team or _OWNER}"
        case Manager():
            return f"the manager of {target.team or _OWNER}"
        case Title():
            return f"everybody who is {target.title}"
        case Person():
            return name(target.email)
        case People():
            return joined([name(email) for email in target.emails]) + PICKS[target.pick]
        case Lead():
            return "whoever leads the incident"
        case ChatChannel():
            return target.name
        case EMails():
            return joined(target.addresses)
        case WebhookCall():
            return f"Webhook to {shown(target.url)}"
        case _:
            assert_never(target)


def only_words(when: Condition) -> str:
    """`only for SEV1, only Mon to Fri 09:00-17:00`; nothing when it always holds."""
    return ", ".join(_conditions(when))


def _conditions(when: Condition) -> Iterator[str]:
    if when.severities:
        yield f"only for {joined([severity.short for severity in when.severities], 'or')}"
    if when.services:
        yield f"only for {joined(when.services, 'or')}"
    for label, value in when.labels.items():
        yield f"only with the label {label}={value}"
    if when.scopes:
        yield f"only when it touches {joined(when.scopes, 'or')}"
    if when.hours:
        yield f"only {_hours(when.hours)}"
    if when.outside_hours:
        yield f"not {_hours(when.outside_hours)}"
    if when.alerts:
        yield f"only after {when.alerts.count} alerts within {minutes(when.alerts.within_seconds)}"
    if when.nobody_on_call is not None:
        yield "only while nobody is on call" if when.nobody_on_call else "only while somebody is on call"


def _hours(hours: WallHours) -> str:
    whose = hours.zone or ("of the person's clock" if hours.of_person else "of the team's clock")
    return f"{spelled(hours)} {whose}"


def rest_words(policy: Policy, name: Naming) -> Iterator[str]:
    """What a policy says besides its rungs."""
    what = "The whole ladder" if policy.repeat == "all" else "The last step that reaches anybody"
    if policy.max_rounds > 1:
        times = "once more" if policy.max_rounds == 2 else f"{policy.max_rounds - 1} times more"
        yield f"{what} is repeated {times}, every {minutes(policy.repeat_seconds)}."
    else:
        yield "It is not repeated."
    if policy.acknowledgements > 1:
        yield f"It stops when {policy.acknowledgements} people have acknowledged."
    if policy.acknowledgement_timeout_seconds:
        after = minutes(policy.acknowledgement_timeout_seconds)
        yield f"{after} after an acknowledgement it begins again, unless the incident is mitigated or resolved by then."
    for persist in policy.persist:
        severities = joined([severity.short for severity in persist.severities], "or")
        targets = joined([target_words(target, name) for target in persist.targets])
        yield f"{severities} that goes on {minutes(persist.after_seconds)} after the acknowledgement: {targets}."
    hours = policy.working_hours
    if hours:
        severities = joined([severity.short for severity in hours.severities], "or")
        whose = hours.zone or "of the team's clock"
        yield f"{severities} waits for {spelled(hours)} {whose}."
    owner = name(policy.owner) if policy.owner else "the team's manager"
    yield f"When it reaches nobody, {owner} is told."
