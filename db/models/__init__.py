"""The tables."""

from db.models.access import ApiToken, Heartbeat, IdempotencyKey, Session
from db.models.base import Base, new_id
from db.models.catalogue import Policy, Scope, Service, Team, User, team_members
from db.models.incident import Alert, CorrelationSlot, Event, Incident, Outbox, incident_number
from db.models.intake import (
    AlertState,
    HeldAlert,
    MaintenanceWindow,
    Rule,
    Silence,
    Source,
    SourceHeartbeat,
    service_dependencies,
)
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
    "AlertState",
    "ApiToken",
    "Base",
    "CorrelationSlot",
    "DocumentVersion",
    "Event",
    "Heartbeat",
    "HeldAlert",
    "IdempotencyKey",
    "InboxMessage",
    "Incident",
    "MaintenanceWindow",
    "Notification",
    "Outbox",
    "Policy",
    "Rule",
    "Scope",
    "Service",
    "Session",
    "Silence",
    "Source",
    "SourceHeartbeat",
    "Team",
    "User",
    "WarRoom",
    "WarRoomMember",
    "WarRoomMessage",
    "incident_number",
    "new_id",
    "service_dependencies",
    "team_members",
]
