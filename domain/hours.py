"""Hours of the week in wall-clock time: working hours, quiet hours, conditions of a policy."""

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
"""In the order of `date.weekday()`."""

_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00", re.ASCII)


def _time_of_day(text: str) -> str:
    if not _CLOCK.fullmatch(text):
        raise ValueError(f"{text!r} is not a time of day: write HH:MM, such as 09:00")
    return text


def _not_midnight_after(text: str) -> str:
    if text == "24:00":
        raise ValueError("24:00 ends a day: write 00:00 and the weekday after")
    return text


Until = Annotated[str, AfterValidator(_time_of_day)]
"""A wall-clock time, HH:MM, at which a span of the day ends: 24:00 is the end of the day."""
From = Annotated[Until, AfterValidator(_not_midnight_after)]
"""One at which it begins."""


class Hours(BaseModel):
    """A span of the day on some weekdays; `from` equal to `until` is the whole day.

    One that runs across midnight belongs to the day on which it begins.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    weekdays: tuple[Weekday, ...] = WEEKDAYS
    from_: From = Field("00:00", alias="from")
    until: Until = "24:00"

    @field_validator("weekdays")
    @classmethod
    def _some_day(cls, days: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
        if not days:
            raise ValueError("name at least one weekday, such as mon")
        return tuple(sorted(set(days), key=WEEKDAYS.index))

    def contain(self, at: datetime, zone: str) -> bool:
        """Whether an instant is in them, by the clocks of a zone."""
        wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        return any(begin <= wall < end for begin, end in self._around(wall.date()))

    def next_opening(self, at: datetime, zone: str) -> datetime:
        """The first instant, no earlier than `at`, that is in them; UTC-aware as `at` is."""
        if self.contain(at, zone):
            return at
        local = ZoneInfo(zone)
        day = at.astimezone(local).date()
        for days in range(9):
            for begin, _ in self._of(day + timedelta(days=days)):
                opening = begin.replace(tzinfo=local).astimezone(at.tzinfo)
                if opening >= at:
                    return opening
        return at

    def _around(self, day: date) -> list[tuple[datetime, datetime]]:
        return self._of(day - timedelta(days=1)) + self._of(day)

    def _of(self, day: date) -> list[tuple[datetime, datetime]]:
        """What begins on a local day, in wall-clock time."""
        if WEEKDAYS[day.weekday()] not in self.weekdays:
            return []
        begin, end = _on(day, self.from_), _on(day, self.until)
        return [(begin, end if end > begin else end + timedelta(days=1))]


def _on(day: date, clock: str) -> datetime:
    hour, minute = int(clock[:2]), int(clock[3:])
    return datetime.combine(day, time()) + timedelta(hours=hour, minutes=minute)


def spelled(hours: Hours) -> str:
    """`mon tue 09:00-17:00`."""
    days = "" if hours.weekdays == WEEKDAYS else " ".join(hours.weekdays) + " "
    return f"{days}{hours.from_}-{hours.until}"
