"""The list: which incidents are wanted, and what the page shows of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from db.incidents import Filters
from domain.incident import Status
from domain.severity import Severity
from web.forms import text_error

PAGE = 20
OPEN = "OPEN"
"""A choice of the status filter: whatever is not RESOLVED."""
STATUSES = (OPEN, *(status.value for status in Status))
SEVERITIES = tuple(severity.value for severity in Severity)


@dataclass(frozen=True)
class Wanted:
    """The filter form as it was filled in."""

    status: str = ""
    severity: str = ""
    service: str = ""
    q: str = ""
    before: int | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def filters(self) -> Filters:
        """What to ask the database for."""
        statuses = {
            "": (),
            OPEN: tuple(status.value for status in Status if status is not Status.RESOLVED),
        }
        return Filters(
            status=statuses.get(self.status, (self.status,)),
            severity=(self.severity,) if self.severity else (),
            service=self.service or None,
            q=self.q or None,
        )

    @property
    def is_narrow(self) -> bool:
        """Whether any filter is set."""
        return bool(self.status or self.severity or self.service or self.q)

    def address(self, **changed: Any) -> str:
        """The address of the list with some choices changed; the first page unless `before` is named."""
        chosen: dict[str, Any] = {
            "status": self.status,
            "severity": self.severity,
            "service": self.service,
            "q": self.q,
        }
        query = urlencode({name: value for name, value in (chosen | changed).items() if value})
        return f"/incidents?{query}" if query else "/incidents"


def wanted(query: Mapping[str, str]) -> Wanted:
    """Read the filter form; a choice that is none is an error beside its field."""
    errors: dict[str, str] = {}
    status = _choice(query, "status", STATUSES, errors)
    severity = _choice(query, "severity", SEVERITIES, errors)
    texts = {name: query.get(name, "").strip() for name in ("service", "q")}
    for name, value in texts.items():
        if error := text_error(value, longest=255):
            errors[name] = error
            texts[name] = ""
    cursor = query.get("before", "")
    before = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) <= 18 else None
    if cursor and before is None:
        errors["before"] = "There is no such page of the list; this is the first."
    return Wanted(status, severity, texts["service"], texts["q"], before, errors)


def _choice(query: Mapping[str, str], name: str, choices: Sequence[str], errors: dict[str, str]) -> str:
    value = query.get(name, "")
    if value and value not in choices:
        errors[name] = "Choose one of the list."
        return ""
    return value


def list_values(
    wanted: Wanted, rows: Sequence[Any], counts: Mapping[str, int], services: Sequence[str]
) -> dict[str, Any]:
    """What the list's template shows; `rows` holds one more than a page when there is a next one."""
    shown = rows[:PAGE]
    is_open = sum(count for status, count in counts.items() if status != Status.RESOLVED)
    tabs = [("", "All", sum(counts.values())), (OPEN, "Open", is_open)]
    tabs += [(status.value, status.value.capitalize(), counts.get(status.value, 0)) for status in Status]
    return {
        "wanted": wanted,
        "rows": shown,
        "older": wanted.address(before=shown[-1]["number"]) if len(rows) > PAGE else None,
        "tabs": tabs,
        "services": services,
        "severities": SEVERITIES,
        "statuses": STATUSES,
    }
