"""Whether somebody can be reached, in plain words."""

from collections.abc import Iterator
from datetime import datetime

from domain.catalogue import User
from domain.channels import ChannelName
from domain.person import PersonalRule
from domain.readiness import reachability

CHANNELS: dict[ChannelName, str] = {
    ChannelName.PUSH: "push message",
    ChannelName.SMS: "SMS",
    ChannelName.PHONE: "phone call",
    ChannelName.EMAIL: "e-mail",
    ChannelName.SLACK: "chat message",
    ChannelName.WEBHOOK: "webhook",
}
"""As people say them."""


def by(channel: ChannelName | None) -> str:
    """`SMS`; without a channel, how people want it themselves."""
    return "by their own rules" if channel is None else CHANNELS[channel]


def troubles(user: User, at: datetime) -> Iterator[tuple[str, bool]]:
    """What is wrong with the ways to somebody, after their name, and whether it keeps them from being paged."""
    found = reachability(user, at)
    unverified = bool(user.contact_methods) and not any(method.verified for method in user.contact_methods)
    for number, text in enumerate(found.faults):
        yield f"{text}.", number == 0 and (unverified or not found.reachable)


def rule_words(rule: PersonalRule) -> str:
    """`SMS after 2 min`."""
    return f"{CHANNELS[rule.channel]} {'at once' if not rule.after_seconds else 'after ' + minutes(rule.after_seconds)}"


def minutes(seconds: int) -> str:
    """`2 min`, `1 h 30 min`, `45 s`."""
    hours, rest = divmod(seconds, 3600)
    mins, secs = divmod(rest, 60)
    parts = [f"{value} {unit}" for value, unit in ((hours, "h"), (mins, "min"), (secs, "s")) if value]
    return " ".join(parts) or "0 s"
