"""A small house in which everything is in order, and what a test changes of it."""

from datetime import UTC, datetime
from typing import Any

from domain.catalogue import Catalogue
from domain.foresight.finding import Finding
from domain.foresight.lint import lint

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
"""A Monday, noon."""
ANA, BO, DEE = "ana@example.com", "bo@example.com", "dee@example.com"


def values() -> dict[str, Any]:
    """Two people by turns, a manager behind them, one service: as a file has it."""
    return {
        "users": [person(ANA), person(BO), person(DEE)],
        "policies": [
            {
                "name": "ladder",
                "is_default": True,
                "owner": DEE,
                "steps": [
                    {"after_seconds": 0, "targets": [{"kind": "on_call", "channel": "push"}]},
                    {"after_seconds": 300, "targets": [{"kind": "on_call", "channel": "phone"}]},
                    {"after_seconds": 1800, "targets": [{"kind": "manager", "channel": "phone"}]},
                ],
            }
        ],
        "schedules": [
            {
                "name": "core",
                "time_zone": "Europe/Paris",
                "layers": [
                    {
                        "name": "weeks",
                        "rotations": [
                            {
                                "kind": "weekly",
                                "start": "2026-01-05T09:00:00+01:00",
                                "participants": [[ANA], [BO]],
                            }
                        ],
                    }
                ],
            }
        ],
        "teams": [
            {
                "name": "Core",
                "channel": "#core",
                "time_zone": "Europe/Paris",
                "members": [ANA, BO, DEE],
                "manager": DEE,
                "schedule": "core",
                "policy": "ladder",
            }
        ],
        "services": [{"name": "redis", "team": "Core", "runbook_url": "https://runbooks.example.com/redis"}],
    }


def person(email: str, **changes: Any) -> dict[str, Any]:
    """Somebody with a verified telephone and push."""
    methods = [
        {"channel": channel, "address": f"{channel} of {email}", "verified": True}
        for channel in ("phone", "sms", "push", "slack")
    ]
    return {"email": email, "name": email.split("@")[0].title(), "contact_methods": methods, **changes}


def found(house: dict[str, Any], **options: Any) -> list[Finding]:
    """What lint says of it."""
    return lint(Catalogue.model_validate(house), NOW, **options)


def faults(house: dict[str, Any], **options: Any) -> list[Finding]:
    """The faults alone."""
    return [finding for finding in found(house, **options) if finding.severity == "fault"]
