"""Whom a policy or a route names."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.channels import ChannelName

Name = Annotated[str, Field(min_length=1, max_length=255)]
EMail = Annotated[str, Field(min_length=3, max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")]
Pick = Literal["all", "round_robin", "least_paged"]
"""All of them, each in turn from one incident to the next, or whoever was not paged for the longest time."""


class _Target(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _ToPerson(_Target):
    """Told by one channel, or by each person's own rules when none is named."""

    channel: ChannelName | None = None


class OnCall(_ToPerson):
    """The people on call: of a schedule, else of the schedule of the team that owns the service."""

    kind: Literal["on_call"] = "on_call"
    schedule: Name | None = None
    level: int = Field(1, ge=1, le=20)


class NextOnCall(_ToPerson):
    """Whoever goes on call next, after the people who are on call now."""

    kind: Literal["next_on_call"] = "next_on_call"
    schedule: Name | None = None
    level: int = Field(1, ge=1, le=20)


class TeamMembers(_ToPerson):
    """The members of a team; without a name, of the one that owns the service."""

    kind: Literal["team"] = "team"
    team: Name | None = None
    pick: Pick = "all"


class TeamChannel(_Target):
    """The channel of a team; without a name, of the one that owns the service."""

    kind: Literal["team_channel"] = "team_channel"
    channel: ChannelName = ChannelName.SLACK
    team: Name | None = None


class Manager(_ToPerson):
    """The manager of a team; without a name, of the one that owns the service."""

    kind: Literal["manager"] = "manager"
    team: Name | None = None


class Title(_ToPerson):
    """Everybody with a job title, such as the CTO."""

    kind: Literal["title"] = "title"
    title: Name


class Person(_ToPerson):
    """One person, by e-mail address."""

    kind: Literal["person"] = "person"
    email: EMail


class People(_ToPerson):
    """Several people, by e-mail address: all of them, or one."""

    kind: Literal["people"] = "people"
    emails: tuple[EMail, ...] = Field(min_length=1, max_length=100)
    pick: Pick = "all"


class Lead(_ToPerson):
    """Whoever leads the incident."""

    kind: Literal["lead"] = "lead"


class ChatChannel(_Target):
    """A chat channel, such as #critical-alerts."""

    kind: Literal["chat_channel"] = "chat_channel"
    name: str = Field(pattern=r"^#\S{1,99}$")
    channel: Literal[ChannelName.SLACK] = ChannelName.SLACK


class EMails(_Target):
    """Addresses that are nobody's account."""

    kind: Literal["emails"] = "emails"
    addresses: tuple[EMail, ...] = Field(min_length=1, max_length=100)
    channel: Literal[ChannelName.EMAIL] = ChannelName.EMAIL


class WebhookCall(_Target):
    """A signed request to an address."""

    kind: Literal["webhook"] = "webhook"
    url: str = Field(pattern=r"^https?://[^\s/@]+(/\S*)?$", max_length=320)
    channel: Literal[ChannelName.WEBHOOK] = ChannelName.WEBHOOK


Target = Annotated[
    OnCall
    | NextOnCall
    | TeamMembers
    | TeamChannel
    | Manager
    | Title
    | Person
    | People
    | Lead
    | ChatChannel
    | EMails
    | WebhookCall,
    Field(discriminator="kind"),
]
