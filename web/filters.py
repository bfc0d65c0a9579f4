"""How values look on a page."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from domain.intake import heartbeat
from domain.severity import Severity
from domain.texts import duration, shown

NOTHING = "–"


def when(at: datetime | None) -> str:
    """`21 Nov 2026, 08:05:13 UTC`, with the exact instant for machines and for who points at it."""
    if at is None:
        return NOTHING
    utc = at.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        utc.isoformat(), f"{utc:%Y-%m-%d %H:%M:%S.%f} UTC", f"{utc.day} {utc:%b %Y, %H:%M:%S} UTC"
    )


def clock(at: datetime) -> str:
    """`08:05:13`, in a list whose entries lie close together; the day is in the title."""
    utc = at.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        utc.isoformat(), f"{utc:%Y-%m-%d %H:%M:%S.%f} UTC", f"{utc:%H:%M:%S}"
    )


def countdown(at: datetime) -> str:
    """`in 4m`, kept right by the page's script."""
    seconds = (at - datetime.now(UTC)).total_seconds()
    text = f"in {duration(seconds)}" if seconds > 0 else "now"
    return Markup('<span data-countdown="{}">{}</span>').format(at.astimezone(UTC).isoformat(), text)


def lasted(seconds: float | None) -> str:
    """`5m`, or a dash."""
    return NOTHING if seconds is None else duration(seconds)


def span(seconds: int) -> str:
    """`1 h 30 min`, of something that was set."""
    return heartbeat.span(seconds)


def short_severity(severity: str) -> str:
    """`SEV1`."""
    return Severity(severity).short


def words(code: str) -> str:
    """`ALERT_RECEIVED` as `Alert received`."""
    return code.replace("_", " ").capitalize()


def pretty(value: Any) -> str:
    """A body as it came, indented."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def safe_href(href: str | None) -> str | None:
    """An address that a link may have; anything but http(s) is shown as text."""
    return href if href and href.lower().startswith(("http://", "https://", "/")) else None


def in_path(text: str) -> str:
    """Text as one segment of a path."""
    return quote(text, safe="")


def lines(text: str) -> str:
    """Text with its line breaks."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())


ALL: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        when,
        clock,
        countdown,
        lasted,
        span,
        short_severity,
        words,
        pretty,
        safe_href,
        in_path,
        lines,
        shown,
    )
}
