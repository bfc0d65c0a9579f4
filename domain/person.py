"""A person as the rules know them: how they can be reached, by which rules of their own, and when not."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.channels import LOUD, ChannelName, instead_of
from domain.hours import Hours
from domain.instants import Instant
from domain.severity import Severity
from domain.wall_clock import ZoneName

Urgency = Literal["high", "low"]


def urgency_of(severity: Severity) -> Urgency:
    """SEV1 and SEV2 are urgent."""
    return "high" if severity.rank <= 2 else "low"


class ContactMethod(BaseModel):
    """An address of a person. What is not verified is not used."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: ChannelName
    address: str = Field(min_length=1, max_length=500)
    """A telephone number as +33612345678, an e-mail address, a chat user's id, a push topic, or a URL."""
    verified: bool = False


class PersonalRule(BaseModel):
    """How somebody wants to be told of urgent or of other incidents: by this channel, so long after the step."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    urgency: Urgency = "high"
    after_seconds: int = Field(0, ge=0, le=86_400)
    channel: ChannelName


class QuietHours(Hours):
    """When somebody is not to be woken, and by what all the same not; in their own time zone."""

    severities: tuple[Severity, ...] = (Severity.SEV3_MEDIUM, Severity.SEV4_LOW)
    """What stays quiet then; SEV1 and SEV2 wake unless they are named."""


class Absence(BaseModel):
    """Days away: nobody who is away is paged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: Instant
    end: Instant
    reason: str = Field("", max_length=500)

    @model_validator(mode="after")
    def _end_after_start(self) -> Self:
        if self.end <= self.start:
            raise ValueError("end must be after start")
        return self


class Way(BaseModel):
    """One way to tell a person of one step: by this channel, so long after the step."""

    model_config = ConfigDict(frozen=True)

    after_seconds: int = 0
    channel: ChannelName
    note: str = ""
    """Why it is not what was asked for."""


class Reach(BaseModel):
    """What decides by which channel a person is told.

    Somebody who has registered no contact method is told by whatever channel is asked for: the built-in inbox plays
    it, and `tocsin lint` says so.
    """

    model_config = ConfigDict(frozen=True)

    time_zone: ZoneName = "UTC"
    contact_methods: tuple[ContactMethod, ...] = Field((), max_length=50)
    notification_rules: tuple[PersonalRule, ...] = Field((), max_length=50)
    quiet_hours: tuple[QuietHours, ...] = Field((), max_length=50)
    days_away: tuple[Absence, ...] = Field((), max_length=200)

    def away_until(self, at: datetime) -> datetime | None:
        """Until when somebody is away; None when they are there."""
        return max((absence.end for absence in self.days_away if absence.start <= at < absence.end), default=None)

    def has(self, channel: ChannelName) -> bool:
        """Whether a channel can be used. Mail reaches everybody, at the address of their account."""
        if not self.contact_methods or channel is ChannelName.EMAIL:
            return True
        return any(method.verified and method.channel is channel for method in self.contact_methods)

    def ways(self, channel: ChannelName | None, severity: Severity, at: datetime) -> tuple[Way, ...]:
        """How to tell somebody.

        Args:
            channel: what the policy asks for; None leaves it to the person's own rules.
            severity: of the incident.
            at: when, UTC.

        Returns:
            The ways in the order of their delays; never none, for mail always goes.
        """
        found = self._own_ways(urgency_of(severity)) if channel is None else (self._usable(channel),)
        if self._is_quiet(severity, at):
            found = tuple(self._softened(way) for way in found)
        first: dict[tuple[int, ChannelName], Way] = {}
        for way in sorted(found, key=lambda way: way.after_seconds):
            first.setdefault((way.after_seconds, way.channel), way)
        return tuple(first.values())

    def _own_ways(self, urgency: Urgency) -> tuple[Way, ...]:
        rules = [rule for rule in self.notification_rules if rule.urgency == urgency]
        ways = [Way(after_seconds=r.after_seconds, channel=r.channel) for r in rules if self.has(r.channel)]
        if ways:
            return tuple(ways)
        note = "no personal rule can be used" if rules else "no personal rule for this"
        return (Way(channel=self.fallback, note="" if not self.contact_methods else note),)

    @property
    def fallback(self) -> ChannelName:
        """By what somebody is told for whom no rule of their own can be used."""
        return self._best(_ANY)

    def _usable(self, channel: ChannelName) -> Way:
        if self.has(channel):
            return Way(channel=channel)
        return Way(channel=self._best(instead_of(channel)), note=f"no verified {channel}")

    def _best(self, wanted: Iterable[ChannelName]) -> ChannelName:
        verified = {method.channel for method in self.contact_methods if method.verified}
        return next((channel for channel in wanted if channel in verified), ChannelName.EMAIL)

    def _softened(self, way: Way) -> Way:
        if way.channel not in LOUD:
            return way
        return Way(after_seconds=way.after_seconds, channel=self._best(_GENTLE), note="quiet hours")

    def _is_quiet(self, severity: Severity, at: datetime) -> bool:
        return any(severity in quiet.severities and quiet.contain(at, self.time_zone) for quiet in self.quiet_hours)


_ANY = (
    ChannelName.PUSH,
    ChannelName.PHONE,
    ChannelName.SMS,
    ChannelName.SLACK,
    ChannelName.WEBHOOK,
    ChannelName.EMAIL,
)
_GENTLE = (ChannelName.SLACK, ChannelName.EMAIL)


def day(at: datetime) -> str:
    """A day as texts name it, UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
