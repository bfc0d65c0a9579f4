"""What would change in the catalogue when files are applied to it."""

from collections.abc import Collection, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from domain.catalogue import KINDS, UNKNOWN_SERVICE, Catalogue, Entry, User, name_of
from domain.person import ContactMethod
from domain.schedule.schedule import Schedule
from domain.written import THEIR_OWN, in_order


class FieldChange(BaseModel):
    """A field with the value that it has and the one that it would have, as JSON."""

    model_config = ConfigDict(frozen=True)

    field: str
    old: Any = None
    new: Any = None


class Change(BaseModel):
    """What would become of one entry."""

    model_config = ConfigDict(frozen=True)

    action: Literal["added", "changed", "removed"]
    kind: str
    name: str
    fields: tuple[FieldChange, ...] = ()


class Wanted(NamedTuple):
    """What a catalogue would be, and what of it is not as it is now."""

    whole: Catalogue
    to_write: Catalogue
    """Entries that are new or differ; all routes when any does, for their order is theirs together."""
    to_remove: dict[str, tuple[str, ...]]
    """Names by kind, in the order in which they can be removed."""
    changes: tuple[Change, ...]


def wanted(present: Catalogue, files: Catalogue, *, prune: bool = False, keep: Collection[str] = ()) -> Wanted:
    """What the catalogue would be after files were applied to it.

    Overrides and imported calendars are no part of files: schedules keep them.

    Args:
        present: all of it as it is.
        files: what the files say.
        prune: remove what the files do not name, of the kinds that they name at all.
        keep: people who are not removed.
    """
    whole: dict[str, tuple[Entry, ...]] = {}
    to_write: dict[str, tuple[Entry, ...]] = {}
    to_remove: dict[str, tuple[str, ...]] = {}
    changes: list[Change] = []
    for kind in KINDS:
        old, new = present.entries(kind), {name_of(entry): entry for entry in getattr(files, kind)}
        settled = {name: _settled(old.get(name), entry) for name, entry in new.items()}
        gone = _gone(kind, present, files, keep) if prune else ()
        kept = {name: entry for name, entry in old.items() if name not in gone}
        whole[kind] = tuple(_reordered(kept, settled) if kind == "routes" else {**kept, **settled}.values())
        own = [change for name, entry in settled.items() if (change := _change(kind, old.get(name), entry))]
        if kind == "routes":
            own += _moved(list(kept), [name_of(entry) for entry in whole[kind]])
        named = {change.name for change in own}
        to_write[kind] = tuple(
            entry for entry in whole[kind] if (kind == "routes" and named) or name_of(entry) in named
        )
        to_remove[kind] = gone
        changes += [*own, *(Change(action="removed", kind=kind, name=name) for name in gone)]
    return Wanted(
        Catalogue.model_validate(whole),
        Catalogue.model_validate(to_write),
        {kind: to_remove[kind] for kind in reversed(KINDS) if to_remove[kind]},
        tuple(changes),
    )


def values_of(entry: Entry) -> dict[str, Any]:
    """All fields of an entry as JSON."""
    return in_order(entry).model_dump(mode="json", by_alias=True)


def _change(kind: str, old: Entry | None, new: Entry) -> Change | None:
    after = values_of(new)
    if old is None:
        return Change(action="added", kind=kind, name=name_of(new))
    before = values_of(old)
    fields = tuple(
        FieldChange(field=name, old=before.get(name), new=value)
        for name, value in after.items()
        if value != before.get(name)
    )
    return Change(action="changed", kind=kind, name=name_of(new), fields=fields) if fields else None


def _settled(old: Entry | None, new: Entry) -> Entry:
    """An entry of a file with what of it is not the file's to say."""
    if isinstance(new, User) and isinstance(old, User):
        return settled_person(old, new)
    if isinstance(new, Schedule) and isinstance(old, Schedule):
        return _schedule(old, new)
    return new


def settled_person(old: User, new: User) -> User:
    """A person as somebody wrote them, with what of it is not said there: it stays as it is.

    Args:
        old: as they are.
        new: as they were written; what was said is in `model_fields_set`, of each contact method as well.
    """
    kept = {name: getattr(old, name) for name in THEIR_OWN if name not in new.model_fields_set}
    if "contact_methods" in new.model_fields_set:
        verified = {(method.channel, method.address) for method in old.contact_methods if method.verified}
        kept["contact_methods"] = tuple(_method(method, verified) for method in new.contact_methods)
    return new.model_copy(update=kept)


def _method(method: ContactMethod, verified: Collection[tuple[str, str]]) -> ContactMethod:
    """One of which it is not said whether it is verified stays as it is."""
    if "verified" in method.model_fields_set or (method.channel, method.address) not in verified:
        return method
    return method.model_copy(update={"verified": True})


def _schedule(old: Schedule, new: Schedule) -> Schedule:
    spans = {layer.calendar: layer.spans for layer in old.layers}
    layers = tuple(layer.model_copy(update={"spans": spans.get(layer.calendar, ())}) for layer in new.layers)
    return new.model_copy(update={"layers": layers, "overrides": old.overrides})


def _gone(kind: str, present: Catalogue, files: Catalogue, keep: Collection[str]) -> tuple[str, ...]:
    """What the files leave out of a kind that they name; never the service for the unknown, nor an administrator."""
    if kind not in files.model_fields_set:
        return ()
    named = files.entries(kind)
    gone = [name for name in present.entries(kind) if name not in named and name not in keep]
    admins = {user.email for user in present.users if user.role == "admin"}
    return tuple(name for name in gone if name not in admins and name != UNKNOWN_SERVICE)


def _reordered(kept: dict[str, Entry], new: dict[str, Entry]) -> list[Entry]:
    """Routes in their order; those of the files in the files' order, in the places that they had, new ones last."""
    coming = list(new.values())
    ordered = [coming.pop(0) if name in new else entry for name, entry in kept.items()]
    return [*ordered, *coming]


def _moved(before: Sequence[str], after: Sequence[str]) -> list[Change]:
    """Routes that have another place among those that were there before."""
    there = [name for name in after if name in before]
    return [
        Change(
            action="changed",
            kind="routes",
            name=name,
            fields=(FieldChange(field="position", old=before.index(name) + 1, new=place),),
        )
        for place, name in enumerate(there, start=1)
        if before.index(name) + 1 != place
    ]
