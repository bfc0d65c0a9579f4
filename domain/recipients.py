"""Who a target means at an instant, by which channel each is told, and why."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, assert_never

from pydantic import BaseModel, ConfigDict

from domain.channels import ChannelName
from domain.condition import Condition, Facts
from domain.directory import Directory
from domain.person import day
from domain.target import (
    ChatChannel,
    EMails,
    Lead,
    Manager,
    NextOnCall,
    OnCall,
    People,
    Person,
    Pick,
    Target,
    TeamChannel,
    TeamMembers,
    Title,
    WebhookCall,
)


class Delivery(BaseModel):
    """One message to one recipient by one channel, and why."""

    model_config = ConfigDict(frozen=True)

    recipient: str
    channel: ChannelName
    reason: str
    turn: str | None = None
    """The key of the target whose turn it was, when only one of several is told."""


class Told(NamedTuple):
    """A delivery, and how long after its step it is due by the person's own rules, in seconds."""

    after_seconds: int
    delivery: Delivery


class Meant(NamedTuple):
    """Who is told for one target; with nobody, `missing` says why."""

    told: tuple[Told, ...] = ()
    missing: tuple[str, ...] = ()


class Moment(NamedTuple):
    """The circumstances under which targets are looked up."""

    facts: Facts
    directory: Directory
    at: datetime
    """UTC."""
    round_number: int = 1


class _Found(NamedTuple):
    """People whom a target names, why, and what to say when there is none."""

    people: tuple[str, ...]
    reason: str
    missing: str


def meant_by(target: Target, moment: Moment, key: str = "", when: Condition | None = None) -> Meant:
    """Who is told for one target.

    Args:
        target: whom the policy or the route names.
        moment: incident, organisation and instant.
        key: names the target's place in its policy; whose turn it is is kept under it.
        when: conditions by the clock of each person.
    """
    match target:
        case TeamChannel():
            team = moment.directory.team_named(target.team)
            name = team.name if team else target.team
            return _address(
                team.channel if team else None, target.channel, f"channel of {name}", f"{name} has no channel"
            )
        case ChatChannel():
            return _address(target.name, target.channel, "named by the policy", "")
        case WebhookCall():
            return _address(target.url, target.channel, "webhook of the policy", "")
        case EMails():
            addresses = [
                Delivery(recipient=a, channel=target.channel, reason="named by the policy") for a in target.addresses
            ]
            return Meant(tuple(Told(0, delivery) for delivery in addresses))
        case OnCall() | NextOnCall() | TeamMembers() | Manager() | Title() | Person() | People() | Lead():
            return _people(target, moment, key, when)
        case _:
            assert_never(target)


PersonTarget = OnCall | NextOnCall | TeamMembers | Manager | Title | Person | People | Lead


def people_of(target: PersonTarget, moment: Moment) -> _Found:
    """The people whom a target names at an instant, present or away."""
    directory, at = moment.directory, moment.at
    match target:
        case OnCall():
            return _on_call(target, directory, at)
        case NextOnCall():
            name = target.schedule or directory.schedule
            people = directory.next_on_duty(name, target.level, at) if name else ()
            return _Found(people, f"next on call by {name}", f"nobody goes on call next for {name or directory.team}")
        case TeamMembers():
            team = directory.team_named(target.team)
            name = team.name if team else target.team
            return _Found(team.members if team else (), f"member of {name}", f"{name} has no members")
        case Manager():
            team = directory.team_named(target.team)
            name = team.name if team else target.team
            people = (team.manager,) if team and team.manager else ()
            return _Found(people, f"manager of {name}", f"{name} has no manager")
        case Title():
            return _Found(directory.titles.get(target.title, ()), target.title, f"nobody is {target.title}")
        case Person():
            people = (target.email,) if target.email in directory.people else ()
            return _Found(people, "named by the policy", f"{target.email} is not active")
        case People():
            people = tuple(email for email in target.emails if email in directory.people)
            return _Found(people, "named by the policy", f"none of {', '.join(target.emails)} is active")
        case Lead():
            lead = moment.facts.lead
            missing = f"{lead}, who leads, is not active" if lead else "nobody leads the incident yet"
            return _Found((lead,) if lead in directory.people else (), "leads the incident", missing)
        case _:
            assert_never(target)


