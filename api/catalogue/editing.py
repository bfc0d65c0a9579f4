"""Changes of the catalogue: checked against the catalogue as it would be, and written in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.catalogue.kind import Kind
from api.container import Container
from api.problems import Problem
from db.access import Principal
from db.catalogue.entries import EntryRow, find, lock, rename, uses
from db.catalogue.holding import open_incidents_naming
from db.catalogue.writing import remove, write
from domain.catalogue import KINDS, ONE, Catalogue, EntryT, Fault, name_of, new_faults
from domain.indispensable import losses
from domain.renaming import renamed

MOST_NAMED = 20
"""So many names an error lists of what there is."""


class Change(NamedTuple):
    """What became of an entry."""

    row: EntryRow
    before: Any
    after: Any
    catalogue: Catalogue
    """As it is now."""


async def add(parts: Container, caller: Principal, kind: Kind[EntryT], body: Mapping[str, Any]) -> Change:
    """Make an entry.

    Raises:
        Problem: 403, 409 when there is one of that name, 422.
    """
    kind.require(caller)
    async with parts.sessions.begin() as session:
        await lock(session)
        catalogue = await parts.catalogue.read(session)
        entry = kind.read(body, catalogue)
        _require_free(kind, catalogue, name_of(entry))
        kind.check(caller, None, entry, catalogue)
        would_be = kind.put(catalogue, None, entry, body)
        _require_sound(kind, catalogue, would_be, name_of(entry))
        await _write(session, kind, entry, would_be)
        row = await find(session, kind.name, name_of(entry), kind.facts, by_name=True)
    kind.changed(parts)
    assert row is not None
    return Change(row, None, entry, would_be)


async def change(
    parts: Container, caller: Principal, kind: Kind[EntryT], reference: str, body: Mapping[str, Any]
) -> Change:
    """Change the fields of an entry that are named; the rest stays.

    Raises:
        Problem: 403, 404, 409 when another has the new name, 422.
    """
    kind.require(caller, reference)
    async with parts.sessions.begin() as session:
        await lock(session)
        row = await _required(session, kind, caller, reference)
        catalogue = await parts.catalogue.read(session)
        before = _valid(kind, catalogue, row)
        read = kind.read({**before.model_dump(mode="json", by_alias=True), **body}, catalogue)
        after = kind.settled(before, read)
        old, new = name_of(before), name_of(after)
        kind.check(caller, before, after, catalogue)
        would_be = catalogue
        if old != new:
            _require_free(kind, catalogue, new, but=old)
            if by := await uses(session, kind.name, row, by_name=True):
                raise Problem.of_field(kind.key, f"'{old}' is named by {_some(by)}: change that first", 409)
            await _require_no_open_incident(session, kind, old)
            would_be = renamed(catalogue, kind.name, old, new)
        would_be = kind.put(would_be, new, after, body)
        _require_sound(kind, catalogue, would_be, new)
        if old != new:
            await rename(session, kind.name, row.id, old, new)
            await write(session, _differing(catalogue, would_be))
        await _write(session, kind, after, would_be)
        row = await _required(session, kind, caller, str(row.id))
    kind.changed(parts)
    return Change(row, before, after, would_be)


async def take_away(parts: Container, caller: Principal, kind: Kind[EntryT], reference: str) -> None:
    """Delete an entry.

    Raises:
        Problem: 403, 404, 409 when something still names it.
    """
    kind.require(caller)
    async with parts.sessions.begin() as session:
        await lock(session)
        row = await _required(session, kind, caller, reference)
        catalogue = await parts.catalogue.read(session)
        before = _valid(kind, catalogue, row)
        kind.check(caller, before, None, catalogue)
        would_be = kind.put(catalogue, row.name, None, {})
        require_no_loss(catalogue, would_be)
        by = [f"{ONE[fault.kind]} '{fault.name}' ({fault.field})" for fault in new_faults(catalogue, would_be)]
        by += await uses(session, kind.name, row)
        if by:
            raise Problem(409, f"{kind.one} '{row.name}' is still named by {_some(by)}: it cannot be deleted")
        try:
            await remove(session, kind.name, [row.name])
        except IntegrityError as error:
            raise Problem(409, f"{kind.one} '{row.name}' belongs to what has happened: it cannot be deleted") from error
    kind.changed(parts)


async def _required(session: AsyncSession, kind: Kind[EntryT], caller: Principal, reference: str) -> EntryRow:
    row = await find(session, kind.name, kind.reference(caller, reference), kind.facts)
    if row is None:
        raise missing(kind, reference)
    return row


def _valid(kind: Kind[EntryT], catalogue: Catalogue, row: EntryRow) -> EntryT:
    """The entry of a row; one that is not valid any more is in no catalogue (`db.catalogue.readable`)."""
    found: EntryT | None = catalogue.entries(kind.name).get(row.name)  # type: ignore[assignment]
    if found is None:
        why = "it is not valid any more, the logs say why"
        raise Problem(409, f"{kind.one} '{row.name}' cannot be changed: {why}. Apply it anew, as a whole")
    return found


def require_no_loss(catalogue: Catalogue, would_be: Catalogue) -> None:
    """Return when a change leaves the house what it cannot be without.

    Raises:
        Problem: 409.
    """
    if lost := losses(catalogue, would_be):
        raise Problem(409, "; ".join(lost))


def missing(kind: Kind[EntryT], reference: str) -> Problem:
    """What is answered when there is no such entry."""
    by = "e-mail address" if kind.name == "users" else "name"
    return Problem(404, f"There is no {kind.one} {reference}: name it by its UUID or its {by}")


async def _write(session: AsyncSession, kind: Kind[EntryT], entry: EntryT, catalogue: Catalogue) -> None:
    try:
        await kind.write(session, entry, catalogue)
    except IntegrityError as error:  # teams: two names, such as 'SRE Core' and 'sre-core', that make one slug
        raise Problem.of_field(kind.key, f"is too much like that of another {kind.one}", 409) from error


def _require_free(kind: Kind[EntryT], catalogue: Catalogue, name: str, but: str | None = None) -> None:
    """Names are told apart as they are written, addresses of people in whatever case they are written."""
    others = (other for other in catalogue.entries(kind.name) if other != but)
    same = str.casefold if kind.name == "users" else str
    if any(same(other) == same(name) for other in others):
        raise Problem.of_field(kind.key, f"there is a {kind.one} '{name}' already", 409)


async def _require_no_open_incident(session: AsyncSession, kind: Kind[EntryT], name: str) -> None:
    """An open incident goes on by the policy and the people that it has: a new name would leave it without them."""
    if holding := await open_incidents_naming(session, kind.name, name):
        what = f"incidents that are open go by '{name}' and would not know another name: {_some(holding)}"
        raise Problem.of_field(kind.key, f"{what}; resolve them first, or make a new {kind.one}", 409)


def _require_sound(kind: Kind[EntryT], catalogue: Catalogue, would_be: Catalogue, name: str) -> None:
    """No fault that was not there before; 422 for one of the entry itself, 409 for what others would lose."""
    require_no_loss(catalogue, would_be)
    faults = new_faults(catalogue, would_be)
    own = [fault for fault in faults if (fault.kind, fault.name) == (kind.name, name)]
    if own:
        errors = [{"field": fault.field, "message": fault.message + _there_are(fault, would_be)} for fault in own]
        raise Problem(422, "; ".join(f"{error['field']}: {error['message']}" for error in errors[:10]), errors)
    if faults:
        by = [f"{ONE[fault.kind]} '{fault.name}' ({fault.field}: {fault.message})" for fault in faults]
        raise Problem(409, f"This would break {_some(by)}")


def _there_are(fault: Fault, catalogue: Catalogue) -> str:
    if fault.of is None:
        return ""
    return f"; there are: {_some(sorted(catalogue.entries(fault.of))) or 'none yet'}"


def _some(names: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(names))
    more = f" and {len(distinct) - MOST_NAMED} more" if len(distinct) > MOST_NAMED else ""
    return ", ".join(distinct[:MOST_NAMED]) + more


def _differing(before: Catalogue, after: Catalogue) -> Catalogue:
    """The entries of `after` that are not in `before`."""

    def of(kind: str) -> Iterable[Any]:
        kept = before.entries(kind)
        changed = [entry for name, entry in after.entries(kind).items() if kept.get(name) != entry]
        # The places of routes are their order: all of them, or none.
        return getattr(after, kind) if kind == "routes" and changed else changed

    return Catalogue(**{kind: tuple(of(kind)) for kind in KINDS})
