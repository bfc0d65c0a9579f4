"""`/rules/`: what the house knows about alerts that their senders do not; tried before they are saved."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.container import Container
from api.problems import Problem
from api.requests import Cursor, JsonRoute, Limit, Parts, decode_cursor, encode_cursor, needs, page, stored_text
from api.rule_checks import require_sound
from api.rule_trials import Trial, trials_of
from api.schemas import Line
from db.house import find_source, load_house, readable, rule_value, silence_value
from db.models import Rule, Silence, Source, new_id
from db.recorded import begin_of_latest, known_sources, recorded_after
from domain.intake.quiet import Silence as SilenceValue
from domain.intake.replay import Comparison, Difference
from domain.intake.rule import Choice, Expression, Then
from domain.intake.rule import Rule as RuleValue
from domain.intake.verdict import House
from domain.roles import Permission
from gateway.intake.expressions import TOOLS

router = APIRouter(prefix="/rules", tags=["rules"], route_class=JsonRoute)

MOST_REPLAYED = 50_000
PAGE = 1000
_REPLAYS = asyncio.Semaphore(1)
"""A replay takes a processor for seconds: one at a time, so that alerts are still taken."""


class RuleIn(BaseModel):
    """A rule."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Line, Field(max_length=255)]
    source: Annotated[Line, Field(max_length=255)] | None = None
    """Name or id of the source for whose alerts alone it is."""
    position: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = 100
    """The lowest goes first."""
    when: Expression = "true"
    then: Then = Then.PASS
    set: Choice = Choice()
    is_active: StrictBool = True

    @property
    def definition(self) -> dict[str, Any]:
        """What is stored as JSON."""
        return self.model_dump(mode="json", include={"when", "then", "set"}, exclude_defaults=True)


class DraftIn(RuleIn):
    """A rule that need not be saved; one of the same name is replaced by it."""

    name: Annotated[Line, Field(max_length=255)] = "(the rule that is tried)"


class TryIn(BaseModel):
    """A rule, and on what it is tried: a recorded alert, or a body as a sender would send it."""

    model_config = ConfigDict(extra="forbid")

    rule: DraftIn
    alert: UUID | None = None
    source: Annotated[Line, Field(max_length=255)] | None = None
    """A format, or a source's name or id."""
    body: Any = None

    @model_validator(mode="after")
    def _either(self) -> "TryIn":
        if (self.alert is None) == (self.source is None):
            raise ValueError("give either the id of a recorded alert as 'alert', or 'source' and 'body'")
        return self


class ReplayIn(BaseModel):
    """A rule, and over which alerts it is replayed."""

    model_config = ConfigDict(extra="forbid")

    rule: DraftIn
    days: Annotated[float, Field(gt=0, le=90)] = 7
    source: Annotated[Line, Field(max_length=255)] | None = None


class ReplayOut(Difference):
    """What the rule would have changed, and over which alerts."""

    since: datetime
    cut: bool
    """Whether there were more alerts than are replayed; then these are the latest."""


