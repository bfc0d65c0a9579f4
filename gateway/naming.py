"""From the names that people write to what a command carries: people and teams must be of the catalogue."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from config.settings import Settings
from db.catalogue.reading import CatalogueReader
from db.models import Service, Team
from domain.catalogue import Catalogue
from domain.commands import Reassign
from domain.organisation import policy_for, policy_of_team
from domain.policy import Policy
from domain.severity import Severity
from gateway.starting import default_policy_name, with_timeout


class UnknownName(Exception):
    """The catalogue has nobody of that name; the message says so."""


async def require_people(session: AsyncSession, reader: CatalogueReader, people: Sequence[str]) -> None:
    """Return when everybody has an active account.

    Raises:
        UnknownName: somebody has none.
    """
    catalogue = await reader.read(session)
    for email in people:
        if not _is_active(catalogue, email):
            raise UnknownName(f"nobody with an active account has the e-mail address '{email}'")


async def reassignment(
    session: AsyncSession,
    reader: CatalogueReader,
    settings: Settings,
    row: RowMapping,
    to: str,
    envelope: dict[str, Any],
    note: str | None = None,
) -> Reassign:
    """The command that gives an incident to a person or a team.

    Args:
        session: of the database.
        reader: this process's catalogue.
        settings: for the default policy.
        row: the incident.
        to: an e-mail address, or the name of a team.
        envelope: id, actor and door of the command.
        note: for the timeline.

    Raises:
        UnknownName: it is neither.
    """
    catalogue = await reader.read(session)
    if _is_active(catalogue, to):
        return Reassign(**envelope, to=to, note=note)
    team = catalogue.team_named.get(to)
    if team is None:
        teams = ", ".join(sorted(catalogue.team_named)[:20]) or "none yet"
        raise UnknownName(f"'{to}' is neither the e-mail address of an active account nor a team; teams are: {teams}")
    policy = policy_of_team(catalogue, team, Severity(row["severity"]), default_policy_name(settings))
    team_id = await session.scalar(select(Team.id).where(Team.name == to))
    return Reassign(**envelope, to=to, team_id=team_id, policy=with_timeout(policy, settings), note=note)


async def policy_for_severity(
    session: AsyncSession,
    reader: CatalogueReader,
    settings: Settings,
    row: RowMapping,
    severity: Severity,
) -> Policy | None:
    """The policy that an incident takes up with another severity (REQUIREMENTS R-C-20).

    Args:
        session: of the database.
        reader: this process's catalogue.
        settings: for the default policy.
        row: the incident, with its present severity.
        severity: the new one.

    Returns:
        The policy; None when that of the new severity is that of the old one: the incident keeps the one it has.
    """
    catalogue, default = await reader.read(session), default_policy_name(settings)
    team = await session.scalar(select(Team.name).where(Team.id == row["team_id"])) if row["team_id"] else None
    service = await session.scalar(select(Service.name).where(Service.id == row["service_id"]))

    def policy_of(one: Severity) -> Policy | None:
        if team in catalogue.team_named:
            return policy_of_team(catalogue, catalogue.team_named[team], one, default)
        known = catalogue.service_named.get(service or "")
        return policy_for(catalogue, known, one, default) if known else None

    new = policy_of(severity)
    if new is None or new == policy_of(Severity(row["severity"])):
        return None
    return with_timeout(new, settings)


def _is_active(catalogue: Catalogue, email: str) -> bool:
    user = catalogue.user_named.get(email)
    return user is not None and user.is_active
