"""The turns of a rotation: when the n-th hand-off happens, and which turn an instant belongs to.

Turns are numbered from 0, the one that begins at the rotation's start, and go back below it. Hand-offs are wall-clock
times; as instants they are first passes, so that of the turns that begin in a skipped time only the last one lasts.
"""

import calendar
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.schedule.schedule import Rotation
from domain.wall_clock import first_instant

_UNIT = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(weeks=1)}


class Turn(NamedTuple):
    """One turn, in UTC."""

    number: int
    start: datetime
    end: datetime


def local_start(rotation: Rotation, zone: ZoneInfo) -> datetime:
    """What the zone's clocks show at the rotation's start, without an offset."""
    return rotation.start.astimezone(zone).replace(tzinfo=None)


def hand_off(rotation: Rotation, first: datetime, number: int) -> datetime:
    """The wall-clock time of a hand-off, by that of the first one; both without an offset."""
    if rotation.kind != "monthly":
        return first + number * rotation.interval * _UNIT[rotation.kind]
    years, month = divmod(first.month - 1 + number * rotation.interval, 12)
    year, month = first.year + years, month + 1
    return first.replace(year=year, month=month, day=min(first.day, calendar.monthrange(year, month)[1]))


def number_at(rotation: Rotation, first: datetime, local: datetime) -> int:
    """The number of the turn that a wall-clock time belongs to, where clocks never change."""
    if rotation.kind != "monthly":
        return (local - first) // (rotation.interval * _UNIT[rotation.kind])
    months = (local.year - first.year) * 12 + local.month - first.month
    number = months // rotation.interval
    return number if hand_off(rotation, first, number) <= local else number - 1


def turns(rotation: Rotation, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Turn]:
    """The turns that touch `[start, end)`, whole, in order; none that a clock change left without any time."""
    first = local_start(rotation, zone)
    # What clocks show has been reached, so this turn has begun. Later ones may have, too, before clocks went back.
    number = number_at(rotation, first, start.astimezone(zone).replace(tzinfo=None))
    begin = first_instant(hand_off(rotation, first, number), zone)
    while begin < end:
        finish = first_instant(hand_off(rotation, first, number + 1), zone)
        if max(begin, start) < finish:
            yield Turn(number, begin, finish)
        number, begin = number + 1, finish


def as_if_utc(wall: datetime) -> datetime:
    """A wall-clock time, taken as UTC: for reckoning that no clock change shall disturb."""
    return wall.replace(tzinfo=UTC)
