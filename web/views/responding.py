"""What the forms hold by which people answer an incident: until when it is put off, who takes it, who joins."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping

from domain.catalogue import Catalogue
from domain.response import LONGEST_SNOOZE
from domain.severity import Severity
from web.forms import Form
from web.views.naming import naming
from web.views.overrides import instant

NOTE_LONGEST, TITLE_LONGEST, DESCRIPTION_LONGEST, ROLE_LONGEST = 2000, 500, 100_000, 100
MOST_ASKED = 50
TOMORROW = time(9)
LENGTHS = {"15m": timedelta(minutes=15), "1h": timedelta(hours=1), "4h": timedelta(hours=4)}
ROLES = ("incident commander", "communications", "scribe")
"""What is offered; any other may be typed."""


def snooze_choices(zone: str) -> list[tuple[str, str]]:
    """For how long, as the form offers it."""
    tomorrow = tomorrow_morning(datetime.now(UTC), zone)
    at = tomorrow.astimezone(ZoneInfo(zone))
    return [
        ("15m", "15 minutes"),
        ("1h", "1 hour"),
        ("4h", "4 hours"),
        ("tomorrow", f"until tomorrow, {at:%a} {at.day} {at:%b %H:%M}"),
        ("custom", "until…"),
    ]


def tomorrow_morning(now: datetime, zone: str) -> datetime:
    """Nine o'clock of the next day by a zone's clock, UTC."""
    local = ZoneInfo(zone)
    day = now.astimezone(local).date() + timedelta(days=1)
    return datetime.combine(day, TOMORROW, local).astimezone(UTC)


def snoozed_until(form: Form, zone: str) -> datetime | None:
    """Until when a form puts an incident off; None when something is wrong with it, which is noted."""
    now, choice = datetime.now(UTC), form.raw("length")
    if choice in LENGTHS:
        return now + LENGTHS[choice]
    if choice == "tomorrow":
        return tomorrow_morning(now, zone)
    if choice != "custom":
        form.errors["length"] = "Choose for how long."
        return None
    text = instant(form, "until", zone)
    if text is None:
        return None
    until = datetime.fromisoformat(text)
    if until <= now:
        form.errors["until"] = "That is over: choose a later time."
    elif until > now + LONGEST_SNOOZE:
        form.errors["until"] = f"At most {LONGEST_SNOOZE.days} days ahead."
    return until


def is_active(catalogue: Catalogue, email: str) -> bool:
    """Whether somebody has an active account."""
    user = catalogue.user_named.get(email)
    return user is not None and user.is_active


def asked_people(catalogue: Catalogue, form: Form) -> list[str]:
    """Whom a form asks to join; what is wrong with it is noted."""
    people = form.all("people")
    known = [email for email in people if is_active(catalogue, email)]
    if not people:
        form.errors["people"] = "Choose at least one person."
    elif len(known) < len(people):
        form.errors["people"] = "Choose people of the list."
    elif len(people) > MOST_ASKED:
        form.errors["people"] = f"Choose at most {MOST_ASKED} people."
    return people


def changes_asked(form: Form, row: RowMapping, catalogue: Catalogue) -> dict[str, Any]:
    """The facts of an incident that a form changes; what is wrong with it is noted."""
    given: dict[str, Any] = {
        "title": form.text("title", longest=TITLE_LONGEST, shortest=1),
        "description": form.text("description", longest=DESCRIPTION_LONGEST),
        "severity": form.raw("severity"),
        "lead": form.raw("lead") or None,
        "impacted_scopes": tuple(form.all("scopes")),
    }
    if given["severity"] not in list(Severity):
        form.errors["severity"] = "Choose a severity of the list."
    known = {scope.name for scope in catalogue.scopes if scope.is_active} | set(row["impacted_scopes"])
    if not set(given["impacted_scopes"]) <= known:
        form.errors["scopes"] = "Choose scopes of the list."
    if given["lead"] and given["lead"] != row["lead"] and not is_active(catalogue, given["lead"]):
        form.errors["lead"] = "Choose a person of the list."
    kept = {**row, "impacted_scopes": tuple(row["impacted_scopes"])}
    kept |= {name: row[name].replace("\r\n", "\n").strip() for name in ("title", "description")}  # as a form says it
    changed = {name: value for name, value in given.items() if value is not None and value != kept[name]}
    if set(changed.get("impacted_scopes", ())) == set(kept["impacted_scopes"]):
        changed.pop("impacted_scopes", None)
    return changed


def change_form(row: RowMapping) -> Form:
    """The form as the incident is now."""
    return Form(
        {
            "title": [row["title"]],
            "description": [row["description"]],
            "severity": [row["severity"]],
            "lead": [row["lead"] or ""],
            "scopes": list(row["impacted_scopes"]),
        }
    )


def responders_of(catalogue: Catalogue, row: RowMapping) -> list[dict[str, str]]:
    """Who was asked to join, with what they answered."""
    name = naming(catalogue)
    return [{"email": who, "name": name(who), "answer": answer} for who, answer in row["responders"].items()]


def roles_of(catalogue: Catalogue, row: RowMapping) -> list[dict[str, str]]:
    """Who has which role."""
    name = naming(catalogue)
    return [{"role": role, "email": who, "name": name(who)} for role, who in sorted(row["roles"].items())]


def role_choices(row: RowMapping) -> Sequence[str]:
    """The roles that the form offers."""
    return tuple(dict.fromkeys((*row["roles"], *ROLES)))
