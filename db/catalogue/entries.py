"""The rows of catalogue entries: found, listed in pages, renamed, and what still names them."""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, any_, func, literal, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.catalogue.writing import TABLES
from db.models import (
    CalendarFeed,
    CatalogueVersion,
    InboxMessage,
    Incident,
    MaintenanceWindow,
    Notification,
    Rule,
    ScheduleCalendar,
    ScheduleOverride,
    ShiftSwap,
    Source,
)

OPEN = Incident.status != "RESOLVED"


class EntryRow(NamedTuple):
    """What the database knows of an entry beside its value."""

    id: UUID
    name: str
    created_at: datetime
    facts: Mapping[str, Any]


async def lock(session: AsyncSession) -> None:
    """One change of the catalogue at a time: what a change was checked against holds until it is committed."""
    await session.execute(select(CatalogueVersion.id).with_for_update())


async def find(
    session: AsyncSession, kind: str, reference: str, facts: Sequence[str] = (), *, by_name: bool = False
) -> EntryRow | None:
    """An entry by its id or its name.

    Args:
        session: of one transaction.
        kind: such as `teams`.
        reference: a UUID, a name, or of a person the e-mail address.
        facts: further columns to read.
        by_name: the reference is a name, even one that looks like an id.
    """
    model, key = TABLES[kind]
    wanted = [getattr(model, key) == reference]
    with contextlib.suppress(ValueError):  # it is a name
        # An id goes before a name: what another entry is called changes nothing of what an id means.
        of_id = getattr(model, "id") == UUID(reference)  # noqa: B009 - every kind's table has one
        wanted = wanted if by_name else [of_id, *wanted]
    for one in wanted:
        if rows := await _rows(session, kind, facts, lambda query, one=one: query.where(one)):
            return rows[0]
    return None


async def page_of(
    session: AsyncSession,
    kind: str,
    limit: int,
    after: Sequence[Any] | None = None,
    facts: Sequence[str] = (),
    part: tuple[Sequence[str], str] | None = None,
    equal: Mapping[str, str] | None = None,
) -> list[EntryRow]:
    """One page of a kind, by name; routes by position.

    Args:
        session: of one transaction.
        kind: such as `teams`.
        limit: how many at most.
        after: where the page before ended, in the columns of `order_of`.
        facts: further columns to read.
        part: columns, and the text of which one of them must hold a part, in any case.
        equal: columns and the values that they must have.
    """
    model, _ = TABLES[kind]
    order = [getattr(model, name) for name in order_of(kind)]
    conditions = [getattr(model, name) == value for name, value in (equal or {}).items()]
    if after is not None:
        conditions.append(tuple_(*order) > tuple_(*after))
    if part is not None:
        columns, text = part
        conditions.append(or_(*(getattr(model, name).icontains(text, autoescape=True) for name in columns)))
    return await _rows(session, kind, facts, lambda query: query.where(*conditions).order_by(*order).limit(limit))


def order_of(kind: str) -> tuple[str, ...]:
    """The columns by which a kind is listed."""
    return ("position", "name") if kind == "routes" else (TABLES[kind][1],)


async def _rows(session: AsyncSession, kind: str, facts: Sequence[str], narrowed: Any) -> list[EntryRow]:
    model: Any = TABLES[kind][0]
    key = getattr(model, TABLES[kind][1])
    columns = [getattr(model, name).label(name) for name in facts]
    rows = await session.execute(narrowed(select(model.id, key, model.created_at, *columns)))
    return [EntryRow(row[0], row[1], row[2], dict(zip(facts, row[3:], strict=True))) for row in rows]


