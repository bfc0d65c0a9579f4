"""The plan of an incident by its row and ledger, and of an incident that does not exist: the rules of the workflow."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from config.settings import Settings
from db.directory import directory_of, policy_of
from db.starting import StartingPoint
from domain.escalation import Climb, PlannedStep, passed, plan, remaining
from domain.incident import Status
from domain.severity import Severity
from gateway.starting import default_policy_name, whole_plan, with_timeout


async def plan_for(
    session: AsyncSession,
    settings: Settings,
    service_id: UUID,
    severity: Severity,
    scopes: Sequence[str],
    at: datetime,
    time_scale: float,
) -> list[PlannedStep]:
    """The whole plan, every round up to the limit, of an incident that would begin at an instant."""
    policy = with_timeout(await policy_of(session, service_id, default_policy_name(settings)), settings)
    directory = await directory_of(session, service_id)
    return plan(policy, severity, scopes, directory, Climb(started_at=at, time_scale=time_scale))


def plan_ahead(point: StartingPoint, settings: Settings) -> list[PlannedStep]:
    """What is still to come of an incident if nobody acknowledges."""
    if point.row["status"] != Status.TRIGGERED:
        return []
    steps = whole_plan(point, settings)
    return [step for step in remaining(steps, passed(steps, point.steps)) if step.deliveries]
