"""Who is on call when, by a schedule: layers, the one over the other, then overrides.

Shifts are half-open: at the instant of a hand-off the coming person is on call. Instants may come in any zone, with
their offset; answers are in UTC.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ConfigDict

from domain.schedule.claims import claims
from domain.schedule.pieces import Piece, inside, merged, outside, over, together
from domain.schedule.schedule import Override, Schedule, distinct
from domain.wall_clock import zone_of

FIRST_YEAR, LAST_YEAR = 1900, 2999
"""That can be asked about."""
REACHES = tuple(timedelta(days=days) for days in (2, 10, 60))
"""How far to look for the start and the end of a shift, further while it is not found."""


class Shift(BaseModel):
    """Who is on call together at one level in `[start, end)`, UTC."""

    model_config = ConfigDict(frozen=True)

    start: datetime
    end: datetime
    level: int
    users: tuple[str, ...]
    layer: str
    """Its name; of an override, the layer it acts on, empty where nobody was on call."""
    override: bool = False


def shifts(schedule: Schedule, start: datetime, end: datetime, *, merge: bool = True) -> list[Shift]:
    """Everything in `[start, end)`, clipped to it, by start and level; no shift where nobody is on call.

    Adjacent equal ones are one, unless `merge` is off, which leaves every hand-off to be seen.
    """
    start, end = in_utc(start), in_utc(end)
    found: list[Shift] = []
    for level in levels(schedule):
        pieces = _pieces(schedule, level, start, end)
        for piece in merged(pieces) if merge else pieces:
            found.append(
                Shift(
                    start=piece.start,
                    end=piece.end,
                    level=level,
                    users=piece.users,
                    layer=piece.layer,
                    override=piece.override,
                )
            )
    return sorted(found, key=lambda shift: (shift.start, shift.level))


def on_call(schedule: Schedule, at: datetime) -> tuple[Shift, ...]:
    """The shift of each level that contains an instant, whole; at most 60 days each way are looked at."""
    at = in_utc(at)
    found: list[Shift] = []
    for reach in REACHES:
        begin, finish = at - reach, at + reach
        found = [shift for shift in shifts(schedule, begin, finish) if shift.start <= at < shift.end]
        if all(begin < shift.start and shift.end < finish for shift in found):
            break
    return tuple(sorted(found, key=lambda shift: shift.level))


def on_call_users(schedule: Schedule, at: datetime) -> dict[int, tuple[str, ...]]:
    """Who is on call at an instant, by level, levels with nobody left out: the same answer, soon."""
    at = in_utc(at)
    return {shift.level: shift.users for shift in shifts(schedule, at, at + timedelta.resolution)}


def levels(schedule: Schedule) -> list[int]:
    """Every level that somebody may be on call at."""
    return sorted({layer.level for layer in schedule.layers} | {override.level for override in schedule.overrides})


def in_utc(at: datetime) -> datetime:
    """An instant in UTC; ValueError when it has no offset, or lies where calendars end."""
    if at.utcoffset() is None:
        raise ValueError(f"{at.isoformat()} has no offset from UTC: whose clock shows it?")
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"{at.isoformat()} does not lie in the years {FIRST_YEAR} to {LAST_YEAR}")
    return at.astimezone(UTC)


def _pieces(schedule: Schedule, level: int, start: datetime, end: datetime) -> list[Piece]:
    zone = zone_of(schedule.time_zone)
    holidays = frozenset(holiday.date for holiday in schedule.holidays)
    pieces: list[Piece] = []
    for layer in schedule.layers:
        if layer.level == level:
            claimed = claims(layer, zone, holidays, start, end)
            alone = len(claimed) == 1 and not layer.spans  # then nothing overlaps
            pieces = over(pieces, claimed[0] if alone else together([piece for one in claimed for piece in one]))
    for override in schedule.overrides:
        if override.level == level and override.start < end and override.end > start:
            span = max(override.start.astimezone(UTC), start), min(override.end.astimezone(UTC), end)
            pieces = _overridden(pieces, override, *span)
    return pieces


def _overridden(pieces: list[Piece], override: Override, start: datetime, end: datetime) -> list[Piece]:
    """The pieces once an override has been put on them in a span of time."""
    untouched = outside(pieces, [Piece(start, end, (), "")])
    touched = inside(pieces, start, end)
    everywhere = override.kind == "add" or (override.kind == "replace" and override.replaces is None)
    gaps = outside([Piece(start, end, (), "")], touched) if everywhere else []
    change = _change(override)
    changed = []
    for piece in touched + gaps:
        users = change(piece.users)
        own = everywhere or users != piece.users
        changed.append(piece._replace(users=users, override=piece.override or own))
    return sorted(untouched + [piece for piece in changed if piece.users])


def _change(override: Override) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """What an override makes of the people it finds on call."""
    if override.kind == "add":
        return lambda users: distinct((*users, *override.users))
    if override.kind == "remove":
        gone = {address.casefold() for address in override.users}
        return lambda users: tuple(user for user in users if user.casefold() not in gone) if gone else ()
    if override.replaces is None:
        return lambda users: distinct(override.users)
    leaver = override.replaces.casefold()
    return lambda users: distinct(
        new for user in users for new in (override.users if user.casefold() == leaver else (user,))
    )
