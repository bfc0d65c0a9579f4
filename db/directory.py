"""Who answers for a service: the catalogue as the plain values that the rules want."""

from collections import defaultdict
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from db.models import Policy, Scope, Service, Team, User
from domain.directory import Directory
from domain.policy import Policy as PolicyValue


async def directory_of(session: AsyncSession, service_id: UUID) -> Directory:
    """Who answers for a service right now. People who are not active answer for nothing."""
    team = await _team_of(session, service_id)
    people = (await session.scalars(select(User).where(User.is_active).order_by(User.email))).all()
    titles: defaultdict[str, list[str]] = defaultdict(list)
    for person in people:
        if person.title:
            titles[person.title].append(person.email)
    scopes = (await session.scalars(select(Scope).where(Scope.is_active))).all()
    return Directory(
        team=team.name,
        team_channel=team.channel,
        on_call=(team.on_call.email,) if team.on_call and team.on_call.is_active else (),
        manager=team.manager.email if team.manager and team.manager.is_active else None,
        titles={title: tuple(emails) for title, emails in titles.items()},
        people=tuple(person.email for person in people),
        scope_emails={scope.name: tuple(scope.notify_emails) for scope in scopes},
    )


async def policy_of(session: AsyncSession, service_id: UUID, default_name: str) -> PolicyValue:
    """The escalation policy of a service: its team's own, else the default.

    Args:
        session: an open session.
        service_id: the service.
        default_name: the policy for teams without one of their own.
    """
    team = await _team_of(session, service_id)
    policy = team.policy or await session.scalar(select(Policy).where(Policy.name == default_name))
    if policy is None:
        policy = (await session.scalars(select(Policy).order_by(Policy.is_default.desc(), Policy.name))).first()
    if policy is None:
        raise LookupError("the catalogue has no escalation policy")
    return PolicyValue.model_validate(policy.definition)


async def _team_of(session: AsyncSession, service_id: UUID) -> Team:
    query = (
        select(Team)
        .join(Service, Service.team_id == Team.id)
        .where(Service.id == service_id)
        .options(joinedload(Team.on_call), joinedload(Team.manager), joinedload(Team.policy))
    )
    team = await session.scalar(query)
    if team is None:
        raise LookupError(f"no service {service_id}")
    return team
