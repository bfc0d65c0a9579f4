"""Addresses of contact methods: what each channel needs."""

import re

from api.problems import Problem
from domain.channels import ChannelName

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_URL = re.compile(r"https?://[^\s/@]+(/\S*)?")
_WORD = re.compile(r"\S+")

_NUMBER = (_E164, "must be a telephone number with its country, such as +33612345678")
_RIGHT: dict[ChannelName, tuple[re.Pattern[str], str]] = {
    ChannelName.SMS: _NUMBER,
    ChannelName.PHONE: _NUMBER,
    ChannelName.EMAIL: (_MAIL, "must be an e-mail address such as ana@example.com"),
    ChannelName.WEBHOOK: (_URL, "must begin with http:// or https://, and hold no user name or password"),
    ChannelName.SLACK: (_WORD, "must be the id of a chat user, such as U012AB3CD, without spaces"),
    ChannelName.PUSH: (_WORD, "must be a push topic or token, without spaces"),
}


def require_address(channel: ChannelName, address: str, field: str = "address") -> None:
    """Return when an address is one of its channel.

    Raises:
        Problem: 422 saying what it must be.
    """
    pattern, right = _RIGHT[channel]
    if not pattern.fullmatch(address):
        raise Problem.of_field(field, right)


def as_dialled(channel: ChannelName, address: str) -> str:
    """A telephone number without what people put between its digits; any other address without spaces around it."""
    if channel in (ChannelName.SMS, ChannelName.PHONE):
        return re.sub(r"[\s().-]", "", address)
    return address.strip()
