"""The plan of an incident by its row and ledger, and of an incident that does not exist: the rules of the workflow."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from config.settings import Settings
from db.catalogue.answering import policy_of, who_answers
from db.catalogue.reading import CatalogueReader
from db.starting import StartingPoint
from domain.ahead import still_to_come
from domain.climb import Climb, PlannedStep, Situation
from domain.condition import Facts
from domain.escalation import plan
from gateway.starting import (
    alerts_so_far,
    calls_so_far,
    climb_so_far,
    default_policy_name,
    incident_of,
    kept_policy,
    with_timeout,
)


async def plan_for(
    session: AsyncSession,
    catalogue: CatalogueReader,
    settings: Settings,
    service_id: UUID,
    facts: Facts,
    at: datetime,
    time_scale: float,
) -> list[PlannedStep]:
    """The whole plan, every round up to the limit, of an incident that would begin at an instant."""
    kept = await policy_of(session, catalogue, service_id, facts.severity, default_policy_name(settings))
    policy = with_timeout(kept, settings)
    directory = await who_answers(session, catalogue, service_id, policy, at)
    facts = facts.model_copy(update={"alerts": ((at, 1),)})
    return plan(Situation(policy, facts, directory, Climb(started_at=at, time_scale=time_scale)))


def plan_ahead(point: StartingPoint, settings: Settings) -> Sequence[PlannedStep]:
    """What is still to come of an incident if nobody does anything."""
    incident, policy = incident_of(point, settings), kept_policy(point, settings)
    climb = climb_so_far(point, settings)
    alerts, calls = alerts_so_far(point), calls_so_far(point)
    steps = still_to_come(incident, policy, point.directory, climb, alerts, point.read_at, calls)
    return [step for step in steps if step.deliveries or step.action]
