"""The timeline of an incident: what happened, when, and by whom. Entries are never changed."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict


class EventType(StrEnum):
    """Stable codes of timeline entries; the text beside them may change."""

    STATUS_CHANGE = "STATUS_CHANGE"
    ALERT_RECEIVED = "ALERT_RECEIVED"
    ALERT_SENT = "ALERT_SENT"
    DOCUMENT_CREATED = "DOCUMENT_CREATED"
    WAR_ROOM_CREATED = "WAR_ROOM_CREATED"
    WAR_ROOM_ARCHIVED = "WAR_ROOM_ARCHIVED"
    ORCHESTRATION_FINISHED = "ORCHESTRATION_FINISHED"
    ESCALATED = "ESCALATED"
    SCOPE_ADDED = "SCOPE_ADDED"
    SEVERITY_CHANGED = "SEVERITY_CHANGED"
    MERGED = "MERGED"
    NOTE = "NOTE"
    RUNBOOK_STEP = "RUNBOOK_STEP"
    FAILURE = "FAILURE"


class Event(BaseModel):
    """One entry of the timeline."""

    model_config = ConfigDict(frozen=True)

    type: EventType
    message: str
    at: datetime
    actor: str | None = None
    """An e-mail address, the name of a source, or None for Tocsin itself."""
    data: dict[str, Any] = {}
    key: str | None = None
    """Unique in the incident's life: an entry that is written again is written once."""
