"""One notice: a message to one recipient that belongs to no incident."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from domain.channels import ChannelName

NoticeKind = Annotated[str, Field(min_length=1, max_length=30, pattern=r"^[a-z][a-z0-9_]*$")]
"""Such as `test_page`, `verification_code`, `handoff`, `on_call_soon`, `readiness_digest`, `swap_request`."""


class Link(BaseModel):
    """Where a notice leads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    href: str
    text: str


class Notice(BaseModel):
    """A test page, a code, a hand-off, "you go on call in an hour".

    The key names the occasion, such as `on-call-soon:SRE Core:2026-11-21T09:00:00Z:ana@example.com:email`: what is
    told twice by the same key is told once.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(min_length=1, max_length=300)
    kind: NoticeKind
    recipient: str = Field(min_length=1, max_length=320)
    """A person's e-mail address, or `#name` of a team's channel."""
    channel: ChannelName = ChannelName.EMAIL
    text: str = Field(min_length=1, max_length=20_000)
    links: tuple[Link, ...] = ()


CODE = "verification_code"
TEST_PAGE = "test_page"


def for_eyes_of(kind: str, recipient: str, reader: str, *, may_change: bool) -> bool:
    """Whether somebody may read a message of another's inbox: a code is for its recipient, and whoever may change them.

    Args:
        kind: of the notice, or the step of a page.
        recipient: whose inbox it is in.
        reader: e-mail address of who reads.
        may_change: whether the reader may edit the recipient: a manager, of nobody of a greater role.
    """
    return kind != CODE or may_change or reader == recipient
