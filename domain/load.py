"""What being on call has cost people: hours, nights, weekends, holidays, pages. For fairness, and for compensation."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from domain.schedule.coverage import Unfair, unfair
from domain.schedule.fairness import Load, loads
from domain.schedule.hours import NIGHT_BEGINS, NIGHT_ENDS
from domain.schedule.schedule import Schedule
from domain.schedule.shifts import Shift
from domain.wall_clock import zone_of

NOTHING = Load(hours=0, night_hours=0, weekend_hours=0, holiday_hours=0, shifts=0)


class Page(BaseModel):
    """Somebody was paged."""

    model_config = ConfigDict(frozen=True)

    recipient: str
    at: datetime


class Carried(BaseModel):
    """What one person has carried. Nights and days of hours are those of the schedule's zone."""

    model_config = ConfigDict(frozen=True)

    user: str
    hours: float
    night_hours: float
    weekend_hours: float
    holiday_hours: float
    shifts: int
    pages: int
    """While on call by this schedule."""
    night_pages: int
    """Of these between 22:00 and 06:00 in the person's own zone."""
    unfair: tuple[str, ...] = ()
    """Sentences, when it is far from the mean of all."""


def carried(
    schedule: Schedule, found: Iterable[Shift], pages: Iterable[Page], zones: Mapping[str, str]
) -> list[Carried]:
    """What everybody has carried who is named in the layers or had a shift, by address.

    Args:
        schedule: by which they were on call.
        found: its shifts.
        pages: of these people, whether they were on call or not.
        zones: IANA names by address; UTC for whoever is not in it.
    """
    shifts = list(found)
    people = schedule.model_copy(update={"overrides": ()}).people
    had = dict.fromkeys(people, NOTHING) | loads(shifts, schedule.time_zone, schedule.holidays)
    by_day, by_night = _counted(shifts, pages, zones)
    odd: defaultdict[str, list[Unfair]] = defaultdict(list)
    for one in unfair(had):
        odd[one.user].append(one)
    return [
        Carried(
            user=user,
            **load.model_dump(),
            pages=by_day[user],
            night_pages=by_night[user],
            unfair=tuple(one.sentence for one in odd[user]),
        )
        for user, load in sorted(had.items())
    ]


def is_night(at: datetime, zone: str) -> bool:
    """Whether an instant is between 22:00 and 06:00 by the clocks of a zone."""
    clock = at.astimezone(zone_of(zone)).time()
    return clock >= NIGHT_BEGINS or clock < NIGHT_ENDS


def _counted(
    shifts: list[Shift], pages: Iterable[Page], zones: Mapping[str, str]
) -> tuple[defaultdict[str, int], defaultdict[str, int]]:
    """Pages, and those at night, by person, that came while they were on call."""
    duties: defaultdict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for shift in shifts:
        for user in shift.users:
            duties[user].append((shift.start, shift.end))
    all_of: defaultdict[str, int] = defaultdict(int)
    at_night: defaultdict[str, int] = defaultdict(int)
    for page in pages:
        if any(start <= page.at < end for start, end in duties[page.recipient]):
            all_of[page.recipient] += 1
            at_night[page.recipient] += is_night(page.at, zones.get(page.recipient, "UTC"))
    return all_of, at_night
