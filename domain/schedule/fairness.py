"""What being on call costs people: hours, nights, weekends, holidays."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from domain.schedule.hours import Seconds, split
from domain.schedule.schedule import Holiday
from domain.schedule.shifts import Shift
from domain.wall_clock import zone_of


class Load(BaseModel):
    """Of one person. An hour may count in several: a Saturday night is night and weekend."""

    model_config = ConfigDict(frozen=True)

    hours: float
    night_hours: float
    """Between 22:00 and 06:00."""
    weekend_hours: float
    """Of Saturdays and Sundays."""
    holiday_hours: float
    shifts: int


def loads(shifts: Iterable[Shift], zone: str, holidays: Iterable[Holiday] = ()) -> dict[str, Load]:
    """The load of everybody who has a shift, by address; nights and days are those of a zone, by its IANA name.

    Hours are elapsed ones: the night in which clocks go back is an hour longer. Each of several people who are on call
    together has all of it.
    """
    info, days = zone_of(zone), frozenset(holiday.date for holiday in holidays)
    seconds: dict[str, Seconds] = {}
    counts: dict[str, int] = {}
    for shift in shifts:
        cost = split(shift.start, shift.end, info, days)
        for user in shift.users:
            seconds[user] = seconds.get(user, Seconds()) + cost
            counts[user] = counts.get(user, 0) + 1
    return {user: _load(cost, counts[user]) for user, cost in seconds.items()}


def _load(cost: Seconds, shifts: int) -> Load:
    return Load(
        hours=cost.total / 3600,
        night_hours=cost.night / 3600,
        weekend_hours=cost.weekend / 3600,
        holiday_hours=cost.holiday / 3600,
        shifts=shifts,
    )
