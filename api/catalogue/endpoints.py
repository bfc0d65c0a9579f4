"""The calls of a kind: all, one, make, change, delete."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from api.catalogue import editing
from api.catalogue.kind import Kind
from api.container import Container
from api.problems import Problem
from api.requests import Caller, Cursor, JsonRoute, Limit, Parts, decode_cursor, encode_cursor, stored_text
from db.access import Principal
from db.catalogue.entries import EntryRow, find, order_of, page_of
from domain.catalogue import EntryT

Reference = Annotated[str, Path(max_length=320, description="UUID or name; of people the e-mail address")]
Body = dict[str, Any]
Search = Annotated[str | None, Query(max_length=200, description="Part of a name, in any case")]


def routes_of(kind: Kind[EntryT], *, but_change: bool = False) -> APIRouter:
    """The calls of a kind, such as `GET /teams/` and `PATCH /teams/{id}/`.

    Include them after whatever else begins with `/{kind}/{id}/`: a name may hold slashes.

    Args:
        kind: of which entries.
        but_change: leave PATCH to somebody else.
    """
    router = APIRouter(prefix=f"/{kind.name}", tags=["catalogue"], route_class=JsonRoute)
    one = "/{id:path}/"

    async def list_all(
        request: Request, parts: Parts, caller: Caller, limit: Limit = 50, cursor: Cursor = None, q: Search = None
    ) -> dict[str, Any]:
        return await listed(parts, caller, kind, request, limit, cursor, q)

    async def show(id: Reference, parts: Parts, caller: Caller) -> dict[str, Any]:
        return await shown(parts, caller, kind, id)

    async def add(body: Body, parts: Parts, caller: Caller) -> dict[str, Any]:
        made = await editing.add(parts, caller, kind, body)
        return kind.shown(caller, made.row, made.after, made.catalogue)

    async def change(id: Reference, body: Body, parts: Parts, caller: Caller) -> dict[str, Any]:
        made = await editing.change(parts, caller, kind, id, body)
        return kind.shown(caller, made.row, made.after, made.catalogue)

    async def take_away(id: Reference, parts: Parts, caller: Caller) -> Response:
        await editing.take_away(parts, caller, kind, id)
        return Response(status_code=204)

    router.get("/", summary=f"All {kind.name}, by page")(list_all)
    router.post("/", status_code=201, summary=f"A new {kind.one}")(add)
    router.get(one, summary=f"One {kind.one}")(show)
    if not but_change:
        router.patch(one, summary=f"Change what is named of a {kind.one}; the rest stays")(change)
    router.delete(one, status_code=204, summary=f"Delete a {kind.one} that nothing names any more")(take_away)
    return router


async def listed(
    parts: Container,
    caller: Principal,
    kind: Kind[EntryT],
    request: Request,
    limit: int,
    cursor: str | None,
    q: str | None,
) -> dict[str, Any]:
    """One page of a kind."""
    order = order_of(kind.name)
    position = decode_cursor(cursor, *(int if name == "position" else stored_text for name in order))
    try:
        part = (kind.searched, stored_text(q)) if q else None
        equal = {name: stored_text(request.query_params[name]) for name in kind.filters if name in request.query_params}
    except ValueError as error:
        raise Problem.of_field("query", "must not hold the NUL character") from error
    async with parts.sessions() as session:
        rows = await page_of(session, kind.name, limit, position, kind.facts, part, equal)
        catalogue = await parts.catalogue.read(session)
    entries = catalogue.entries(kind.name)
    # One that was deleted between the two readings is in neither.
    items = [kind.shown(caller, row, entries[row.name], catalogue) for row in rows if row.name in entries]  # type: ignore[arg-type]
    return {"items": items, "next_cursor": _cursor_of(rows[-1], order) if len(rows) == limit else None}


def _cursor_of(row: EntryRow, order: tuple[str, ...]) -> str:
    return encode_cursor(*(row.facts.get(name, row.name) for name in order))


async def shown(parts: Container, caller: Principal, kind: Kind[EntryT], reference: str) -> dict[str, Any]:
    """One entry.

    Raises:
        Problem: 404.
    """
    row, entry, catalogue = await found(parts, caller, kind, reference)
    return kind.shown(caller, row, entry, catalogue)


async def found(parts: Container, caller: Principal, kind: Kind[EntryT], reference: str) -> tuple[EntryRow, Any, Any]:
    """The row and the value of an entry, and the catalogue that it is of.

    Raises:
        Problem: 404.
    """
    async with parts.sessions() as session:
        row = await find(session, kind.name, kind.reference(caller, reference), kind.facts)
        catalogue = await parts.catalogue.read(session)
    entry = catalogue.entries(kind.name).get(row.name) if row else None
    if row is None or entry is None:
        raise editing.missing(kind, reference)
    return row, entry, catalogue
