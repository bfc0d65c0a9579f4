"""`/oncall/`: who is on call for each team."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import or_, select

from api.instants import Instant
from api.problems import Problem
from api.requests import JsonRoute, Parts, stored_text
from db.models import Team as TeamRow
from domain.catalogue import Catalogue, Team
from domain.on_call_now import OnCallNow, on_call_now

router = APIRouter(prefix="/oncall", tags=["schedules"], route_class=JsonRoute)


@router.get("/")
async def who_is_on_call(
    parts: Parts,
    team: Annotated[str | None, Query(max_length=255, description="Only this team, by name or slug")] = None,
    at: Annotated[Instant | None, Query(description="An instant; now if left out")] = None,
) -> dict[str, Any]:
    """For each team who is told first, who backs them up, and until when."""
    at = at or datetime.now(UTC)
    async with parts.sessions() as session:
        catalogue = await parts.catalogue.read(session)
        teams = list(catalogue.teams)
        if team is not None:
            wanted = stored_text(team.replace("\x00", ""))
            query = select(TeamRow.name).where(
                or_(TeamRow.name.ilike(_literal(wanted)), TeamRow.slug == wanted.lower())
            )
            names = set(await session.scalars(query))
            teams = [one for one in teams if one.name in names]
            if not teams:
                known = ", ".join(one.name for one in catalogue.teams[:50]) or "none"
                raise Problem(404, f"There is no team '{wanted}'; there are: {known}")
    found = await asyncio.to_thread(_all, catalogue, teams, at)
    return {"at": at, "items": [one.model_dump(mode="json") for one in found]}


def _all(catalogue: Catalogue, teams: list[Team], at: datetime) -> list[OnCallNow]:
    return [on_call_now(catalogue, team, at) for team in teams]


def _literal(text: str) -> str:
    """A pattern that matches the text alone, in any case of letters."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
