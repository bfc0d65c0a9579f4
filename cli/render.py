"""What commands print: JSON for programs, tables for people, times in UTC."""

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

WIDE = 10_000
_STATUS_STYLE = {"TRIGGERED": "bold red", "ACKNOWLEDGED": "yellow", "MITIGATED": "cyan", "RESOLVED": "green"}

_FATE_STYLE = {"new": "bold red", "refused": "red", "held": "yellow", "acknowledged": "yellow", "resolved": "green"}


def console() -> Console:
    """Standard output as it is now. In a file or a pipe no cell is folded: whoever greps gets whole lines."""
    return Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDE)


def say(text: str) -> None:
    """A plain line; what looks like markup in it is printed as it is."""
    console().print(text, markup=False)


def complain(text: str) -> None:
    """Why it did not work, on stderr."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)


def as_json(value: Any) -> None:
    """A value for another program."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def table(columns: Iterable[str], rows: Iterable[Iterable[str | Text]]) -> None:
    """A table; cells that are no `Text` are printed as they are."""
    drawn = Table(*columns, box=None, header_style="dim", pad_edge=False, show_header=any(columns))
    for row in rows:
        drawn.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    console().print(drawn)


def facts(pairs: Iterable[tuple[str, Any]]) -> None:
    """Names and values; what has no value is left out."""
    shown = ((name, value) for name, value in pairs if value not in (None, "", [], {}))
    table(("", ""), ((Text(name, "dim"), value if isinstance(value, Text) else str(value)) for name, value in shown))


def utc(value: str | None) -> str:
    """`2026-11-21 07:30:00 UTC` of an RFC 3339 time; nothing of nothing."""
    return f"{datetime.fromisoformat(value).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if value else ""


def status(name: str) -> Text:
    """An incident's status in its colour."""
    return Text(name, _STATUS_STYLE.get(name, ""))


def fate(name: str) -> Text:
    """What became of an alert, in its colour."""
    return Text(name, _FATE_STYLE.get(name, ""))


def service(incident: Mapping[str, Any]) -> str:
    """The service's name, and in brackets the one that was asked for where it is another."""
    asked = incident.get("requested_service_name")
    name = str(incident["service"]["name"])
    return f"{name} ({asked})" if asked and asked != name else name


def event(entry: Mapping[str, Any]) -> None:
    """One entry of a timeline."""
    message = str(entry["message"]).replace("\n", " ")
    console().print(f"[dim]{utc(entry['created_at'])}[/]  [bold]{escape(entry['type']):<22}[/]  {escape(message)}")
