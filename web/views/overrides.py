"""What the form of an override holds."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from domain.catalogue import Catalogue
from domain.wall_clock import known_zone
from web.errors import PageError
from web.forms import Form

REASON_LONGEST = 2000
KINDS = {
    "replace": "this person instead",
    "add": "this person as well",
    "remove": "this person not",
}
FIELDS = {
    "kind": "kind",
    "level": "level",
    "users": "who",
    "user": "who",
    "replaces": "replaces",
    "start": "start",
    "end": "end",
    "reason": "reason",
}
"""The form's field for each of the API's."""


def override_asked(form: Form) -> dict[str, Any]:
    """The body of `POST /schedules/{id}/overrides/` that a form stands for."""
    kind = form.raw("kind") or "replace"
    zone = zone_asked(form)
    body: dict[str, Any] = {
        "kind": kind,
        "level": form.number("level") or 1,
        "start": instant(form, "start", zone),
        "end": instant(form, "end", zone),
        "users": [form.raw("who")] if form.raw("who") else [],
        "reason": form.text("reason", longest=REASON_LONGEST),
    }
    if kind not in KINDS:
        form.errors["kind"] = "Choose one of the list."
    if not body["users"]:
        form.errors["who"] = "Choose a person."
    if form.raw("replaces") and kind == "replace":
        body["replaces"] = form.raw("replaces")
    return body


def zone_asked(form: Form) -> str:
    """The zone by whose clock the form's times are: the page says it, not the reader.

    Raises:
        PageError: there is none of that name.
    """
    try:
        return known_zone(form.raw("clock") or "UTC")
    except ValueError as error:
        raise PageError(400, f"{error}.") from error


def instant(form: Form, name: str, zone: str) -> str | None:
    """A date field as an instant; what is wrong with it is noted."""
    text = form.raw(name).strip()
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            raise ValueError
        return at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        form.errors[name] = "A day and a time such as 2026-11-23T09:00." if text else "This field is required."
        return None


def people_of(catalogue: Catalogue, first: Mapping[str, Any] | tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Address and name of everybody who is active, those of a schedule first."""
    active = {user.email: user.name for user in catalogue.users if user.is_active}
    order = [email for email in first if email in active] + sorted(active, key=lambda email: active[email].casefold())
    return [(email, f"{active[email]} ({email})") for email in dict.fromkeys(order)]
