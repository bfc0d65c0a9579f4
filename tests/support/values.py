"""Plain values for tests, each with sensible defaults."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from domain.alert import Alert
from domain.channels import ChannelName
from domain.climb import Climb, Situation
from domain.condition import Facts
from domain.directory import Directory
from domain.incident import Incident
from domain.page import Page
from domain.policy import Manager, OnCall, Policy, Step, TeamChannel, Title
from domain.severity import Severity
from domain.texts import Message

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

DIRECTORY = Directory(
    team="SRE Core",
    team_channel="#sre-core",
    on_call=("ana@example.com",),
    manager="dee@example.com",
    titles={"CTO": ("fay@example.com",)},
    people=("ana@example.com", "dee@example.com", "fay@example.com"),
    scope_emails={"Security": ("ciso@example.com", "security@example.com"), "Legal": ("dpo@example.com",)},
)

LADDER = Policy(
    name="ladder",
    steps=(
        Step(after_seconds=0, targets=(OnCall(channel=ChannelName.SLACK),)),
        Step(after_seconds=300, targets=(OnCall(channel=ChannelName.SLACK), TeamChannel(channel=ChannelName.SLACK))),
        Step(after_seconds=900, targets=(OnCall(channel=ChannelName.SMS),)),
        Step(after_seconds=1800, targets=(Manager(channel=ChannelName.EMAIL),)),
        Step(after_seconds=3600, targets=(Title(title="CTO", channel=ChannelName.EMAIL),)),
    ),
    repeat_seconds=1800,
    max_rounds=3,
)


def a_situation(
    policy: Policy = LADDER, directory: Directory = DIRECTORY, severity: Severity = Severity.SEV1_CRITICAL, **facts: Any
) -> Situation:
    """An incident that begins at noon."""
    return Situation(policy, Facts(severity=severity, **facts), directory, Climb(started_at=NOON))


def an_alert(**changes: Any) -> Alert:
    """An alert that joins no other test's incident."""
    return Alert.model_validate(
        {
            "title": "Redis does not answer",
            "service_name": "redis-prod",
            "severity": Severity.SEV1_CRITICAL,
            "fingerprint": uuid4().hex,
            **changes,
        }
    )


def an_incident(**changes: Any) -> Incident:
    """An incident as its workflow knows it."""
    return Incident.model_validate(
        {
            "id": uuid4(),
            "number": 42,
            "title": "Redis does not answer",
            "severity": Severity.SEV1_CRITICAL,
            "service": "redis-prod",
            "team": "SRE Core",
            "created_at": NOON,
            "url": "http://tocsin.test/incidents/INC-42",
            **changes,
        }
    )


def a_page(incident_id: UUID, **changes: Any) -> Page:
    """A page of an incident."""
    return Page.model_validate(
        {
            "id": uuid4(),
            "incident_id": incident_id,
            "step": "p1.r1.s1",
            "recipient": "ana@example.com",
            "channel": "slack",
            "reason": "on call for SRE Core",
            "message": Message(text="Redis does not answer"),
            **changes,
        }
    )
