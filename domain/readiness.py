"""Can somebody be reached, by what, and what is wrong with it (issue 5: readiness)."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from domain.catalogue import User
from domain.channels import ChannelName
from domain.person import Reach, Urgency, day

_URGENCIES: tuple[tuple[Urgency, str], ...] = (("high", "urgent incidents"), ("low", "other incidents"))


class Reachability(NamedTuple):
    """Whether somebody is told at all, by which channels, and what should be mended."""

    reachable: bool
    channels: tuple[ChannelName, ...]
    faults: tuple[str, ...]


def reachability(user: User, at: datetime) -> Reachability:
    """Whether a person can be reached at an instant (UTC).

    Mail always goes to the address of the account, so only somebody who is away or inactive cannot be reached;
    the faults say what else is not as it should be.
    """
    there = user.is_active and user.away_until(at) is None
    return Reachability(there, usable_channels(user) if there else (), person_faults(user, at))


def usable_channels(reach: Reach) -> tuple[ChannelName, ...]:
    """By what a person can be told: what they have verified, in the order of their methods, and mail in any case."""
    verified = [method.channel for method in reach.contact_methods if method.verified]
    return tuple(dict.fromkeys([*verified, ChannelName.EMAIL]))


def person_faults(user: User, at: datetime) -> tuple[str, ...]:
    """What is wrong with the ways to a person at an instant (UTC), as sentences without their name."""
    return tuple(_faults(user, at))


def _faults(user: User, at: datetime) -> Iterator[str]:
    if not user.is_active:
        yield "is not active: nobody who is inactive is paged"
    away = user.away_until(at)
    if away is not None:
        yield f"is away until {day(away)}"
    if not user.contact_methods:
        yield "has registered no contact method: only mail and the built-in inbox tell them"
        return
    yield from _unverified(user)
    for urgency, of in _URGENCIES:
        yield from _without_rule(user, urgency, of)


def _unverified(user: User) -> Iterator[str]:
    if not any(method.verified for method in user.contact_methods):
        yield "has no verified contact method: only mail tells them"
    waiting = dict.fromkeys(method.channel for method in user.contact_methods if not method.verified)
    yield from (f"has {channel} that is not verified" for channel in waiting)


def _without_rule(user: User, urgency: Urgency, of: str) -> Iterator[str]:
    rules = [rule for rule in user.notification_rules if rule.urgency == urgency]
    unusable = dict.fromkeys(rule.channel for rule in rules if not user.has(rule.channel))
    yield from (f"has a rule for {of} by {channel}, and no verified {channel}" for channel in unusable)
    if len(unusable) == len({rule.channel for rule in rules}):
        yield f"has no rule for {of} that can be used: told by {user.fallback}"