def present_of(target: PersonTarget, moment: Moment) -> tuple[str, ...]:
    """The people whom a target names and who are there; the team's fixed person in the place of those on call."""
    if isinstance(target, OnCall):
        return moment.directory.answering(target.schedule, target.level, moment.at)
    return moment.directory.there(people_of(target, moment).people, moment.at)


def without_repeats(told: Collection[Told]) -> tuple[Told, ...]:
    """Each recipient once by each channel, in the order in which they are named: the earliest."""
    best: dict[tuple[str, str], Told] = {}
    for one in told:
        key = one.delivery.recipient, one.delivery.channel
        if key not in best or one.after_seconds < best[key].after_seconds:
            best[key] = one
    return tuple(best.values())


def _on_call(target: OnCall, directory: Directory, at: datetime) -> _Found:
    name = target.schedule or directory.schedule
    people = directory.on_duty(name, target.level, at) if name else ()
    level = f", level {target.level}" if target.level > 1 else ""
    if people:
        whom = directory.team if target.schedule is None else target.schedule
        by = f" by {name}" if name and target.schedule is None else ""
        return _Found(people, f"on call for {whom}{by}{level}", "")
    return _Found(
        directory.fixed_for(target.schedule, target.level),
        f"on call for {directory.team}",
        f"nobody is on call for {target.schedule or directory.team}{level}",
    )


def _people(target: PersonTarget, moment: Moment, key: str, when: Condition | None) -> Meant:
    found = people_of(target, moment)
    present = present_of(target, moment)
    away = tuple(_away(email, moment) for email in found.people if email not in present)
    allowed = [email for email in present if _may(email, moment, when) is None]
    refused = tuple(f"{email}: {why}" for email in present if (why := _may(email, moment, when)))
    pick: Pick = target.pick if isinstance(target, TeamMembers | People) else "all"
    chosen = allowed if pick == "all" else _PICKS[pick](found.people, allowed, moment, key)
    turn = None if pick == "all" else key
    told = [told for email in chosen for told in _ways(email, target.channel, found.reason, turn, moment)]
    missing = (*away, *refused) or (found.missing,)
    return Meant(without_repeats(told), () if told else missing)


def _ways(email: str, channel: ChannelName | None, reason: str, turn: str | None, moment: Moment) -> list[Told]:
    ways = moment.directory.reach_of(email).ways(channel, moment.facts.severity, moment.at)
    return [
        Told(
            way.after_seconds,
            Delivery(
                recipient=email,
                channel=way.channel,
                reason=f"{reason}; {way.note}" if way.note else reason,
                turn=turn,
            ),
        )
        for way in ways
    ]


def _away(email: str, moment: Moment) -> str:
    until = moment.directory.reach_of(email).away_until(moment.at)
    return f"{email} is away until {day(until)}" if until else email


def _may(email: str, moment: Moment, when: Condition | None) -> str | None:
    return when.why_not_for(moment.directory.reach_of(email).time_zone, moment.at) if when else None


def _round_robin(everybody: Sequence[str], people: list[str], moment: Moment, key: str) -> list[str]:
    """The next one after whoever had the turn, also when that one is away now."""
    if not people:
        return []
    last = moment.directory.turns.get(key)
    after = everybody.index(last) + 1 if last in everybody else 0
    in_turn = [email for email in (*everybody[after:], *everybody[:after]) if email in people]
    return [in_turn[(moment.round_number - 1) % len(in_turn)]]


def _least_paged(everybody: Sequence[str], people: list[str], moment: Moment, key: str) -> list[str]:
    if not people:
        return []
    longest_ago = moment.at - timedelta(days=36_500)
    ranked = sorted(people, key=lambda email: moment.directory.last_paged.get(email, longest_ago))
    return [ranked[(moment.round_number - 1) % len(ranked)]]


_PICKS: dict[Pick, Callable[[Sequence[str], list[str], Moment, str], list[str]]] = {
    "round_robin": _round_robin,
    "least_paged": _least_paged,
}


def _address(address: str | None, channel: ChannelName, reason: str, missing: str) -> Meant:
    if address is None:
        return Meant(missing=(missing,))
    return Meant((Told(0, Delivery(recipient=address, channel=channel, reason=reason)),))
