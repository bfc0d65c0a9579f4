"""How much of a time is night, weekend and holiday."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.wall_clock import first_instant

NIGHT_BEGINS, NIGHT_ENDS = time(22), time(6)
_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True)
class Seconds:
    """Elapsed seconds. One may count several times: in the night of a Sunday that is a holiday, four times."""

    total: float = 0
    night: float = 0
    weekend: float = 0
    holiday: float = 0

    def __add__(self, other: "Seconds") -> "Seconds":
        return Seconds(
            self.total + other.total,
            self.night + other.night,
            self.weekend + other.weekend,
            self.holiday + other.holiday,
        )


def split(start: datetime, end: datetime, zone: ZoneInfo, holidays: frozenset[date]) -> Seconds:
    """A time between two instants, split at the edges of nights and days as a zone's clocks show them."""
    total = night = weekend = holiday = 0.0
    for begin, finish, day, is_night in _parts(start, end, zone):
        seconds = (min(finish, end) - max(begin, start)).total_seconds()
        if seconds > 0:
            total += seconds
            night += seconds if is_night else 0
            weekend += seconds if day.weekday() >= _SATURDAY else 0
            holiday += seconds if day in holidays else 0
    return Seconds(total, night, weekend, holiday)


def _parts(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime, date, bool]]:
    """The nights and the days between, each day cut at its midnight: start, end, date, whether it is night."""
    day, last = start.astimezone(zone).date() - _DAY, end.astimezone(zone).date() + _DAY
    midnight = first_instant(datetime.combine(day, time()), zone)
    while day <= last:
        dawn = first_instant(datetime.combine(day, NIGHT_ENDS), zone)
        dusk = first_instant(datetime.combine(day, NIGHT_BEGINS), zone)
        next_midnight = first_instant(datetime.combine(day + _DAY, time()), zone)
        yield midnight, dawn, day, True
        yield dawn, dusk, day, False
        yield dusk, next_midnight, day, True
        day, midnight = day + _DAY, next_midnight
