"""What arrived and what became of it: which alerts are wanted, and what the pages show of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from api.container import Container
from api.references import source_row
from api.requests import encode_cursor
from api.routes.alerts import received
from domain.intake.verdict import Fate
from web.forms import text_error

PAGE = 30
FATES = tuple(fate.value for fate in Fate)
MEANINGS = {
    Fate.NEW: "opened an incident",
    Fate.ATTACHED: "joined an open incident",
    Fate.RESOLVED: "back to normal",
    Fate.ACKNOWLEDGED: "somebody acknowledged it at the sender",
    Fate.NOTED: "written on the timeline",
    Fate.SILENCED: "kept quiet by a silence",
    Fate.MAINTENANCE: "kept quiet by a maintenance window",
    Fate.HELD: "waits for others: the threshold is not reached",
    Fate.LATE: "older than what is known by now",
    Fate.DROPPED: "dropped by a rule",
    Fate.REFUSED: "could not be read, or was not signed",
}
RAW_LONGEST = 20_000
"""Characters of a body that a page shows; the API has all of it."""


@dataclass(frozen=True)
class Wanted:
    """The filter form as it was filled in."""

    here: str
    """The path of the page."""
    source: str = ""
    fate: str = ""
    before: UUID | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_narrow(self) -> bool:
        """Whether any filter is set."""
        return bool(self.source or self.fate)

    def address(self, **changed: Any) -> str:
        """The address of the list with some choices changed; the first page unless `before` is named."""
        chosen = {"source": self.source, "fate": self.fate} | changed
        query = urlencode({name: value for name, value in chosen.items() if value})
        return f"{self.here}?{query}" if query else self.here


def wanted(query: Mapping[str, str], here: str) -> Wanted:
    """Read the filter form; a choice that is none is an error beside its field."""
    errors: dict[str, str] = {}
    source, fate = query.get("source", "").strip(), query.get("fate", "")
    if error := text_error(source, longest=255):
        errors["source"], source = error, ""
    if fate and fate not in FATES:
        errors["fate"], fate = "Choose one of the list.", ""
    before = None
    try:
        before = UUID(query["before"]) if query.get("before") else None
    except ValueError:
        errors["before"] = "There is no such page of the list; this is the first."
    return Wanted(here, source, fate, before, errors)


async def alerts_values(parts: Container, chosen: Wanted, source_id: UUID | None = None) -> dict[str, Any]:
    """What the list of alerts shows.

    Args:
        parts: of this process.
        chosen: the filter.
        source_id: the one whose page it is, whatever the filter says.

    Raises:
        Problem: there is no source of the name that the filter holds.
    """
    if source_id is None and chosen.source:
        source_id = (await source_row(parts, chosen.source)).id
    fates = [Fate(chosen.fate)] if chosen.fate else []
    cursor = encode_cursor(chosen.before) if chosen.before else None
    items = (await received(parts, source_id, fates, PAGE + 1, cursor))["items"]
    return {
        "wanted": chosen,
        "alerts": items[:PAGE],
        "older": chosen.address(before=items[PAGE - 1]["id"]) if len(items) > PAGE else None,
        "fates": FATES,
        "meanings": MEANINGS,
        "raw_longest": RAW_LONGEST,
    }
