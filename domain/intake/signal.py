"""A signal: one thing that a monitoring tool says about one problem, whatever its format was.

Adapters are forgiving, and so is this: what is too long is cut, what cannot be stored or would steer a terminal is
dropped, and what is missing has a default, for an alert must not be lost over a field.
"""

import hashlib
import json
import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from domain.alert import Link

UNTITLED = "Alert without a title"
MAX_LABELS = 100
MAX_LINKS = 50

_STEERING = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Action(StrEnum):
    """What the sender wants."""

    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    NOTE = "note"


def plain(value: object) -> str:
    """Any value as text that can be stored: JSON for what is neither text nor number, "" for nothing."""
    if value is None:
        return ""
    return _STEERING.sub("", value if isinstance(value, str) else _as_json(value))


def _as_json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, TypeError, RecursionError):  # a number of thousands of digits, endless nesting
        return ""


def line(value: object, limit: int) -> str:
    """Any value as one line of at most so many characters."""
    return " ".join(plain(value).split())[:limit].strip()


def instant(value: object) -> datetime | None:
    """A time as senders write it (RFC 3339 with any number of digits, or seconds or milliseconds since 1970), in UTC.

    None for what is none, and for years outside 1970 to 9000: Alertmanager's year 1 means "not yet".
    """
    at: datetime | None = None
    if isinstance(value, datetime):
        at = value
    elif isinstance(value, bool):
        return None
    elif isinstance(value, int | float) or (isinstance(value, str) and value.strip().isdecimal()):
        at = _from_epoch(value)
    elif isinstance(value, str):
        at = _from_text(value.strip())
    if at is None:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    try:
        at = at.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return at if 1970 <= at.year <= 9000 else None


def _from_epoch(value: float | str) -> datetime | None:
    try:
        number = float(value)
        return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
    except (OverflowError, ValueError, OSError):
        return None


_FRACTION = re.compile(r"(\.\d{6})\d+")


def _from_text(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(_FRACTION.sub(r"\1", text))
    except ValueError:
        return None


def _labels(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    found = {line(name, 200): plain(text)[:5000] for name, text in value.items() if line(name, 200)}
    return dict(list(found.items())[:MAX_LABELS])


def _links(value: object) -> tuple[Link, ...]:
    links: dict[str, Link] = {}
    for link in value if isinstance(value, list | tuple) else ():
        given = link.model_dump() if isinstance(link, Link) else link if isinstance(link, dict) else {}
        href, text = plain(given.get("href")).strip(), given.get("text")
        if href.lower().startswith(("http://", "https://")) and len(href) <= 2000:
            links.setdefault(href, Link(href=href, text=line(text, 200) or href[:200]))
    return tuple(list(links.values())[:MAX_LINKS])


def _optional(limit: int) -> Any:
    return BeforeValidator(lambda value: line(value, limit) or None)


class Signal(BaseModel):
    """What an adapter makes of (a part of) a body. Times are UTC."""

    model_config = ConfigDict(frozen=True)

    action: Action = Action.TRIGGER
    title: Annotated[str, BeforeValidator(lambda value: line(value, 500) or UNTITLED)] = UNTITLED
    description: Annotated[str, BeforeValidator(lambda value: plain(value)[:50_000])] = ""
    severity: Annotated[str | None, _optional(100)] = None
    """The sender's own word: `critical`, `P2`, `SEV1_CRITICAL` …"""
    severity_is_level: bool = False
    """That word is the level of what a program logged."""
    service_name: Annotated[str | None, _optional(255)] = None
    """The service that the sender names outright; labels come after it."""
    fingerprint: Annotated[str | None, BeforeValidator(lambda value: fitting(value))] = None
    labels: Annotated[dict[str, str], BeforeValidator(_labels)] = {}
    links: Annotated[tuple[Link, ...], BeforeValidator(_links)] = ()
    detected_at: Annotated[datetime | None, BeforeValidator(instant)] = None
    started_at: Annotated[datetime | None, BeforeValidator(instant)] = None
    """When this episode began, of senders whose start tells one episode from the next: there, what comes late
    is recognised by it."""
    starts_once: bool = False
    """Of senders whose start never comes again for what fires anew: what is older than an end stays so."""
    ended_at: Annotated[datetime | None, BeforeValidator(instant)] = None
    """When this episode ended, of senders who say so with its resolution."""
    note: Annotated[str, BeforeValidator(lambda value: plain(value)[:10_000])] = ""
    """What the sender says with an acknowledgement, a resolution or a note."""
    actor: Annotated[str | None, _optional(200)] = None
    """Who, as the sender names them."""
    raw: Any = None
    """The part of the body that this is about, as it came."""

    @property
    def identity(self) -> str:
        """What makes it the same alert again: its fingerprint, else title and labels in any order (R-A-21)."""
        if self.fingerprint is not None:
            return self.fingerprint
        words = json.dumps([self.title, sorted(self.labels.items())], ensure_ascii=False)
        return hashlib.sha256(words.encode()).hexdigest()


def fitting(value: object) -> str | None:
    """A fingerprint: one line of at most 512 characters.

    What is longer, or has white space that a line has not, is cut to one and gets its hash: never made another's.
    """
    given = plain(value).strip()
    text = line(given, 1_000_000)
    if text == given and len(text) <= 512:
        return text or None
    return f"{text[:400].strip()} #{hashlib.sha256(given.encode()).hexdigest()}"
