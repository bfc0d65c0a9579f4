"""An incident as its workflow knows it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.severity import Severity


class Status(StrEnum):
    """The states; a RESOLVED incident stays so."""

    TRIGGERED = "TRIGGERED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    MITIGATED = "MITIGATED"
    RESOLVED = "RESOLVED"


class Orchestration(StrEnum):
    """How far document, war room and first messages are."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"


class Response(StrEnum):
    """Whether somebody who was asked to join has."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class Incident(BaseModel):
    """The facts that an incident's workflow owns, and those it was opened with."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    number: int
    title: str
    description: str = ""
    severity: Severity
    status: Status = Status.TRIGGERED
    service: str
    team: str
    team_id: UUID | None = None
    """Of the team to which it was reassigned; None: the one that owns the service."""
    lead: str | None = None
    impacted_scopes: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    roles: dict[str, str] = {}
    """Role, such as incident commander, and the e-mail address of who has it."""
    responders: dict[str, Response] = {}
    """Who was asked to join, by e-mail address."""
    acknowledgements: tuple[str, ...] = ()
    """Who has acknowledged so far, of a policy that wants several."""
    source: str = "api"
    time_scale: float | None = None
    """None, or how many times as fast a drill runs."""
    created_at: datetime
    detected_at: datetime | None = None
    acknowledged_at: datetime | None = None
    """Since when the present acknowledgement holds."""
    acknowledged_by: str | None = None
    first_acknowledged_at: datetime | None = None
    """When it was acknowledged first, once that acknowledgement has ceased to hold: the KPIs count from it."""
    snoozed_until: datetime | None = None
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    cleared_at: datetime | None = None
    """Since when every alert of it is back to normal; None while one fires, and when nobody can know."""
    merged_into: UUID | None = None
    resolution_note: str | None = None
    root_cause: str | None = None
    wants_war_room: bool = False
    """A policy or a person wants a war room, whatever the severity."""
    lid_link: str | None = None
    war_room_id: str | None = None
    war_room_link: str | None = None
    url: str = ""
    """Address of the incident's page."""

    @property
    def short_id(self) -> str:
        """`INC-42`."""
        return f"INC-{self.number}"

    @property
    def is_open(self) -> bool:
        """Not RESOLVED."""
        return self.status is not Status.RESOLVED

    @property
    def needs_war_room(self) -> bool:
        """SEV1 and SEV2 do by themselves."""
        return self.severity.needs_war_room or self.wants_war_room

    @property
    def named(self) -> tuple[str, ...]:
        """People whom it names: its lead, those who were asked to join, who has a role; sorted."""
        lead = [self.lead] if self.lead else []
        return tuple(sorted({*lead, *self.responders, *self.roles.values()}))

    @property
    def scale(self) -> float:
        """By what every delay is divided: 1, or a drill's own."""
        return self.time_scale or 1.0
