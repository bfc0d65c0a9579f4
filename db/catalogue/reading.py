"""Reads the whole catalogue as the values of `domain.catalogue`, and keeps it for as long as it has not changed.

What is not valid any more is left out, or read in part (`db.catalogue.readable`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from db.catalogue.readable import in_part, whole
from db.models import (
    CatalogueVersion,
    Policy,
    Route,
    Schedule,
    ScheduleCalendar,
    ScheduleOverride,
    Scope,
    Service,
    Team,
    User,
    service_dependencies,
)
from domain import catalogue
from domain.catalogue import Catalogue
from domain.routing import Route as RouteValue
from domain.schedule.schedule import Override, Span
from domain.schedule.schedule import Schedule as ScheduleValue

ValueT = TypeVar("ValueT")

PAST_OVERRIDES = timedelta(days=400)
"""Overrides that ended longer ago than this are of no interest to anybody who asks for shifts."""


class CatalogueReader:
    """The catalogue of one process: read again when its version has grown, and then at once."""

    def __init__(self) -> None:
        self._version = -1
        self._kept = Catalogue()

    async def read(self, session: AsyncSession) -> Catalogue:
        """The catalogue as it is in the session's transaction."""
        version = await version_of(session)
        if version != self._version:
            # The version first: a change that comes between makes this copy be read again, and is not missed.
            self._kept = await read_catalogue(session)
            self._version = version
        return self._kept


async def version_of(session: AsyncSession) -> int:
    """Another number after every change of the catalogue."""
    return await session.scalar(select(CatalogueVersion.version)) or 0


async def read_catalogue(session: AsyncSession) -> Catalogue:
    """All of it, in the order of names; routes in the order of their positions."""
    return Catalogue(
        users=_those(await _users(session)),
        scopes=_those(await _scopes(session)),
        policies=_those(await _policies(session)),
        schedules=_those(await _schedules(session)),
        teams=_those(await _teams(session)),
        services=_those(await _services(session)),
        routes=_those(
            whole(RouteValue, row.definition, row.name)
            for row in await session.scalars(select(Route).order_by(Route.position, Route.name))
        ),
    )


def _those(found: Iterable[ValueT | None]) -> tuple[ValueT, ...]:
    """Without what could not be read."""
    return tuple(one for one in found if one is not None)


async def _users(session: AsyncSession) -> list[catalogue.User | None]:
    rows = await session.scalars(select(User).options(selectinload(User.contact_methods)).order_by(User.email))
    return [_user(row) for row in rows]


def _user(row: User) -> catalogue.User | None:
    """A person as the rules know them; the row has its contact methods loaded."""
    methods = [
        {"channel": method.channel, "address": method.address, "verified": method.verified_at is not None}
        for method in row.contact_methods
    ]
    return in_part(
        catalogue.User,
        {
            "email": row.email,
            "name": row.name,
            "title": row.title,
            "role": row.role,
            "is_active": row.is_active,
            "time_zone": row.time_zone,
            "language": row.language,
            "contact_methods": methods,
            "notification_rules": row.notification_rules,
            "quiet_hours": row.quiet_hours,
            "days_away": row.days_away,
        },
        row.email,
    )


async def _scopes(session: AsyncSession) -> list[catalogue.Scope | None]:
    names = ("name", "description", "notify_emails", "is_active")
    rows = await session.scalars(select(Scope).order_by(Scope.name))
    return [in_part(catalogue.Scope, {name: getattr(row, name) for name in names}, row.name) for row in rows]


async def _policies(session: AsyncSession) -> list[catalogue.Policy | None]:
    rows = await session.scalars(select(Policy).order_by(Policy.name))
    return [
        whole(catalogue.Policy, _object(row.definition) | {"name": row.name, "is_default": row.is_default}, row.name)
        for row in rows
    ]


def _object(value: Any) -> dict[str, Any]:
    """The columns' JSON; what is no object names no field that any entry has, and is told as not valid."""
    return value if isinstance(value, dict) else {"definition": value}