@router.get("/")
async def list_rules(parts: Parts, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Rules in the order in which they are tried."""
    query = select(Rule, Source.name).outerjoin(Source, Source.id == Rule.source_id)
    query = query.order_by(Rule.position, Rule.name).limit(limit)
    position = decode_cursor(cursor, _number, stored_text)
    if position:
        number, name = position
        query = query.where(or_(Rule.position > number, (Rule.position == number) & (Rule.name > name)))
    async with parts.sessions() as session:
        rows = (await session.execute(query)).all()
    items = [_shown(rule, source) for rule, source in rows]
    return page(items, limit, lambda: encode_cursor(rows[-1][0].position, rows[-1][0].name))


@router.post("/", status_code=201, dependencies=[needs(Permission.MANAGE)])
async def add_rule(body: RuleIn, parts: Parts) -> dict[str, Any]:
    """A new rule; it holds from the next alert on."""
    return await _saved(Rule(id=new_id()), body, parts)


@router.get("/{id}/")
async def one_rule(id: Annotated[UUID, Path()], parts: Parts) -> dict[str, Any]:
    """One rule."""
    async with parts.sessions() as session:
        rule = await _row(session, id)
        return _shown(rule, await _source_name(session, rule.source_id))


@router.patch("/{id}/", dependencies=[needs(Permission.MANAGE)])
async def change_rule(id: Annotated[UUID, Path()], body: dict[str, Any], parts: Parts) -> dict[str, Any]:
    """Change what is named; the rest stays. `set` is replaced as a whole."""
    async with parts.sessions() as session:
        rule = await _row(session, id)
    kept = {"name": rule.name, "position": rule.position, "is_active": rule.is_active} | _object(rule.definition)
    kept["source"] = str(rule.source_id) if rule.source_id else None
    return await _saved(rule, RuleIn.model_validate(kept | body), parts)


@router.delete("/{id}/", status_code=204, dependencies=[needs(Permission.MANAGE)])
async def delete_rule(id: Annotated[UUID, Path()], parts: Parts) -> Response:
    """Delete a rule."""
    async with parts.sessions.begin() as session:
        await session.delete(await _row(session, id))
    parts.intake.forget()
    return Response(status_code=204)


@router.post("/try/", dependencies=[needs(Permission.MANAGE)])
async def try_rule(body: TryIn, parts: Parts) -> Trial:
    """What a rule would make of an alert: whether it holds, what it sees, and what is different with it."""
    async with parts.sessions.begin() as session:
        house = await load_house(session, parts.settings.correlation_window_seconds)
        draft = await _draft(session, body.rule, house)
        proposed = replace(house, rules=await _rules_with(session, draft, body.rule.position))
        return await trials_of(session, draft, (house, proposed), body.alert, body.source, body.body)


@router.post("/replay/", dependencies=[needs(Permission.MANAGE)])
async def replay_rule(body: ReplayIn, parts: Parts) -> ReplayOut:
    """What a rule would have changed over the alerts of the last days, were it there all the while."""
    since = datetime.now(UTC) - timedelta(days=body.days)
    async with _REPLAYS:
        async with parts.sessions.begin() as session:
            house = await load_house(session, parts.settings.correlation_window_seconds)
            house = replace(house, silences=await _silences_since(session, since))
            draft = await _draft(session, body.rule, house)
            rules = await _rules_with(session, draft if body.rule.is_active else None, body.rule.position, draft.name)
            source_id = await _source_id(session, body.source, "source")
            begin, cut = await begin_of_latest(session, since, source_id, MOST_REPLAYED)
        comparison = Comparison(house, replace(house, rules=rules), TOOLS, parts.settings.inhibit_seconds)
        await _feed(comparison, begin, source_id, parts)
        found = await asyncio.to_thread(comparison.result)
    return ReplayOut(**found.model_dump(), since=since, cut=cut)


async def _feed(comparison: Comparison, begin: UUID, source_id: UUID | None, parts: Container) -> None:
    """Page by page, and not on the event loop, which goes on taking alerts."""
    after: UUID | None = begin
    async with parts.sessions() as session:
        sources = await known_sources(session)
    while after is not None:
        async with parts.sessions() as session:
            recorded, after = await recorded_after(session, after, source_id, sources, PAGE)
        await asyncio.to_thread(comparison.add, recorded)


async def _saved(rule: Rule, body: RuleIn, parts: Container) -> dict[str, Any]:
    async with parts.sessions.begin() as session:
        house = await load_house(session, parts.settings.correlation_window_seconds)
        require_sound(body.when, body.set, house)
        rule.source_id = await _source_id(session, body.source, "source")
        rule.name, rule.position, rule.is_active = body.name, body.position, body.is_active
        rule.definition = body.definition
        try:
            rule = await session.merge(rule)
            await session.flush()
        except IntegrityError as error:
            raise Problem.of_field("name", f"there is a rule '{body.name}' already", 409) from error
        await session.refresh(rule)
        source = await _source_name(session, rule.source_id)
    parts.intake.forget()
    return _shown(rule, source)


async def _draft(session: AsyncSession, body: DraftIn, house: House) -> RuleValue:
    require_sound(body.when, body.set, house, "rule.")
    source_id = await _source_id(session, body.source, "rule.source")
    return RuleValue(name=body.name, source_id=source_id, when=body.when, then=body.then, set=body.set)


async def _rules_with(
    session: AsyncSession, draft: RuleValue | None, position: int, instead_of: str | None = None
) -> tuple[RuleValue, ...]:
    """The active rules in their order with one that is not saved, which takes the place of its namesake."""
    rows = await session.scalars(select(Rule).where(Rule.is_active))
    left_out = draft.name if draft is not None else instead_of
    kept = [row for row in rows if row.name != left_out]
    placed = [(row.position, row.name, value) for row in kept for value in readable([row], rule_value)]
    if draft is not None:
        placed.append((position, draft.name, draft))
    return tuple(rule for _, _, rule in sorted(placed, key=lambda one: one[:2]))


async def _silences_since(session: AsyncSession, since: datetime) -> tuple[SilenceValue, ...]:
    """Also those that are over now."""
    rows = await session.scalars(select(Silence).where(Silence.ends_at > since).order_by(Silence.ends_at))
    return readable(rows, silence_value)


async def _source_id(session: AsyncSession, reference: str | None, field: str) -> UUID | None:
    if reference is None:
        return None
    found = await find_source(session, reference)
    if found is None:
        raise Problem.of_field(field, f"there is no source '{reference}'")
    return found.id


async def _source_name(session: AsyncSession, id: UUID | None) -> str | None:
    return await session.scalar(select(Source.name).where(Source.id == id)) if id else None


async def _row(session: AsyncSession, id: UUID) -> Rule:
    rule = await session.get(Rule, id)
    if rule is None:
        raise Problem(404, f"There is no rule {id}")
    return rule


def _object(definition: Any) -> dict[str, Any]:
    """A definition as it is stored; what is no object has no condition, and is told as not valid."""
    return definition if isinstance(definition, dict) else {"when": ""}


def _shown(rule: Rule, source: str | None) -> dict[str, Any]:
    definition = _object(rule.definition)
    return {
        "id": rule.id,
        "name": rule.name,
        "source": source,
        "source_id": rule.source_id,
        "position": rule.position,
        "when": definition.get("when", "true"),
        "then": definition.get("then", Then.PASS),
        "set": definition.get("set", {}),
        "is_active": rule.is_active,
        "created_at": rule.created_at,
    }


def _number(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 1_000_000:
        raise ValueError("out of range")
    return number
