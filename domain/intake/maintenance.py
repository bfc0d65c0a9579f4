"""Maintenance windows, once or again and again, in the wall-clock time of a zone.

Both ends are wall-clock times: a window from 02:00 to 04:00 is so on the day of a clock change, too, and lasts an
hour less or more then. An end that falls into a skipped time happens at the first instant after it; one inside a
repeated hour happens at the first pass when the window begins and at the last when it ends, so that the work
that was announced stays covered.
"""

import calendar
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from domain.wall_clock import first_instant, last_instant


class Repeat(StrEnum):
    """How a window comes again."""

    ONCE = "once"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class MaintenanceWindow(BaseModel):
    """One window and its repetitions."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str
    time_zone: str
    start: datetime
    """Of the first occurrence: wall-clock time in the zone, without an offset."""
    end: datetime
    repeat: Repeat = Repeat.ONCE
    interval: int = Field(default=1, ge=1)
    """Every so many days, weeks or months."""
    until: date | None = None
    """The last local day on which an occurrence may begin."""
    services: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    reason: str = ""
    created_by: str = ""

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (LookupError, OSError) as error:
            raise ValueError(f"there is no time zone '{name}'") from error
        return name

    def concerns(self, service: str, team: str) -> bool:
        """Whether it is about this service."""
        return service in self.services or team in self.teams

    def occurrence_at(self, now: datetime) -> tuple[datetime, datetime] | None:
        """Start and end, in UTC, of the occurrence that covers an instant; None when none does."""
        local = now.astimezone(ZoneInfo(self.time_zone)).replace(tzinfo=None)
        last = self._number_before(local)
        for number in range(last + 1, max(-1, last - self._overlapping()), -1):
            span = self._occurrence(number)
            if span is not None and span[0] <= now < span[1]:
                return span
        return None

    def occurrences(self, begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """Starts and ends, in UTC, of all that touch a span of time."""
        zone = ZoneInfo(self.time_zone)
        first = self._number_before(begin.astimezone(zone).replace(tzinfo=None)) - self._overlapping()
        last = self._number_before(end.astimezone(zone).replace(tzinfo=None)) + 1
        spans = (self._occurrence(number) for number in range(max(0, first), last + 1))
        return [span for span in spans if span is not None and span[0] < end and span[1] > begin]

    def _overlapping(self) -> int:
        """How many occurrences may be under way at once, and one more."""
        step = {Repeat.ONCE: 1, Repeat.DAILY: 1, Repeat.WEEKLY: 7, Repeat.MONTHLY: 28}[self.repeat] * self.interval
        return (self.end - self.start).days // step + 2

    def _number_before(self, local: datetime) -> int:
        """The number of the latest occurrence that begins no later, give or take one; 0 at least."""
        days = max(0, (local - self.start).days)
        match self.repeat:
            case Repeat.ONCE:
                return 0
            case Repeat.DAILY:
                return days // self.interval
            case Repeat.WEEKLY:
                return days // (7 * self.interval)
            case Repeat.MONTHLY:
                months = (local.year - self.start.year) * 12 + local.month - self.start.month
                return max(0, months) // self.interval

    def _occurrence(self, number: int) -> tuple[datetime, datetime] | None:
        """Start and end in UTC; None when there is no such one, or nothing is left of it in a skipped hour."""
        if number > 0 and self.repeat is Repeat.ONCE:
            return None
        start = self._shifted(number)
        if start is None or (self.until is not None and start.date() > self.until):
            return None
        zone = ZoneInfo(self.time_zone)
        span = first_instant(start, zone), last_instant(start + (self.end - self.start), zone)
        return span if span[0] < span[1] else None

    def _shifted(self, number: int) -> datetime | None:
        """Local start of an occurrence; None when its month has no such day."""
        count = number * self.interval
        if self.repeat is not Repeat.MONTHLY:
            return self.start + timedelta(days=count * (7 if self.repeat is Repeat.WEEKLY else 1))
        years, month = divmod(self.start.month - 1 + count, 12)
        year, month = self.start.year + years, month + 1
        if self.start.day > calendar.monthrange(year, month)[1]:
            return None
        return self.start.replace(year=year, month=month)
