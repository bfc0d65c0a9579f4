"""What was taken over of a dump, by the ids with which its objects name one another; what was left out is not there."""

from collections.abc import Iterator
from typing import Any

from domain.catalogue import Entry, EntryT, Team, User, name_of
from gateway.importers.imported import Item, Report

MISSING = "is not in the dump, or was left out"
_LONGEST = 90
"""So much is kept of a name that gets a number: teams are told apart by the first 100 characters."""


class Known(dict[Any, str]):
    """The names in the catalogue of one kind of objects, by their ids."""

    def __init__(self, kind: str, report: Report) -> None:
        """Args: kind: as sentences call it, such as `policy`. report: gets the sentences."""
        super().__init__()
        self._kind = kind
        self._report = report
        self._taken: dict[str, str] = {}

    def take(self, item: Item, entry: EntryT) -> Iterator[EntryT]:
        """The entry that an object has become, by a name that no other has; nothing for somebody who is there already.

        Args:
            item: of the dump.
            entry: what it has become.
        """
        key, name = item["id"], name_of(entry)
        what = f"{self._kind} “{name}”"
        same = self._taken.get(_apart(entry))
        if same and self._kind == "user":
            self[key] = same
            self._report.leave_out(what, "has the address of another: they are one person here")
            return
        own, number = entry, 1
        while _apart(own) in self._taken:
            number += 1
            own = entry.model_copy(update={"name": f"{name[:_LONGEST]} ({number})"})
        if own is not entry:
            self._report.leave_out(what, f"there is another of this name: it is called “{name_of(own)}” here")
        self[key] = self._taken[_apart(own)] = name_of(own)
        yield own

    def wanted(self, what: str, key: Any, said: Any = None) -> str | None:
        """The name of what something names; None, with a sentence, when it is not there.

        Args:
            what: names it, for the sentence.
            key: its id.
            said: what the dump calls it, if not by its id alone.
        """
        if key not in self:
            self._report.leave_out(what, f"{self._kind} “{said or key}” {MISSING}")
        return self.get(key)


def _apart(entry: Entry) -> str:
    """What tells an entry from others of its kind: `apply` refuses two for which it is the same."""
    if isinstance(entry, User):
        return entry.email.casefold()
    return entry.slug if isinstance(entry, Team) else entry.name
