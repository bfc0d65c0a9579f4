"""Schedules as they are written down: layers of rotations, restrictions, holidays, overrides.

Hand-offs, restrictions and holidays are wall-clock times of the schedule's zone; spans and overrides are instants.
People are named by their e-mail addresses. `domain.schedule.shifts` says who is on call by it.
"""

from collections.abc import Iterable, Iterator
from datetime import date as Day
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from domain.hours import WEEKDAYS, From, Until, Weekday
from domain.instants import FIRST_YEAR, LAST_YEAR, Instant
from domain.wall_clock import ZoneName

MOST_LEVELS = 20

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
Users = Annotated[tuple[Address, ...], Field(max_length=200)]
Level = Annotated[int, Field(ge=1, le=MOST_LEVELS)]


def distinct(addresses: Iterable[str]) -> tuple[str, ...]:
    """Each person once, as first written: the same address in capitals is nobody else."""
    first: dict[str, str] = {}
    for address in addresses:
        first.setdefault(address.casefold(), address)
    return tuple(first.values())


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)


class Restriction(_Value):
    """Hours outside which a rotation rests, in wall-clock time; a rotation with several is awake in any of them.

    `until` at or before `from` is on the day after; equal ones make a whole day. The weekdays, and the holidays, are
    those of the day on which it begins.
    """

    weekdays: tuple[Weekday, ...] = Field(WEEKDAYS, min_length=1, max_length=7)
    from_: From = Field("00:00", alias="from")
    until: Until = "24:00"
    holidays: Literal["any", "only", "never"] = "any"
    """`only`: on holidays alone; `never`: not on them."""


class Fairness(_Value):
    """What counts as load when turns are dealt out fairly: every hour as one, and so much more when it is unpleasant.

    Loads are in weighted hours.
    """

    night_weight: float = Field(0.5, ge=0, le=100, allow_inf_nan=False)
    """On top, for each hour between 22:00 and 06:00."""
    weekend_weight: float = Field(0.5, ge=0, le=100, allow_inf_nan=False)
    """On top, for each hour of a Saturday or Sunday."""
    holiday_weight: float = Field(1.0, ge=0, le=100, allow_inf_nan=False)
    """On top, for each hour of a holiday."""
    past: dict[Address, Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]] = Field({}, max_length=1000)
    """What people bring along at the start, by address: for pages, say, or from an earlier schedule."""


class Rotation(_Value):
    """People who take turns, each until the next hand-off.

    Hand-offs follow `start` every `interval` hours, days, weeks or months of wall-clock time, and go back before it
    in the same manner; months without such a day hand off on their last.
    """

    kind: Literal["hourly", "daily", "weekly", "monthly"]
    interval: int = Field(1, ge=1, le=1000)
    start: Instant
    """The hand-off to the first participant."""
    participants: tuple[Users, ...] = Field(min_length=1, max_length=200)
    """Who is on call together in each turn; in an empty one, nobody is."""
    restrictions: tuple[Restriction, ...] = Field((), max_length=20)
    """Without any, around the clock."""
    assignment: Literal["in_turn", "fair"] = "in_turn"
    weights: Fairness = Fairness()
    """For `fair` alone."""
    until: Instant | None = None
    """From here on the rotation has nobody."""

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.until is not None and self.until <= self.start:
            raise ValueError("until must be after start")
        return self


class _Piece(_Value):
    start: Instant
    end: Instant

    @field_validator("end")
    @classmethod
    def _ends_after_start(cls, end: datetime, info: ValidationInfo) -> datetime:
        start = info.data.get("start")
        if start is not None and end <= start:
            raise ValueError("must be after start")
        return end


class Span(_Piece):
    """A piece of duty from an imported calendar."""

    users: Users
    summary: str = ""


class Layer(_Value):
    """Rotations, or an imported calendar, or both at once, that answer for one level."""

    name: Name
    level: Level = 1
    """1 is told first."""
    rotations: tuple[Rotation, ...] = Field((), max_length=20)
    calendar: Name | None = None
    """Name of an imported calendar."""
    spans: tuple[Span, ...] = Field((), exclude=True)
    """What the calendar says; filled in by whoever loads it, no part of what is written down."""


class Override(_Piece):
    """Who is on call otherwise than the layers say, at one level, in `[start, end)`.

    - `replace`: these and nobody else, also where nobody was; with `replaces`, these in the place of that one person,
      whenever they are on call.
    - `add`: these, too.
    - `remove`: these not; without `users`, nobody at all.
    """

    id: UUID
    kind: Literal["replace", "add", "remove"] = "replace"
    level: Level = 1
    users: Users = ()
    replaces: Address | None = None
    reason: str = Field("", max_length=2000)
    created_by: str = Field("", max_length=255)

    @model_validator(mode="after")
    def _says_who(self) -> Self:
        if self.replaces is not None and self.kind != "replace":
            raise ValueError(f"replaces belongs to the kind replace, not to {self.kind}")
        if not self.users and self.kind != "remove":
            raise ValueError("users must name somebody; to leave nobody on call, write the kind remove without users")
        return self


class Holiday(_Value):
    """A day, from midnight to midnight in the schedule's zone."""

    date: Day
    name: Name

    @field_validator("date")
    @classmethod
    def _in_bounds(cls, day: Day) -> Day:
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValueError(f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}")
        return day


class Schedule(_Value):
    """Who is on call, by level. Later layers win over earlier ones of their level where they have somebody."""

    name: Name
    time_zone: ZoneName
    team: Name | None = None
    layers: tuple[Layer, ...] = Field(max_length=50)
    holidays: tuple[Holiday, ...] = Field((), max_length=1000)
    overrides: tuple[Override, ...] = Field((), exclude=True)
    """In the order in which they were made: later ones act on what earlier ones left."""

    @property
    def people(self) -> tuple[str, ...]:
        """Every address that is named as on call, or as replaced, each once, in the order of mention."""
        return tuple(dict.fromkeys(self._named()))

    def _named(self) -> Iterator[str]:
        for layer in self.layers:
            for rotation in layer.rotations:
                for group in rotation.participants:
                    yield from group
            for span in layer.spans:
                yield from span.users
        for override in self.overrides:
            yield from override.users
            if override.replaces is not None:
                yield override.replaces
