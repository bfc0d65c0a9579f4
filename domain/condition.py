"""When a step or a route applies: every part that is given must hold."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from domain.hours import Hours, spelled
from domain.severity import Severity
from domain.wall_clock import ZoneName


class Facts(BaseModel):
    """What the rules must know of one incident."""

    model_config = ConfigDict(frozen=True)

    severity: Severity
    scopes: tuple[str, ...] = ()
    labels: Mapping[str, str] = {}
    service: str = ""
    lead: str | None = None
    alerts: tuple[tuple[datetime, int], ...] = ()
    """When alerts came, and how many of them by then."""
    acknowledged: tuple[str, ...] = ()
    """Who has acknowledged, of a policy that wants several."""

    def has_acknowledged(self, recipient: str) -> bool:
        """Whether it is one of those, in whatever case they are written."""
        return recipient.casefold() in (who.casefold() for who in self.acknowledged)


class WallHours(Hours):
    """Hours by the clocks of the team, of the person who would be told, or of a zone."""

    zone: ZoneName | None = None
    of_person: bool = False
    """By the clock of each person who would be told, instead of the team's."""


class AlertsWithin(BaseModel):
    """So many alerts in so short a time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int = Field(ge=1, le=100_000)
    within_seconds: int = Field(ge=1, le=7 * 86_400)


class Condition(BaseModel):
    """What must hold; without any part it always does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    severities: tuple[Severity, ...] = ()
    services: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    """Each of these labels with this value."""
    scopes: tuple[str, ...] = ()
    """One of these impact scopes."""
    hours: WallHours | None = None
    outside_hours: WallHours | None = None
    alerts: AlertsWithin | None = None
    nobody_on_call: bool | None = None
    """True: only while nobody is on call for the team; false: only while somebody is."""

    def why_not(self, facts: Facts, team_zone: str, at: datetime, *, covered: bool) -> str | None:
        """What of it does not hold, in words; None when all does. Hours of each person are looked at per person.

        Args:
            facts: of the incident.
            team_zone: IANA name of the team's time zone.
            at: the instant, UTC.
            covered: whether somebody is on call for the team then.
        """
        if self.severities and facts.severity not in self.severities:
            return f"only for {', '.join(severity.short for severity in self.severities)}"
        if self.services and facts.service not in self.services:
            return f"only for {', '.join(self.services)}"
        for name, value in self.labels.items():
            if facts.labels.get(name) != value:
                return f"only with the label {name}={value}"
        if self.scopes and not set(self.scopes) & set(facts.scopes):
            return f"only when it touches {', '.join(self.scopes)}"
        if self.hours and not self.hours.of_person and not self.hours.contain(at, self.hours.zone or team_zone):
            return f"only {spelled(self.hours)}"
        outside = self.outside_hours
        if outside and not outside.of_person and outside.contain(at, outside.zone or team_zone):
            return f"not {spelled(outside)}"
        if self.alerts and not _many(self.alerts, facts, at):
            return f"only after {self.alerts.count} alerts in {self.alerts.within_seconds} s"
        if self.nobody_on_call is not None and self.nobody_on_call == covered:
            return "only while nobody is on call" if self.nobody_on_call else "only while somebody is on call"
        return None

    def why_not_for(self, zone: str, at: datetime) -> str | None:
        """What does not hold for a person whose clock shows the time of a zone."""
        if self.hours and self.hours.of_person and not self.hours.contain(at, self.hours.zone or zone):
            return f"only {spelled(self.hours)} of their time"
        outside = self.outside_hours
        if outside and outside.of_person and outside.contain(at, outside.zone or zone):
            return f"not {spelled(outside)} of their time"
        return None


ALWAYS = Condition()


def _many(wanted: AlertsWithin, facts: Facts, at: datetime) -> bool:
    """Whether enough alerts came in the time before an instant."""
    since = at - timedelta(seconds=wanted.within_seconds)
    by_now = max((count for when, count in facts.alerts if when <= at), default=0)
    before = max((count for when, count in facts.alerts if when < since), default=0)
    return by_now - before >= wanted.count
