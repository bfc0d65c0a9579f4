"""How two conditions of one policy stand to each other: can both hold for one incident at one instant."""

from datetime import UTC, datetime, timedelta

from domain.condition import Condition, WallHours
from domain.severity import Severity

_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
"""Hours of the week are compared in a week like any other, by one clock."""


def allows(when: Condition, severity: Severity) -> bool:
    """Whether a condition may hold for incidents of a severity."""
    return not when.severities or severity in when.severities


def can_both_hold(one: Condition, other: Condition) -> bool:
    """Whether one incident may fulfil both at the same instant, its severity apart."""
    if one.services and other.services and not set(one.services) & set(other.services):
        return False
    if any(other.labels.get(name, value) != value for name, value in one.labels.items()):
        return False
    if None not in (one.nobody_on_call, other.nobody_on_call) and one.nobody_on_call != other.nobody_on_call:
        return False
    return _same_hour(one, other)


def follows(other: Condition, one: Condition) -> bool:
    """Whether `other` surely holds where `one` does, its severity apart."""
    parts = other.model_dump(exclude={"severities"}, exclude_defaults=True)
    known = one.model_dump(exclude={"severities"}, exclude_defaults=True)
    return all(known.get(name) == part for name, part in parts.items())


def _same_hour(one: Condition, other: Condition) -> bool:
    """Whether some hour of the week fulfils both; hours by different clocks may always meet."""
    hours = [wall for wall in (one.hours, other.hours) if wall]
    outside = [wall for wall in (one.outside_hours, other.outside_hours) if wall]
    if len({_clock(wall) for wall in (*hours, *outside)}) != 1:
        return True
    clocks = dict.fromkeys(text for wall in (*hours, *outside) for text in (wall.from_, wall.until))
    starts = [
        _MONDAY + timedelta(days=day, hours=int(text[:2]), minutes=int(text[3:])) for day in range(7) for text in clocks
    ]  # where both hold for a while, that while begins at one of these
    return any(
        all(wall.contain(at, "UTC") for wall in hours) and not any(wall.contain(at, "UTC") for wall in outside)
        for at in starts
    )


def _clock(hours: WallHours) -> tuple[str | None, bool]:
    return hours.zone, hours.of_person
