"""The channels by which somebody can be told."""

from enum import StrEnum


class ChannelName(StrEnum):
    """A way to reach somebody. The ledger keeps this name, whichever provider plays the channel."""

    SLACK = "slack"
    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    PUSH = "push"
