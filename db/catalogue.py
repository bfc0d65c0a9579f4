"""Writes a catalogue of users, teams, services, scopes and policies, as its data files say it."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Base, Policy, Scope, Service, Team, User, new_id, team_members
from domain.policy import Policy as PolicyValue

UNKNOWN_SERVICE = "Unknown/Triage"


async def add_catalogue(session: AsyncSession, catalogue: dict[str, list[dict[str, Any]]]) -> None:
    """Add what is not there yet; what exists by its name (or e-mail) is left as it is."""
    for user in catalogue.get("users", []):
        await _add(session, User, "email", user)
    for scope in catalogue.get("scopes", []):
        await _add(session, Scope, "name", scope)
    for policy in catalogue.get("policies", []):
        definition = {name: value for name, value in policy.items() if name != "is_default"}
        await _add(
            session,
            Policy,
            "name",
            {
                "name": policy["name"],
                "is_default": policy.get("is_default", False),
                "definition": PolicyValue.model_validate(definition).model_dump(mode="json"),
            },
        )
    for team in catalogue.get("teams", []):
        await _add_team(session, team)
    for service in catalogue.get("services", []):
        team_id = await session.scalar(select(Team.id).where(Team.name == service["team"]))
        values = {name: value for name, value in service.items() if name != "team"}
        await _add(session, Service, "name", values | {"team_id": team_id})


async def service_exists(session: AsyncSession, name: str) -> bool:
    """Whether the catalogue has a service of that name."""
    return await session.scalar(select(Service.id).where(Service.name == name)) is not None


async def _add(session: AsyncSession, model: type[Base], key: str, values: dict[str, Any]) -> None:
    await session.execute(insert(model).values(id=new_id(), **values).on_conflict_do_nothing(index_elements=[key]))


async def _add_team(session: AsyncSession, team: dict[str, Any]) -> None:
    on_call, manager = await _user(session, team.get("on_call")), await _user(session, team.get("manager"))
    values = {name: team[name] for name in ("name", "description", "channel", "email") if name in team}
    slug = team["name"].lower().replace(" ", "-")
    await _add(session, Team, "name", values | {"slug": slug, "on_call_id": on_call, "manager_id": manager})
    team_id = await session.scalar(select(Team.id).where(Team.name == team["name"]))
    for email in team.get("members", []):
        member = {"team_id": team_id, "user_id": await _user(session, email)}
        await session.execute(insert(team_members).values(member).on_conflict_do_nothing())


async def _user(session: AsyncSession, email: str | None) -> UUID | None:
    return await session.scalar(select(User.id).where(User.email == email)) if email else None
