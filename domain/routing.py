"""Routing: who hears of a new incident, by which channel, and why; as data."""

from pydantic import BaseModel, ConfigDict, Field

from domain.channels import ChannelName
from domain.condition import ALWAYS, Condition
from domain.severity import Severity
from domain.target import Name, OnCall, Target, TeamChannel


class Route(BaseModel):
    """Whom to tell of a new incident of a kind. Every route that applies adds its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    when: Condition = ALWAYS
    teams: tuple[Name, ...] = ()
    """Only for incidents of these teams; all when none is named."""
    targets: tuple[Target, ...] = Field(min_length=1, max_length=20)
    is_active: bool = True


def _route(severity: Severity, *targets: Target) -> Route:
    return Route(name=severity.short, when=Condition(severities=(severity,)), targets=targets)


DEFAULT_ROUTES: tuple[Route, ...] = (
    _route(
        Severity.SEV1_CRITICAL,
        OnCall(channel=ChannelName.SMS),
        OnCall(channel=ChannelName.EMAIL),
        TeamChannel(channel=ChannelName.SLACK),
    ),
    _route(Severity.SEV2_HIGH, TeamChannel(channel=ChannelName.SLACK), OnCall(channel=ChannelName.EMAIL)),
    _route(Severity.SEV3_MEDIUM, TeamChannel(channel=ChannelName.SLACK)),
)
"""The matrix of severities (REQUIREMENTS R-B-14, R-E-02, X-11, X-20): SEV4 tells nobody."""
