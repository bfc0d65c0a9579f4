"""Everything an incident's workflow knows: its argument, and what it takes along when it continues as new."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from domain.channels import ChannelName
from domain.commands import Clear
from domain.directory import Directory
from domain.escalation import Climb
from domain.incident import Incident, Orchestration
from domain.policy import Policy
from domain.recipients import Delivery


class FailedPage(BaseModel):
    """A delivery that was given up; `repair` tries it again."""

    step: str
    delivery: Delivery


class PendingClear(BaseModel):
    """Back to normal, and to be resolved unless an alert fires again."""

    command: Clear
    resolve_at: datetime
    """UTC, by the workflow's clock."""


class IncidentState(BaseModel):
    """Built from the incident's row and ledger, by whoever starts the workflow."""

    incident: Incident
    service_id: UUID
    policy: Policy
    directory: Directory
    directory_at: datetime
    """When the directory was read, UTC."""
    climb: Climb | None = None
    """None until the first message leaves."""
    told: dict[str, ChannelName] = {}
    """Everybody who was told, and the gentlest channel by which: there they hear of the end, too."""
    orchestration: Orchestration = Orchestration.PENDING
    document_failed: bool = False
    war_room_failed: bool = False
    failed_pages: list[FailedPage] = []
    limit_reached: bool = False
    alert_count: int = 1
    fired_at: datetime | None = None
    """When the latest alert fired that the workflow has heard of, by the database's clock."""
    pending_clear: PendingClear | None = None
    revision: int = 0
    seen: list[str] = []
    """Ids of the latest commands."""
    link_grace_seconds: float = 10
    archive_seconds: float = 1800
    """How long the war room stays open after the resolution."""
    resolution_sent: bool = False
    archived: bool = False
    messages_per_run: int | None = None
    """Fewer than `MESSAGES_PER_RUN`, for tests of continue-as-new."""
