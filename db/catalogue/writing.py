"""Writes entries of the catalogue: each is made, or becomes what it is given to be. One transaction for all."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.catalogue.readable import whole
from db.models import (
    Base,
    ContactMethod,
    Policy,
    Route,
    Schedule,
    Scope,
    Service,
    Team,
    User,
    new_id,
    service_dependencies,
    team_members,
)
from domain.catalogue import Catalogue, name_of
from domain.catalogue import Policy as PolicyValue
from domain.catalogue import Service as ServiceValue
from domain.catalogue import Team as TeamValue
from domain.catalogue import User as UserValue

TABLES: Mapping[str, tuple[type[Base], str]] = {
    "users": (User, "email"),
    "scopes": (Scope, "name"),
    "policies": (Policy, "name"),
    "schedules": (Schedule, "name"),
    "teams": (Team, "name"),
    "services": (Service, "name"),
    "routes": (Route, "name"),
}
"""Where each kind is kept, and the column that names an entry."""

SOME = 500
"""Rows of one statement."""


async def write(session: AsyncSession, entries: Catalogue) -> None:
    """Make the entries, or change them into what they are given to be; whatever is not among them stays.

    Args:
        session: its transaction is the caller's.
        entries: a part of a catalogue whose references were checked (`domain.catalogue.broken_references`).
    """
    await _write(session, "users", [_user_row(user) for user in entries.users])
    await _write_contact_methods(session, entries.users)
    scopes = [scope.model_dump(mode="json") for scope in entries.scopes]
    await _write(session, "scopes", scopes)
    await _write_policies(session, entries.policies)
    schedules = [{"name": one.name, "definition": one.model_dump(mode="json")} for one in entries.schedules]
    await _write(session, "schedules", schedules)
    await _write_teams(session, entries.teams)
    await _write_services(session, entries.services)
    routes = [
        {"name": route.name, "position": place, "definition": route.model_dump(mode="json", by_alias=True)}
        for place, route in enumerate(entries.routes)
    ]
    await _write(session, "routes", routes)


async def remove(session: AsyncSession, kind: str, names: Sequence[str]) -> None:
    """Delete entries of a kind by their names.

    Raises:
        IntegrityError: something that happened still names one of them.
    """
    model, key = TABLES[kind]
    await session.execute(delete(model).where(getattr(model, key).in_(names)))


async def ids_of(session: AsyncSession, kind: str, names: Sequence[str] | None = None) -> dict[str, UUID]:
    """The ids of entries by their names."""
    model, key = TABLES[kind]
    column = getattr(model, key)
    query = select(column, model.id)  # type: ignore[attr-defined]
    if names is not None:
        query = query.where(column.in_(names))
    return {row[0]: row[1] for row in await session.execute(query)}


async def _write(session: AsyncSession, kind: str, rows: Sequence[Mapping[str, Any]]) -> None:
    model, key = TABLES[kind]
    for start in range(0, len(rows), SOME):
        some = [{"id": new_id(), **row} for row in rows[start : start + SOME]]
        statement = insert(model).values(some)
        changed = {name: statement.excluded[name] for name in some[0] if name not in ("id", key, "slug")}
        await session.execute(statement.on_conflict_do_update(index_elements=[key], set_=changed))


def _user_row(user: UserValue) -> dict[str, Any]:
    row = user.model_dump(mode="json", by_alias=True, exclude={"contact_methods"})
    return row


async def _write_contact_methods(session: AsyncSession, users: Sequence[UserValue]) -> None:
    """An address that is there keeps its verification, unless the catalogue says that it has none, or has one."""
    ids = await ids_of(session, "users", [user.email for user in users])
    query = select(ContactMethod).where(ContactMethod.user_id.in_(ids.values()))
    kept: dict[tuple[UUID, str, str], ContactMethod] = {
        (row.user_id, row.channel, row.address): row for row in await session.scalars(query)
    }
    wanted = {
        (ids[user.email], method.channel.value, method.address): method.verified
        for user in users
        for method in user.contact_methods
    }
    for key, row in kept.items():
        if key not in wanted:
            await session.delete(row)
    for key, verified in wanted.items():
        found = kept.get(key)
        if found is not None and verified != (found.verified_at is not None):
            found.verified_at = func.clock_timestamp() if verified else None
    await session.flush()
    for verified_at, verified in ((func.clock_timestamp(), True), (None, False)):
        new = [
            {"id": new_id(), "user_id": user_id, "channel": channel, "address": address}
            for (user_id, channel, address), said in wanted.items()
            if said is verified and (user_id, channel, address) not in kept
        ]
        if new:
            await session.execute(insert(ContactMethod).values(verified_at=verified_at), new)


async def _write_policies(session: AsyncSession, policies: Sequence[PolicyValue]) -> None:
    rows = [
        {
            "name": policy.name,
            "is_default": policy.is_default,
            "definition": policy.model_dump(mode="json", by_alias=True, exclude={"is_default"}),
        }
        for policy in policies
    ]
    query = select(Policy.name, Policy.is_default, Policy.definition)
    kept = {row.name: row for row in await session.execute(query.where(Policy.name.in_([row["name"] for row in rows])))}
    changed = [name for row in rows if (name := row["name"]) in kept and _differs(kept[name], row)]
    await _write(session, "policies", rows)
    if changed:
        await session.execute(update(Policy).where(Policy.name.in_(changed)).values(version=Policy.version + 1))


def _differs(kept: Any, row: Mapping[str, Any]) -> bool:
    """Whether a policy is changed by its new row; what is the default now is the same policy."""
    before = whole(PolicyValue, {**kept.definition, "name": kept.name}, kept.name)
    return before is None or bool(before.rules != PolicyValue.model_validate(row["definition"]).rules)


async def _write_teams(session: AsyncSession, teams: Sequence[TeamValue]) -> None:
    users = await ids_of(session, "users") if teams else {}
    policies = await ids_of(session, "policies") if teams else {}
    schedules = await ids_of(session, "schedules") if teams else {}
    rows = [
        {
            "name": team.name,
            "slug": team.slug,
            "description": team.description,
            "email": team.email,
            "channel": team.channel,
            "time_zone": team.time_zone,
            "on_call_id": users.get(team.on_call or ""),
            "manager_id": users.get(team.manager or ""),
            "policy_id": policies.get(team.policy or ""),
            "schedule_id": schedules.get(team.schedule or ""),
            "policies": {severity.value: name for severity, name in team.policies.items()},
        }
        for team in teams
    ]
    await _write(session, "teams", rows)
    ids = await ids_of(session, "teams", [team.name for team in teams])
    await session.execute(delete(team_members).where(team_members.c.team_id.in_(ids.values())))
    members = [{"team_id": ids[team.name], "user_id": users[email]} for team in teams for email in set(team.members)]
    if members:
        await session.execute(insert(team_members), members)


async def _write_services(session: AsyncSession, services: Sequence[ServiceValue]) -> None:
    teams = await ids_of(session, "teams") if services else {}
    policies = await ids_of(session, "policies") if services else {}
    facts = {"name", "description", "criticality", "runbook_url", "repository_url", "monitoring_url", "is_active"}
    rows = [
        service.model_dump(mode="json", include=facts)
        | {
            "team_id": teams[service.team],
            "policy_id": policies.get(service.policy or ""),
            "policies": {severity.value: name for severity, name in service.policies.items()},
        }
        for service in services
    ]
    await _write(session, "services", rows)
    ids = await ids_of(session, "services") if services else {}
    own = [ids[service.name] for service in services]
    await session.execute(delete(service_dependencies).where(service_dependencies.c.service_id.in_(own)))
    needed = [
        {"service_id": ids[service.name], "depends_on_id": ids[name]}
        for service in services
        for name in set(service.depends_on)
    ]
    if needed:
        await session.execute(insert(service_dependencies), needed)


def without(entries: Catalogue, known: Catalogue) -> Catalogue:
    """Of some entries, those that another catalogue does not have by their names."""
    return Catalogue(
        **{
            kind: tuple(entry for entry in getattr(entries, kind) if name_of(entry) not in known.entries(kind))
            for kind in TABLES
        }
    )
