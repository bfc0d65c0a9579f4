"""What keeps alerts quiet: what the forms of silences and maintenance windows hold, and what their page shows."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from api.container import Container
from api.routes.maintenance import list_windows
from api.routes.silences import list_silences
from domain.intake.lengths import seconds_of
from domain.intake.maintenance import Repeat
from web.forms import Form

MOST = 200
PAST = 20
MATCHERS_LONGEST, REASON_LONGEST, NAME_LONGEST = 10_000, 1000, 255
DEFAULT_LENGTH = "2h"
REPEATS = {
    Repeat.ONCE: "once",
    Repeat.DAILY: "every day",
    Repeat.WEEKLY: "every week",
    Repeat.MONTHLY: "every month",
}
_UNITS = {Repeat.DAILY: "days", Repeat.WEEKLY: "weeks", Repeat.MONTHLY: "months"}

SILENCE_FIELDS = {"matchers": "matchers", "seconds": "length", "ends_at": "length", "reason": "reason"}
WINDOW_FIELDS = {
    name: name
    for name in ("name", "time_zone", "start", "end", "repeat", "interval", "until", "services", "teams", "reason")
}
"""The form's field for each of the API's."""


async def quiet_values(parts: Container) -> dict[str, Any]:
    """What the page shows."""
    coming = (await list_silences(parts, True, MOST, None))["items"]
    windows = (await list_windows(parts, MOST, None))["items"]
    now = datetime.now(UTC)
    return {
        "active": [one for one in coming if one["state"] == "active"],
        "pending": [one for one in coming if one["state"] == "pending"],
        "past": (await list_silences(parts, False, PAST, None))["items"],
        "windows": [one | {"rhythm": rhythm(one), "is_now": _is_now(one, now)} for one in windows],
    }


def rhythm(window: Mapping[str, Any]) -> str:
    """How a window comes again, in words."""
    repeat, interval = Repeat(window["repeat"]), window["interval"]
    words = REPEATS[repeat] if interval == 1 or repeat is Repeat.ONCE else f"every {interval} {_UNITS[repeat]}"
    return f"{words} until {window['until']}" if window["until"] else words


def silence_asked(form: Form) -> dict[str, Any]:
    """The body of `POST /silences/` that a form stands for."""
    matchers = form.text("matchers", longest=MATCHERS_LONGEST, shortest=1)
    given: dict[str, Any] = {
        "matchers": [line.strip() for line in matchers.splitlines() if line.strip()],
        "reason": form.text("reason", longest=REASON_LONGEST, shortest=1),
    }
    try:
        given["seconds"] = seconds_of(form.raw("length"))
    except ValueError:
        form.errors["length"] = "A length of time such as 30m, 2h or 1d 12h."
    return given


def window_asked(form: Form) -> dict[str, Any]:
    """The body of `POST /maintenance/` that a form stands for."""
    given: dict[str, Any] = {
        "name": form.text("name", longest=NAME_LONGEST, shortest=1),
        "time_zone": form.text("time_zone", longest=64, shortest=1),
        "start": form.text("start", longest=30, shortest=1),
        "end": form.text("end", longest=30, shortest=1),
        "repeat": form.raw("repeat") or Repeat.ONCE.value,
        "interval": form.number("interval"),
        "until": form.raw("until").strip() or None,
        "services": form.all("services"),
        "teams": form.all("teams"),
        "reason": form.text("reason", longest=REASON_LONGEST),
    }
    return {name: value for name, value in given.items() if value is not None}


def _is_now(window: Mapping[str, Any], now: datetime) -> bool:
    return any(one["start"] <= now < one["end"] for one in window["next"])
