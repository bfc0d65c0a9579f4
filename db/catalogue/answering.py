"""Who answers for an incident of a service: catalogue and ledger as the plain values that the rules want."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from db.catalogue.reading import CatalogueReader
from db.models import Notification, Service, Team
from domain.catalogue import Catalogue
from domain.directory import Directory
from domain.organisation import NOBODY_BEFORE, PagedBefore, directory_of, policy_for
from domain.policy import Policy
from domain.severity import Severity
from domain.target import People, TeamMembers

PAGED_LATELY = timedelta(days=90)
"""Whoever was not paged for longer than this was not paged at all, for "least paged"."""


async def policy_of(
    session: AsyncSession, reader: CatalogueReader, service_id: UUID, severity: Severity, default: str
) -> Policy:
    """The policy with which an incident of a service and severity would begin.

    Raises:
        LookupError: there is no such service, or no policy at all.
    """
    catalogue = await reader.read(session)
    name = await session.scalar(select(Service.name).where(Service.id == service_id))
    if name is None or name not in catalogue.service_named:
        raise LookupError(f"no service {service_id}")
    return policy_for(catalogue, catalogue.service_named[name], severity, default)


async def who_answers(
    session: AsyncSession,
    reader: CatalogueReader,
    service_id: UUID,
    policy: Policy,
    since: datetime,
    *,
    team_id: UUID | None = None,
    incident_id: UUID | None = None,
    until: datetime | None = None,
    also: Collection[str] = (),
) -> Directory:
    """Who answers for a service's incident under a policy.

    Args:
        session: of one transaction.
        reader: this process's catalogue.
        service_id: the service.
        policy: by which the incident climbs.
        since: the first instant that is asked about, UTC.
        team_id: the team to which the incident was reassigned.
        incident_id: an incident whose own pages do not count for whose turn it is.
        until: duties must be known for the policy's whole length from here on.
        also: people whom the incident itself names.

    Raises:
        LookupError: there is no such service.
    """
    catalogue = await reader.read(session)
    own = select(Team.name).join(Service, Service.team_id == Team.id).where(Service.id == service_id)
    team = await session.scalar(select(Team.name).where(Team.id == team_id)) if team_id else None
    team = team or await session.scalar(own)  # the service's own, also when the other one is gone
    if team is None:
        raise LookupError(f"no service {service_id}")
    before = await _paged_before(session, catalogue, policy, team, incident_id)
    return directory_of(catalogue, team, policy, since, until, before, also)


def _candidates(target: TeamMembers | People, catalogue: Catalogue, team: str) -> tuple[str, ...]:
    """Those of whom one is taken; a team that is gone, or has another name now, has none."""
    if isinstance(target, People):
        return target.emails
    known = catalogue.team_named.get(target.team or team)
    return known.members if known else ()


async def _paged_before(
    session: AsyncSession, catalogue: Catalogue, policy: Policy, team: str, incident_id: UUID | None
) -> PagedBefore:
    """Nothing is asked of the ledger unless a policy or a route takes one of several."""
    routed = [target for route in catalogue.routes for target in route.targets]
    picking = [t for t in [*policy.targets(), *routed] if isinstance(t, TeamMembers | People) and t.pick != "all"]
    if not picking:
        return NOBODY_BEFORE
    people: set[str] = set()
    for target in picking:
        people |= set(_candidates(target, catalogue, team))
    other = Notification.incident_id != incident_id if incident_id else true()
    lately = Notification.created_at > func.now() - PAGED_LATELY
    last = (
        select(Notification.recipient, func.max(Notification.created_at))
        .where(Notification.recipient.in_(people), lately, other)
        .group_by(Notification.recipient)
    )
    turn = (
        select(Notification.turn, Notification.recipient)
        .where(Notification.turn.is_not(None), lately, other)
        .ext(distinct_on(Notification.turn))
        .order_by(Notification.turn, Notification.created_at.desc())
    )
    paged = {row[0]: row[1] for row in await session.execute(last)}
    return PagedBefore(paged, {row[0]: row[1] for row in await session.execute(turn) if row[0]})
