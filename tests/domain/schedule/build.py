"""Short words for schedules, instants and shifts, so that a case fits on a few lines."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from domain.schedule.schedule import Holiday, Layer, Override, Restriction, Rotation, Schedule, Span
from domain.schedule.shifts import Shift

PARIS, CHICAGO, LORD_HOWE, KOLKATA = "Europe/Paris", "America/Chicago", "Australia/Lord_Howe", "Asia/Kolkata"


def utc(text: str) -> datetime:
    """`2026-01-05 08:00`, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def users(text: str) -> tuple[str, ...]:
    """`bo+cy`: two people together; nothing: nobody."""
    return tuple(text.split("+")) if text else ()


def rotation(kind: Any, start: str, who: str, **fields: Any) -> Rotation:
    """Who takes turns, as `ana bo+cy -`, where `-` is nobody; start with its offset."""
    participants = tuple(users(turn.strip("-")) for turn in who.split())
    return Rotation(kind=kind, start=datetime.fromisoformat(start), participants=participants, **fields)


def hours(text: str, days: str = "mon tue wed thu fri sat sun", holidays: Any = "any") -> Restriction:
    """`09:00-17:00`, on some days."""
    begin, end = text.split("-")
    return Restriction.model_validate({"from": begin, "until": end, "weekdays": days.split(), "holidays": holidays})


def always(who: str, *restrictions: Restriction, **fields: Any) -> Rotation:
    """One turn for ever."""
    return rotation("weekly", "2026-01-05T09:00+01:00", who, restrictions=restrictions, **fields)


def layer(*rotations: Rotation, name: str = "main", level: int = 1, **fields: Any) -> Layer:
    return Layer(name=name, level=level, rotations=rotations, **fields)


def span(start: str, end: str, who: str) -> Span:
    return Span(start=utc(start), end=utc(end), users=users(who))


def override(kind: Any, start: str, end: str, who: str = "", **fields: Any) -> Override:
    return Override(id=UUID(int=1), kind=kind, start=utc(start), end=utc(end), users=users(who), **fields)


def schedule(
    zone: str, *layers: Layer | Rotation, holidays: str = "", overrides: tuple[Override, ...] = ()
) -> Schedule:
    """Layers, or rotations that make a layer each; holidays as dates."""
    return Schedule(
        name="it",
        time_zone=zone,
        layers=tuple(one if isinstance(one, Layer) else layer(one) for one in layers),
        holidays=tuple(Holiday(date=date.fromisoformat(day), name=day) for day in holidays.split()),
        overrides=overrides,
    )


def line(shift: Shift) -> str:
    """`2026-01-05 08:00 > 2026-01-06 08:00 ana`, then what is out of the ordinary: `L2`, `@layer`, `!` an override."""
    words = [f"{shift.start:%Y-%m-%d %H:%M} > {shift.end:%Y-%m-%d %H:%M} {'+'.join(shift.users)}"]
    words += [f"L{shift.level}"] if shift.level != 1 else []
    words += [f"@{shift.layer}"] if shift.layer != "main" else []
    words += ["!"] if shift.override else []
    return " ".join(words)
