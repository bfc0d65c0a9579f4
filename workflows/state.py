"""Everything an incident's workflow knows: its argument, and what it takes along when it continues as new."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from domain.calls import Call
from domain.channels import ChannelName
from domain.climb import Climb
from domain.commands import Clear
from domain.directory import Directory
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
    directory_is_stale: bool = False
    """It must be read again before anybody is told: another team, or people whom nobody named before."""
    turns_are_stale: bool = False
    """So is whose turn it is."""
    first_to: str | None = None
    """To whom it was reassigned; the plan generation that begins next tells them first."""
    calls: list[Call] = []
    """Whom people asked beside the plan, and who is still to be told."""
    calls_made: int = 0
    pages_made: int = 0
    """How many times people were asked to join."""
    scopes_told: list[str] = []
    """Scopes whose addresses were told because they were added."""
    alerts: list[tuple[datetime, int]] = []
    """When alerts came, and how many by then; the older, the fewer of them are kept."""
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
