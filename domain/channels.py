"""The channels by which somebody can be told."""

from enum import StrEnum


class ChannelName(StrEnum):
    """A way to reach somebody. The ledger keeps this name, whichever provider plays the channel."""

    SLACK = "slack"
    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    PUSH = "push"


_FROM_GENTLE_TO_LOUD = (ChannelName.EMAIL, ChannelName.SLACK, ChannelName.PUSH, ChannelName.SMS, ChannelName.PHONE)


def gentler(one: ChannelName | None, other: ChannelName) -> ChannelName:
    """Of two channels the one that is less likely to wake somebody: good news need not."""
    return other if one is None else min(one, other, key=_FROM_GENTLE_TO_LOUD.index)
