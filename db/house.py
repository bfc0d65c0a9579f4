"""Reads what the catalogue says about alerts, for the rules of `domain.intake`.

A later version may have written what this one cannot read. That much is passed over and logged, and alerts go on.
"""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from uuid import UUID

import structlog
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import MaintenanceWindow, Rule, Service, Silence, Source, Team, service_dependencies
from db.tokens import hash_token
from domain.catalogue import UNKNOWN_SERVICE
from domain.intake.maintenance import MaintenanceWindow as WindowValue
from domain.intake.quiet import Silence as SilenceValue
from domain.intake.rule import Rule as RuleValue
from domain.intake.source import Source as SourceValue
from domain.intake.source import SourceSettings
from domain.intake.verdict import House, ServiceFact

logger = structlog.get_logger(__name__)

_Value = TypeVar("_Value")
_Kept = TypeVar("_Kept", Rule, Silence, MaintenanceWindow)

_OBJECT = TypeAdapter(dict[str, Any])

CHANNEL_HOUSE = "tocsin_house"
"""Postgres notifications that the catalogue changed; triggers of migration 0002 send them."""


async def load_house(session: AsyncSession, window_seconds: int) -> House:
    """The catalogue as intake needs it, in one transaction.

    Args:
        session: of one transaction.
        window_seconds: how long a `service+severity` key absorbs.

    Raises:
        LookupError: the catalogue has lost its service for alerts that nobody knows.
    """
    services = await _services(session)
    if UNKNOWN_SERVICE not in services:
        raise LookupError(f"the catalogue has lost its service {UNKNOWN_SERVICE}")
    rules = await session.scalars(select(Rule).where(Rule.is_active).order_by(Rule.position, Rule.name))
    silences = await session.scalars(select(Silence).where(Silence.ends_at > func.now()).order_by(Silence.ends_at))
    windows = await session.scalars(select(MaintenanceWindow).order_by(MaintenanceWindow.name))
    return House(
        services=services,
        unknown=services[UNKNOWN_SERVICE],
        rules=readable(rules, rule_value),
        silences=readable(silences, silence_value),
        maintenance=readable(windows, window_value),
        window_seconds=window_seconds,
    )


def readable(rows: Iterable[_Kept], read: Callable[[_Kept], _Value]) -> tuple[_Value, ...]:
    """The values of rows, but for those that this version cannot read."""
    found = []
    for row in rows:
        try:
            found.append(read(row))
        except ValidationError as error:
            fields = _fields(error)
            logger.error("house: not read, and passed over", table=row.__tablename__, id=str(row.id), fields=fields)
    return tuple(found)


def silence_value(silence: Silence) -> SilenceValue:
    """A silence's row as the rules know it."""
    return SilenceValue.model_validate(silence, from_attributes=True)


def window_value(window: MaintenanceWindow) -> WindowValue:
    """A maintenance window's row as the rules know it."""
    return WindowValue.model_validate(window, from_attributes=True)


def rule_value(rule: Rule) -> RuleValue:
    """A rule's row as the rules know it.

    Raises:
        ValidationError: this version cannot read it.
    """
    facts = {"id": rule.id, "name": rule.name, "source_id": rule.source_id}
    return RuleValue.model_validate(_OBJECT.validate_python(rule.definition) | facts)


def source_value(source: Source | Row[Any]) -> SourceValue:
    """A source's row as the rules know it; settings that this version cannot read have their defaults."""
    try:
        settings = SourceSettings.model_validate(source.settings)
    except ValidationError as error:
        fields = _fields(error)
        logger.error("house: settings of a source not read, and passed over", source=source.name, fields=fields)
        unreadable = {name for one in error.errors() for name in one["loc"][:1]}
        given = source.settings if isinstance(source.settings, dict) else {}
        kept = {name: value for name, value in given.items() if name not in unreadable}
        settings = SourceSettings.model_validate(kept)
    return SourceValue(id=source.id, name=source.name, kind=source.kind, settings=settings, secret=source.secret)


async def source_by_key(session: AsyncSession, key: str) -> SourceValue | None:
    """The active source of a key."""
    source = await session.scalar(select(Source).where(Source.key_hash == hash_token(key), Source.is_active))
    return source_value(source) if source else None


async def find_source(session: AsyncSession, reference: str) -> Source | None:
    """A source by its id or its name."""
    found = None
    with contextlib.suppress(ValueError):  # it is no id
        found = await session.get(Source, UUID(reference))
    return found or await session.scalar(select(Source).where(Source.name == reference))


async def _services(session: AsyncSession) -> dict[str, ServiceFact]:
    query = select(Service.id, Service.name, Team.name.label("team")).join(Team, Team.id == Service.team_id)
    rows = (await session.execute(query.where(Service.is_active))).all()
    direct: dict[UUID, list[UUID]] = {}
    for service_id, depends_on_id in await session.execute(select(service_dependencies)):
        direct.setdefault(service_id, []).append(depends_on_id)
    return {row.name: ServiceFact(row.id, row.name, row.team, _all_below(row.id, direct)) for row in rows}


def _all_below(service_id: UUID, direct: Mapping[UUID, list[UUID]]) -> tuple[UUID, ...]:
    """Everything that a service depends on, the nearest first, itself never; circles do no harm."""
    found: dict[UUID, None] = {}
    waiting = list(direct.get(service_id, ()))
    while waiting:
        one = waiting.pop(0)
        if one != service_id and one not in found:
            found[one] = None
            waiting += direct.get(one, ())
    return tuple(found)


def _fields(error: ValidationError) -> list[str]:
    return [".".join(map(str, one["loc"])) for one in error.errors()]
