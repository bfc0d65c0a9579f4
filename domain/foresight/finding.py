"""What `tocsin lint` finds: where, how bad, and a sentence that somebody can act on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from domain.wall_clock import clock_text, period_text, zone_of

Code = Literal[
    "absent",
    "acknowledgements",
    "calendar",
    "cut_off",
    "empty_step",
    "gap",
    "hidden_layer",
    "incomplete",
    "inactive_person",
    "load",
    "loop",
    "never",
    "no_contact_method",
    "no_owner",
    "no_policy",
    "one_person",
    "quiet",
    "twice_or_unknown",
    "uncovered_weekend",
    "unverified",
]


class Period(BaseModel):
    """A time, `[start, end)`, UTC."""

    model_config = ConfigDict(frozen=True)

    start: datetime
    end: datetime


class Finding(BaseModel):
    """Something that is wrong (`fault`), or that may be meant (`warning`)."""

    model_config = ConfigDict(frozen=True)

    severity: Literal["fault", "warning"]
    code: Code
    kind: str
    """Of the entry: `services`, `teams`, `policies`, `schedules`, `users`, `routes`."""
    name: str
    field: str
    """The field to look at; `steps.2` is the third step."""
    message: str
    services: tuple[str, ...] = ()
    """Whose incidents it concerns, where that is known."""
    periods: tuple[Period, ...] = ()
    """When, where it comes and goes."""

    @property
    def where(self) -> str:
        """`policies/ladder/steps.2`."""
        return "/".join(part for part in (self.kind, self.name, self.field) if part)


def finding(kind: str, name: str, code: Code, field: str, message: str, *, fault: bool) -> Finding:
    """Something about one entry of the catalogue."""
    severity: Literal["fault", "warning"] = "fault" if fault else "warning"
    return Finding(severity=severity, code=code, kind=kind, name=name, field=field, message=message)


def joined(periods: Sequence[tuple[datetime, datetime]]) -> tuple[Period, ...]:
    """Times in order, those that touch or overlap as one."""
    whole: list[tuple[datetime, datetime]] = []
    for start, end in sorted(periods):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(whole[-1][1], end))
        else:
            whole.append((start, end))
    return tuple(Period(start=start, end=end) for start, end in whole)


def spelled(periods: Sequence[Period], zone: str) -> str:
    """`from Sat 2026-11-28 00:00 to Mon 2026-11-30 00:00 (Europe/Paris), and 12 more times until 2027-02-20`."""
    first, last = periods[0], periods[-1]
    text = period_text(first.start, first.end, zone)
    if len(periods) == 1:
        return text
    more = "once more" if len(periods) == 2 else f"{len(periods) - 1} more times"
    return f"{text}, and {more} until {clock_text(last.end, zone)}"


def at_weekends(periods: Sequence[Period], zone: str) -> bool:
    """Whether every one of them has a Saturday or a Sunday in it, and no whole day of the week's other five."""
    return bool(periods) and all(_is_weekend(period, zone) for period in periods)


def _is_weekend(period: Period, zone: str) -> bool:
    start, end = period.start.astimezone(zone_of(zone)), period.end.astimezone(zone_of(zone))
    days = {(start.toordinal() + number) % 7 for number in range((end.date() - start.date()).days + 1)}
    if end.hour == end.minute == 0 and len(days) > 1:
        days.discard(end.toordinal() % 7)
    # ordinals: 6 is Saturday, 0 is Sunday; Friday evening and Monday morning belong to a weekend nobody covers
    return bool(days & {6, 0}) and days <= {5, 6, 0, 1} and (period.end - period.start).total_seconds() <= 4 * 86_400
