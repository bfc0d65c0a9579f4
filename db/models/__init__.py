"""The tables."""

from db.models.access import ApiToken, Heartbeat, IdempotencyKey, Session
from db.models.base import Base, new_id
from db.models.catalogue import Policy, Scope, Service, Team, User, team_members
from db.models.incident import Alert, CorrelationSlot, Event, Incident, Outbox, incident_number
from db.models.paging import (
    DocumentVersion,
    InboxMessage,
    Notification,
    WarRoom,
    WarRoomMember,
    WarRoomMessage,
)

__all__ = [
    "Alert",
    "ApiToken",
    "Base",
    "CorrelationSlot",
    "DocumentVersion",
    "Event",
    "Heartbeat",
    "IdempotencyKey",
    "InboxMessage",
    "Incident",
    "Notification",
    "Outbox",
    "Policy",
    "Scope",
    "Service",
    "Session",
    "Team",
    "User",
    "WarRoom",
    "WarRoomMember",
    "WarRoomMessage",
    "incident_number",
    "new_id",
    "team_members",
]