async def rename(session: AsyncSession, kind: str, id: UUID, old: str, new: str) -> None:
    """Give a row another name. What names it by its name is the caller's, save what is a person's own by address:
    the inbox, links, overrides, proposed swaps, and duty by imported calendars."""
    model, key = TABLES[kind]
    await session.execute(update(model).where(getattr(model, "id") == id).values({key: new}))  # noqa: B009
    if kind != "users":
        return
    await session.execute(update(InboxMessage).where(InboxMessage.recipient == old).values(recipient=new))
    named = _holds(ScheduleOverride.users, old)
    await session.execute(update(CalendarFeed).where(CalendarFeed.created_by == old).values(created_by=new))
    users = func.array_replace(ScheduleOverride.users, old, new)
    await session.execute(update(ScheduleOverride).where(named).values(users=users))
    await session.execute(update(ScheduleOverride).where(ScheduleOverride.replaces == old).values(replaces=new))
    for side in (ShiftSwap.from_user, ShiftSwap.to_user):  # of what is over, the addresses of then are told
        waiting = (ShiftSwap.status == "proposed") & (side == old)
        await session.execute(update(ShiftSwap).where(waiting).values({side: new}))
    await _rename_in_calendars(session, old, new)


async def _rename_in_calendars(session: AsyncSession, old: str, new: str) -> None:
    query = select(ScheduleCalendar).where(ScheduleCalendar.spans.contains([{"users": [old]}]))
    for calendar in await session.scalars(query.with_for_update()):
        calendar.spans = [
            span | {"users": [new if user == old else user for user in span["users"]]} for span in calendar.spans
        ]
    await session.flush()


async def uses(session: AsyncSession, kind: str, row: EntryRow, *, by_name: bool = False) -> list[str]:
    """What outside the catalogue still names an entry, in words: incidents, sources, rules, maintenance windows.

    Args:
        session: of one transaction.
        kind: such as `teams`.
        row: of the entry.
        by_name: only what would lose the entry if it got another name.
    """
    asked = _asked(kind, row)
    wanted = [(what, query) for what, query, loses in asked if loses or not by_name]
    return [what for what, query in wanted if await session.scalar(query.limit(1)) is not None]


def _asked(kind: str, row: EntryRow) -> list[tuple[str, Select[Any], bool]]:
    """What to look for, and whether it knows the entry by its name alone; history may keep a name of old."""
    name, windows = row.name, select(MaintenanceWindow.id)
    if kind == "services":
        return [
            ("incidents", select(Incident.id).where(Incident.service_id == row.id), False),
            ("a source", select(Source.id).where(_names_service(name)), True),
            ("a rule", select(Rule.id).where(Rule.definition["set"]["service_name"].astext == name), True),
            ("a maintenance window", windows.where(_holds(MaintenanceWindow.services, name)), True),
        ]
    if kind == "teams":
        return [
            ("open incidents", select(Incident.id).where(Incident.team_id == row.id, OPEN), False),
            ("a maintenance window", windows.where(_holds(MaintenanceWindow.teams, name)), True),
        ]
    if kind == "scopes":
        return [("open incidents", select(Incident.id).where(_holds(Incident.impacted_scopes, name), OPEN), True)]
    if kind == "users":
        acted = or_(Incident.lead == name, Incident.acknowledged_by == name, Incident.resolved_by == name)
        return [
            ("incidents", select(Incident.id).where(acted), False),
            ("pages that were sent", select(Notification.id).where(Notification.recipient == name), False),
            ("an override of a schedule", select(ScheduleOverride.id).where(_overrides(name)), False),
        ]
    return []


def _names_service(name: str) -> Any:
    """Whether a source's alerts, or its own trouble, are of a service."""
    return or_(*(Source.settings[setting].astext == name for setting in ("service_name", "owner_service")))


def _holds(array: Any, text: str) -> Any:
    return literal(text) == any_(array)


def _overrides(email: str) -> Any:
    return or_(_holds(ScheduleOverride.users, email), ScheduleOverride.replaces == email)


async def open_incidents_of(session: AsyncSession, names: Sequence[str]) -> list[tuple[UUID, dict[str, Any]]]:
    """Open incidents that climb by a policy of one of these names, and the version that each of them keeps."""
    query = select(Incident.id, Incident.policy).where(OPEN, Incident.policy["name"].astext.in_(names))
    return [(row[0], row[1]) for row in await session.execute(query.order_by(Incident.id))]