async def _schedules(session: AsyncSession) -> list[ScheduleValue | None]:
    overrides: defaultdict[UUID, list[Override]] = defaultdict(list)
    recent = ScheduleOverride.ends_at > func.now() - PAST_OVERRIDES
    for row in await session.scalars(select(ScheduleOverride).where(recent).order_by(ScheduleOverride.id)):
        if override := whole(Override, _override_fields(row), str(row.id)):
            overrides[row.schedule_id].append(override)
    spans: defaultdict[UUID, dict[str, tuple[Span, ...]]] = defaultdict(dict)
    for calendar in await session.scalars(select(ScheduleCalendar)):
        found = _those(whole(Span, span, calendar.name) for span in _list(calendar.spans))
        spans[calendar.schedule_id][calendar.name] = found
    rows = await session.scalars(select(Schedule).order_by(Schedule.name))
    return [_schedule(row, overrides[row.id], spans[row.id]) for row in rows]


def _list(value: Any) -> list[Any]:
    """The columns' JSON; what is no list is no valid item of one."""
    return value if isinstance(value, list) else [value]


def _schedule(row: Schedule, overrides: Sequence[Override], spans: dict[str, tuple[Span, ...]]) -> ScheduleValue | None:
    schedule = whole(ScheduleValue, row.definition, row.name)
    if schedule is None:
        return None
    layers = tuple(
        layer.model_copy(update={"spans": spans[layer.calendar]}) if layer.calendar in spans else layer
        for layer in schedule.layers
    )
    return schedule.model_copy(update={"layers": layers, "overrides": tuple(overrides)})


def override_value(row: ScheduleOverride) -> Override:
    """An override as the rules know it."""
    return Override.model_validate(_override_fields(row))


def _override_fields(row: ScheduleOverride) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "level": row.level,
        "start": row.starts_at,
        "end": row.ends_at,
        "users": row.users,
        "replaces": row.replaces,
        "reason": row.reason,
        "created_by": row.created_by,
    }


async def _teams(session: AsyncSession) -> list[catalogue.Team | None]:
    related = (
        joinedload(Team.on_call),
        joinedload(Team.manager),
        joinedload(Team.policy),
        joinedload(Team.schedule),
        selectinload(Team.members),
    )
    rows = await session.scalars(select(Team).options(*related).order_by(Team.name))
    return [_team(row) for row in rows]


def _team(row: Team) -> catalogue.Team | None:
    """A team as the rules know it; the row has what it names loaded."""
    return in_part(
        catalogue.Team,
        {
            "name": row.name,
            "description": row.description,
            "email": row.email,
            "channel": row.channel,
            "time_zone": row.time_zone,
            "members": [member.email for member in row.members],
            "manager": row.manager.email if row.manager else None,
            "on_call": row.on_call.email if row.on_call else None,
            "schedule": row.schedule.name if row.schedule else None,
            "policy": row.policy.name if row.policy else None,
            "policies": row.policies,
        },
        row.name,
    )


async def _services(session: AsyncSession) -> list[catalogue.Service | None]:
    depends = await _dependencies(session)
    query = select(Service).options(joinedload(Service.team), joinedload(Service.policy)).order_by(Service.name)
    facts = ("name", "description", "criticality", "runbook_url", "repository_url", "monitoring_url", "is_active")
    return [
        in_part(
            catalogue.Service,
            {name: getattr(row, name) for name in facts}
            | {
                "team": row.team.name,
                "depends_on": depends[row.id],
                "policy": row.policy.name if row.policy else None,
                "policies": row.policies,
            },
            row.name,
        )
        for row in await session.scalars(query)
    ]


async def _dependencies(session: AsyncSession) -> defaultdict[UUID, list[str]]:
    table = service_dependencies
    query = select(table.c.service_id, Service.name).join(Service, Service.id == table.c.depends_on_id)
    found: defaultdict[UUID, list[str]] = defaultdict(list)
    for service_id, name in await session.execute(query.order_by(Service.name)):
        found[service_id].append(name)
    return found
