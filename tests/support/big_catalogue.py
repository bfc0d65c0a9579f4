"""A made-up catalogue of any size, in which everything is in order: for benchmarks and tests."""

from datetime import UTC, datetime
from typing import Any

from domain.catalogue import Catalogue

ZONES = ("Europe/Paris", "America/Chicago", "Australia/Lord_Howe", "Asia/Kolkata")
STARTED = datetime(2026, 1, 5, 8, tzinfo=UTC)
TEAM_SIZE = 6


def big_catalogue(services: int = 500, schedules: int = 100) -> Catalogue:
    """Services spread over teams, each team with a schedule of its own, six people, a policy and a manager."""
    return Catalogue.model_validate(big_values(services, schedules))


def big_values(services: int = 500, schedules: int = 100) -> dict[str, Any]:
    """The same as plain values, as a file has them."""
    teams = range(schedules)
    return {
        "users": [user(team, place) for team in teams for place in range(TEAM_SIZE)],
        "policies": [policy(team) for team in range(0, schedules, 10)],
        "schedules": [schedule(team) for team in teams],
        "teams": [team_of(team) for team in teams],
        "services": [service(number, number % schedules) for number in range(services)],
    }


def email(team: int, place: int) -> str:
    """Address of somebody of a team."""
    return f"person{place}.team{team:03}@example.com"


def user(team: int, place: int) -> dict[str, Any]:
    """Somebody with a verified telephone, push and rules of their own."""
    return {
        "email": email(team, place),
        "name": f"Person {place} of team {team}",
        "time_zone": ZONES[team % len(ZONES)],
        "contact_methods": [
            {"channel": "phone", "address": f"+3361{team:03}{place:04}", "verified": True},
            {"channel": "sms", "address": f"+3361{team:03}{place:04}", "verified": True},
            {"channel": "push", "address": f"device-{team}-{place}", "verified": True},
            {"channel": "slack", "address": f"U{team:03}{place:03}", "verified": True},
        ],
        "notification_rules": [
            {"urgency": "high", "channel": "push"},
            {"urgency": "high", "after_seconds": 120, "channel": "phone"},
        ],
    }


def policy(team: int) -> dict[str, Any]:
    """To the people on call, their backup, the manager."""
    return {
        "name": f"policy {team:03}",
        "owner": email(team, 0),
        "steps": [
            {"after_seconds": 0, "targets": [{"kind": "on_call"}]},
            {"after_seconds": 300, "targets": [{"kind": "on_call", "level": 2}]},
            {"after_seconds": 900, "targets": [{"kind": "manager", "channel": "phone"}]},
        ],
        "repeat": "all",
        "repeat_seconds": 900,
        "max_rounds": 2,
    }


def schedule(team: int) -> dict[str, Any]:
    """Three layers: by weeks, by days in working hours, and a backup by half days."""
    people = [[email(team, place)] for place in range(TEAM_SIZE)]
    turns = {"start": STARTED.isoformat(), "participants": people}
    office = {"weekdays": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "until": "17:00"}
    return {
        "name": f"schedule {team:03}",
        "time_zone": ZONES[team % len(ZONES)],
        "layers": [
            {"name": "weeks", "rotations": [{"kind": "weekly", **turns}]},
            {"name": "days", "rotations": [{"kind": "daily", "restrictions": [office], **turns}]},
            {"name": "backup", "level": 2, "rotations": [{"kind": "hourly", "interval": 12, **turns}]},
        ],
    }


def team_of(team: int) -> dict[str, Any]:
    """A team with all that a team should have."""
    return {
        "name": f"Team {team:03}",
        "channel": f"#team-{team:03}",
        "time_zone": ZONES[team % len(ZONES)],
        "members": [email(team, place) for place in range(TEAM_SIZE)],
        "manager": email(team, 0),
        "schedule": f"schedule {team:03}",
        "policy": f"policy {team // 10 * 10:03}",
    }


def service(number: int, team: int) -> dict[str, Any]:
    """A service that depends on the one before."""
    return {
        "name": f"service-{number:03}",
        "team": f"Team {team:03}",
        "criticality": "TIER_2",
        "runbook_url": f"https://runbooks.example.com/{number}",
        "depends_on": [f"service-{number - 1:03}"] if number else [],
    }
