"""One person: what their page shows, and what its forms hold."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from api.catalogue.people import masked
from db.models import ContactMethod
from domain.catalogue import Catalogue, User
from domain.channels import ChannelName
from domain.hours import WEEKDAYS, spelled
from domain.readiness import person_faults
from domain.schedule.shifts import shifts
from domain.severity import Severity
from web.forms import Form
from web.views.naming import joined
from web.views.overrides import instant
from web.views.reach import CHANNELS, rule_words

NAME_LONGEST, ADDRESS_LONGEST, REASON_LONGEST = 255, 500, 500
SHIFT_DAYS = 28
MOST_SHIFTS = 200
MINUTES_LONGEST = 1440
URGENCIES = {"high": "Urgent (SEV1, SEV2)", "low": "Other (SEV3, SEV4)"}
DAYS = {day: day.capitalize() for day in WEEKDAYS}
HINTS = {
    ChannelName.SMS: "+33612345678",
    ChannelName.PHONE: "+33612345678",
    ChannelName.EMAIL: "ana@example.com",
    ChannelName.PUSH: "a push topic or token",
    ChannelName.SLACK: "a chat user's id, such as U012AB3CD",
    ChannelName.WEBHOOK: "https://…",
}

OWN_FIELDS = ("name", "time_zone", "language")
"""Of the profile, what everybody changes of themselves."""
PROFILE_FIELDS = {name: name for name in (*OWN_FIELDS, "title", "role", "is_active")}
PASSWORD_FIELDS = {name: name for name in ("password", "current")}
METHOD_FIELDS = {"channel": "channel", "address": "address"}
"""The form's field for each of the API's."""


def usual_form(user: User) -> dict[str, list[str]]:
    """What the forms hold before anybody has typed."""
    return {
        "name": [user.name],
        "time_zone": [user.time_zone],
        "language": [user.language],
        "title": [user.title or ""],
        "role": [user.role],
        "rule_urgency": ["high"],
        "rule_after": ["0"],
        "quiet_days": list(WEEKDAYS),
        "quiet_from": ["22:00"],
        "quiet_until": ["07:00"],
        "quiet_severities": [Severity.SEV3_MEDIUM.value, Severity.SEV4_LOW.value],
    }


def person_values(catalogue: Catalogue, user: User) -> dict[str, Any]:
    """What everybody may see of a person."""
    now = datetime.now(UTC)
    return {
        "user": user,
        "teams": [team.name for team in catalogue.teams if user.email in team.members],
        "faults": [f"{text[:1].upper()}{text[1:]}." for text in person_faults(user, now)],
        "coming": coming_shifts(catalogue, user.email, now),
        "rules": [(label, _rules(user, urgency)) for urgency, label in URGENCIES.items()],
        "quiet": [
            (spelled(hours), joined([s.short for s in hours.severities]), key_of(hours)) for hours in user.quiet_hours
        ],
        "away": [(absence, key_of(absence)) for absence in user.days_away if absence.end > now],
        "urgencies": list(URGENCIES.items()),
        "channels": [(channel.value, words) for channel, words in CHANNELS.items()],
        "channel_words": {channel.value: words for channel, words in CHANNELS.items()},
        "hints": [(CHANNELS[channel], hint) for channel, hint in HINTS.items()],
        "days": list(DAYS.items()),
        "severities": list(Severity),
        "zones": sorted(available_timezones()),
        "shift_days": SHIFT_DAYS,
    }


def _rules(user: User, urgency: str) -> list[tuple[str, str, bool]]:
    rules = sorted((rule for rule in user.notification_rules if rule.urgency == urgency), key=lambda r: r.after_seconds)
    return [(rule_words(rule), key_of(rule), user.has(rule.channel)) for rule in rules]


def key_of(value: Any) -> str:
    """A rule, quiet hours or days away, as the form names it to take it away."""
    return json.dumps(value.model_dump(mode="json", by_alias=True), sort_keys=True, ensure_ascii=False)


def without(values: Sequence[Any], key: str) -> list[dict[str, Any]]:
    """The values but the one that a form names, as the API takes them."""
    return [value.model_dump(mode="json", by_alias=True) for value in values if key_of(value) != key]


def coming_shifts(catalogue: Catalogue, email: str, now: datetime) -> list[dict[str, Any]]:
    """When somebody is on call in the weeks to come, by which schedule."""
    until = now + timedelta(days=SHIFT_DAYS)
    found: list[dict[str, Any]] = [
        {"schedule": schedule.name, "shift": shift, "is_now": shift.start <= now, "goes_on": shift.end >= until}
        for schedule in catalogue.schedules
        if email in schedule.people
        for shift in shifts(schedule, now, until)
        if email in shift.users
    ]
    return sorted(found, key=lambda one: (one["shift"].start, one["schedule"]))[:MOST_SHIFTS]


def hidden_methods(user: User) -> list[Mapping[str, Any]]:
    """Contact methods for whoever may not edit them: that there is one."""
    return [
        {"channel": one.channel.value, "address": masked(one.channel, one.address), "verified": one.verified}
        for one in user.contact_methods
    ]


def open_methods(rows: Sequence[ContactMethod]) -> list[Mapping[str, Any]]:
    """Contact methods for whoever may edit them; whether a code was sent, and never the code."""
    return [
        {
            "id": row.id,
            "channel": row.channel,
            "address": row.address,
            "verified": row.verified_at is not None,
            "has_code": row.code_hash is not None,
        }
        for row in rows
    ]


def rule_asked(form: Form) -> dict[str, Any]:
    """A rule of the form; what is wrong with it is noted."""
    urgency, channel, after = form.raw("rule_urgency"), form.raw("rule_channel"), form.number("rule_after")
    if urgency not in URGENCIES:
        form.errors["rule_urgency"] = "Choose one of the list."
    if channel not in list(ChannelName):
        form.errors["rule_channel"] = "Choose one of the list."
    if after is not None and after > MINUTES_LONGEST:
        form.errors["rule_after"] = f"At most {MINUTES_LONGEST} minutes."
    return {"urgency": urgency, "channel": channel, "after_seconds": (after or 0) * 60}


def quiet_asked(form: Form) -> dict[str, Any]:
    """Quiet hours of the form; what is wrong with them is noted."""
    days, severities = form.all("quiet_days"), form.all("quiet_severities")
    for name in ("quiet_from", "quiet_until"):
        try:
            if len(form.raw(name)) != len("22:00"):
                raise ValueError
            datetime.strptime(form.raw(name), "%H:%M")
        except ValueError:
            form.errors[name] = "A time of day such as 22:00."
    if not days or not set(days) <= set(WEEKDAYS):
        form.errors["quiet_days"] = "Choose at least one day."
    if not severities or not set(severities) <= set(Severity):
        form.errors["quiet_severities"] = "Choose at least one severity."
    return {
        "weekdays": days,
        "from": form.raw("quiet_from"),
        "until": form.raw("quiet_until"),
        "severities": severities,
    }


def away_asked(form: Form, zone: str) -> dict[str, Any]:
    """Days away of the form, by the person's clock; what is wrong with them is noted."""
    start, end = instant(form, "away_start", zone), instant(form, "away_end", zone)
    if start and end and end <= start:
        form.errors["away_end"] = "Must be later than the first day."
    return {"start": start, "end": end, "reason": form.text("away_reason", longest=REASON_LONGEST)}
