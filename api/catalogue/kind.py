"""One kind of catalogue entry: its value, what holds for it beyond the value's own rules, who may change it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic

from sqlalchemy.ext.asyncio import AsyncSession

from api.catalogue.bodies import value_of
from api.container import Container
from api.requests import require
from db.access import Principal
from db.catalogue.entries import EntryRow
from db.catalogue.writing import write
from domain.catalogue import ONE, Catalogue, EntryT, name_of
from domain.roles import Permission, may


class Kind(Generic[EntryT]):
    """What every kind has; those with rules of their own override what differs.

    `routes_of(kind)` of `api.catalogue.endpoints` makes its five calls.
    """

    facts: ClassVar[Sequence[str]] = ()
    """Columns that answers show beside the value."""
    searched: ClassVar[Sequence[str]] = ("name", "description")
    """Columns in which `?q=` looks."""
    filters: ClassVar[Sequence[str]] = ()
    """Columns that can be asked for by their exact values."""
    whole: ClassVar[str] = "body"
    """The field to name for what is wrong with an entry as a whole."""

    def __init__(self, name: str, value: type[EntryT]) -> None:
        """Args: name: of the kind, such as `teams`. value: the type of its entries."""
        self.name = name
        self.one = ONE[name]
        self.key = "email" if name == "users" else "name"
        self.value: type[EntryT] = value

    def reference(self, caller: Principal, reference: str) -> str:
        """The id or name that a path means."""
        return reference.replace("\x00", "")

    def require(self, caller: Principal, reference: str | None = None) -> None:
        """Return when the caller may try to change an entry, or to make one.

        Raises:
            Problem: 403.
        """
        require(caller, Permission.MANAGE)

    def read(self, body: Mapping[str, Any], catalogue: Catalogue) -> EntryT:
        """The entry that a body means.

        Raises:
            Problem: 422 naming the fields.
        """
        return value_of(self.value, body, self.whole)

    def settled(self, before: EntryT, after: EntryT) -> EntryT:
        """What a change makes of an entry: as it was read, with what its body leaves open as it is."""
        return after

    def check(self, caller: Principal, before: EntryT | None, after: EntryT | None, catalogue: Catalogue) -> None:
        """Return when the change may be made.

        Args:
            caller: who makes it.
            before: the entry until now; None when it is new.
            after: what it is to be; None when it is to go.
            catalogue: all of it, before the change.

        Raises:
            Problem: 403, 409 or 422.
        """

    def put(self, catalogue: Catalogue, before: str | None, after: EntryT | None, body: Mapping[str, Any]) -> Catalogue:
        """The catalogue as it would be.

        Args:
            catalogue: as it is.
            before: the name of the entry that is replaced or taken away; None for a new one.
            after: what comes in its place.
            body: of the request.
        """
        entries: list[EntryT] = list(getattr(catalogue, self.name))
        place = next((n for n, entry in enumerate(entries) if name_of(entry) == before), len(entries))
        entries[place : place + 1] = [] if after is None else [after]
        return catalogue.having(self.name, entries)

    async def write(self, session: AsyncSession, entry: EntryT, catalogue: Catalogue) -> None:
        """Write an entry; the catalogue is as it will be then."""
        await write(session, Catalogue().having(self.name, [entry]))

    def shown(self, caller: Principal, row: EntryRow, entry: EntryT, catalogue: Catalogue) -> dict[str, Any]:
        """An entry as answers show it."""
        value = entry.model_dump(mode="json", by_alias=True)
        return {"id": row.id, **value, **row.facts, "created_at": row.created_at}

    def changed(self, parts: Container) -> None:
        """Something of this kind was changed by this process: what it remembers may be out of date."""
        parts.intake.forget()


def manages(caller: Principal) -> bool:
    """Whether somebody may edit the catalogue."""
    return may(caller.role, Permission.MANAGE)
