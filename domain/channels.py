"""The channels by which somebody can be told."""

from enum import StrEnum


class ChannelName(StrEnum):
    """A way to reach somebody. The ledger keeps this name, whichever provider plays the channel."""

    SLACK = "slack"
    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    PUSH = "push"
    WEBHOOK = "webhook"


_FROM_GENTLE_TO_LOUD = (
    ChannelName.WEBHOOK,
    ChannelName.EMAIL,
    ChannelName.SLACK,
    ChannelName.PUSH,
    ChannelName.SMS,
    ChannelName.PHONE,
)
LOUD = frozenset({ChannelName.PUSH, ChannelName.SMS, ChannelName.PHONE})
"""What wakes somebody."""


def gentler(one: ChannelName | None, other: ChannelName) -> ChannelName:
    """Of two channels the one that is less likely to wake somebody: good news need not."""
    return other if one is None else min(one, other, key=_FROM_GENTLE_TO_LOUD.index)


def instead_of(channel: ChannelName) -> tuple[ChannelName, ...]:
    """What may take a channel's place, the best first: a loud one for a loud one, a gentle one for a gentle one."""
    others = [other for other in _FROM_GENTLE_TO_LOUD if other is not channel]
    return tuple(reversed(others)) if channel in LOUD else tuple(others[1:] + others[:1])
