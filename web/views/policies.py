"""One policy: who it would tell of an incident that does not exist, and who still runs an older version of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.container import Container
from config.settings import Settings
from db.catalogue.answering import who_answers
from db.models import Incident, Service
from domain.catalogue import Catalogue, Policy
from domain.climb import Climb, PlannedStep, Situation
from domain.condition import Facts
from domain.escalation import plan
from domain.organisation import policy_for
from domain.policy import Policy as PolicyRules
from domain.severity import Severity
from gateway.starting import default_policy_name, with_timeout
from web.views.clock import typed


@dataclass
class Asked:
    """For what the page says who would be told."""

    service: str
    severity: Severity
    at: datetime
    typed: str
    errors: dict[str, str]


def asked_of(query: Mapping[str, str], services: list[str], zone: str) -> Asked:
    """What an address asks for; the first service, SEV1 and now unless it says otherwise."""
    errors: dict[str, str] = {}
    now = datetime.now(UTC)
    service = query.get("service") or next(iter(services), "")
    if service not in services:
        errors["service"] = "Choose a service of the list."
        service = next(iter(services), "")
    try:
        severity = Severity(query.get("severity") or Severity.SEV1_CRITICAL)
    except ValueError:
        errors["severity"] = "Choose a severity of the list."
        severity = Severity.SEV1_CRITICAL
    text = query.get("at", "")
    at = now
    if text:
        try:
            at = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
            if not 1990 <= at.year <= 2150:
                raise ValueError
        except (ValueError, OverflowError):
            errors["at"] = "A day and a time such as 2026-11-23T03:00."
            at = now
    return Asked(service, severity, at, text if "at" in errors else typed(at, zone), errors)


def services_of(catalogue: Catalogue, policy: Policy, default: str) -> dict[str, list[str]]:
    """The services whose incidents begin with a policy, and the severities for which they do."""
    found: dict[str, list[str]] = {}
    for service in catalogue.services:
        if service.is_active:
            for severity in Severity:
                if policy_for(catalogue, service, severity, default).name == policy.name:
                    found.setdefault(service.name, []).append(severity.short)
    return found


async def planned(
    session: AsyncSession, parts: Container, policy: Policy, service: str, severity: Severity, at: datetime
) -> list[PlannedStep]:
    """The plan of an incident of a service that would begin with a policy, whether it is its own or not."""
    id = await session.scalar(select(Service.id).where(Service.name == service))
    if id is None:
        return []
    directory = await who_answers(session, parts.catalogue, id, policy.rules, at)
    facts = Facts(severity=severity, service=service, alerts=((at, 1),))
    return plan(Situation(policy.rules, facts, directory, Climb(started_at=at)))


async def open_incidents(session: AsyncSession, policy: Policy, settings: Settings) -> list[dict[str, Any]]:
    """The open incidents that run a policy of this name, and whether it is this version."""
    query = (
        select(Incident.id, Incident.number, Incident.title, Incident.status, Incident.severity, Incident.policy)
        .where(Incident.status != "RESOLVED", Incident.policy["name"].as_string() == policy.name)
        .order_by(Incident.number)
    )
    now = with_timeout(policy.rules, settings)
    rows = (await session.execute(query)).mappings().all()
    return [{**row, "is_older": PolicyRules.model_validate(row["policy"]) != now} for row in rows]


def default_of(parts: Container) -> str:
    """The name of the policy for whoever has none."""
    return default_policy_name(parts.settings)
