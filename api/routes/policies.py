"""`/policies/`: a change asks whether it applies to open incidents; whom a policy reaches now."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid5

from fastapi import APIRouter, Query

from api.catalogue import editing
from api.catalogue.endpoints import Body, Reference, found
from api.catalogue.kinds import POLICIES
from api.container import Container
from api.requests import Caller, JsonRoute, Parts
from api.schemas import PlannableInstant
from db.access import Principal
from db.catalogue.entries import open_incidents_of
from domain.commands import UsePolicy
from domain.policy import Policy
from domain.policy_readiness import faults_of, policy_readiness
from gateway.commands import Forbidden
from gateway.starting import default_policy_name, with_timeout

router = APIRouter(prefix="/policies", tags=["catalogue"], route_class=JsonRoute)

AT_ONCE = 10
"""Incidents that are told of a new version at the same time."""


@router.get("/{id}/readiness/")
async def readiness(
    id: Reference,
    parts: Parts,
    caller: Caller,
    at: Annotated[PlannableInstant | None, Query(description="When; now without it")] = None,
) -> dict[str, Any]:
    """Whom the policy would reach now, for each team whose incidents climb by it, and what should be mended."""
    _, policy, catalogue = await found(parts, caller, POLICIES, id)
    at = at or datetime.now(UTC)
    teams = policy_readiness(catalogue, policy, at, default_policy_name(parts.settings))
    return {
        "policy": policy.name,
        "at": at,
        "reachable": bool(teams) and all(team.reachable for team in teams),
        "faults": faults_of(teams),
        "teams": [
            team._asdict()
            | {
                "steps": [
                    step._asdict() | {"recipients": [one._asdict() for one in step.recipients]} for step in team.steps
                ]
            }
            for team in teams
        ],
    }


@router.patch("/{id:path}/")
async def change(
    id: Reference,
    body: Body,
    parts: Parts,
    caller: Caller,
    apply_to_open: Annotated[bool, Query(description="Open incidents take the new version, too")] = False,
) -> dict[str, Any]:
    """Change what is named; the rest stays. `open_incidents` keep the version they started with, unless asked."""
    made = await editing.change(parts, caller, POLICIES, id, body)
    policy = with_timeout(made.after.rules, parts.settings)
    async with parts.sessions() as session:
        climbing = await open_incidents_of(session, [made.before.name, made.after.name])
    older = [incident for incident, kept in climbing if Policy.model_validate(kept) != policy]
    answer = POLICIES.shown(caller, made.row, made.after, made.catalogue) | {"open_incidents": len(older)}
    if apply_to_open:
        answer["applied_to"] = await _use(parts, caller, older, policy, made.row.facts["version"])
    return answer


async def _use(parts: Container, caller: Principal, incidents: Sequence[UUID], policy: Policy, version: int) -> int:
    """Give incidents the new version; how many took it, or will when Temporal answers."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(incident: UUID) -> bool:
        command = UsePolicy(
            id=str(uuid5(incident, f"policy {policy.name} {version}")), actor=caller.email, via="api", policy=policy
        )
        async with gate:
            try:
                await parts.commands.give(incident, command)
            except Forbidden:  # it is over meanwhile
                return False
        return True

    return sum(await asyncio.gather(*(one(incident) for incident in incidents)))
