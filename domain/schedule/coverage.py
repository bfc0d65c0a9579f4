"""What is odd about a schedule: times with nobody, times with several claims, people with too much."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from domain.schedule.claims import claims
from domain.schedule.fairness import Load
from domain.schedule.pieces import Piece, merged, together
from domain.schedule.schedule import Layer, Schedule
from domain.schedule.shifts import in_utc, shifts
from domain.wall_clock import zone_of


class Overlap(BaseModel):
    """A time, `[start, end)` in UTC, for which more than one rotation or calendar of a level has somebody."""

    model_config = ConfigDict(frozen=True)

    start: datetime
    end: datetime
    level: int
    layers: tuple[str, ...]
    """One name for each that claims the time, in the order of the schedule; two of one layer are on call together."""
    hidden: tuple[str, ...]
    """The layers among them that lose against the last."""


Measure = Literal["hours", "night_hours", "weekend_hours"]
_WORDS: dict[Measure, str] = {"hours": "", "night_hours": " at night", "weekend_hours": " at weekends"}


class Unfair(BaseModel):
    """Somebody whose load is far from the mean."""

    model_config = ConfigDict(frozen=True)

    user: str
    measure: Measure
    hours: float
    mean: float

    @property
    def sentence(self) -> str:
        """For people."""
        share = abs(self.hours / self.mean - 1)
        than = "more" if self.hours > self.mean else "less"
        words = _WORDS[self.measure]
        return (
            f"{self.user} is on call {self.hours:.0f} h{words}, {share:.0%} {than} than the mean of {self.mean:.0f} h"
        )


def gaps(
    schedule: Schedule, start: datetime, end: datetime, level: int = 1, absent: Collection[str] = ()
) -> list[tuple[datetime, datetime]]:
    """Starts and ends, in UTC, of the times in `[start, end)` at which nobody is on call at a level.

    Those who are `absent`, by their addresses as the schedule has them, are nobody: they are never told.
    """
    found: list[tuple[datetime, datetime]] = []
    covered, end = in_utc(start), in_utc(end)
    for shift in shifts(schedule, start, end):
        if shift.level == level and any(user not in absent for user in shift.users):
            if covered < shift.start:
                found.append((covered, shift.start))
            covered = shift.end
    return [*found, (covered, end)] if covered < end else found


def overlaps(schedule: Schedule, start: datetime, end: datetime, level: int = 1) -> list[Overlap]:
    """The times in `[start, end)` that are claimed more than once, before overrides; each with those who claim it."""
    found: list[Overlap] = []
    for piece, layers in _claimed(schedule, in_utc(start), in_utc(end), level):
        if len(layers) > 1:
            names = tuple(schedule.layers[number].name for number in layers)
            hidden = dict.fromkeys(schedule.layers[number].name for number in layers if number != layers[-1])
            found.append(Overlap(start=piece.start, end=piece.end, level=level, layers=names, hidden=tuple(hidden)))
    return found


def hidden_layers(schedule: Schedule, start: datetime, end: datetime, level: int = 1) -> list[Layer]:
    """The layers that have somebody in `[start, end)`, but only when a later one has, too: nobody sees them."""
    claiming: set[int] = set()
    winning: set[int] = set()
    for _, layers in _claimed(schedule, in_utc(start), in_utc(end), level):
        claiming.update(layers)
        winning.add(layers[-1])
    return [schedule.layers[number] for number in sorted(claiming - winning)]


def unfair(loads: Mapping[str, Load], tolerance: float = 0.5) -> list[Unfair]:
    """Whose hours, nights or weekends differ from the mean of all by more than this part of it.

    Only those who are in `loads` count: give people without any shift a load of nothing to have them counted.
    """
    found: list[Unfair] = []
    for measure in get_args(Measure):
        hours = {user: float(getattr(load, measure)) for user, load in loads.items()}
        mean = sum(hours.values()) / max(1, len(hours))
        found += [
            Unfair(user=user, measure=measure, hours=own, mean=mean)
            for user, own in hours.items()
            if abs(own - mean) > tolerance * mean
        ]
    return found


def _claimed(schedule: Schedule, start: datetime, end: datetime, level: int) -> Iterator[tuple[Piece, list[int]]]:
    """The times at which somebody is claimed to be on call, with the positions of the layers, once for each claim."""
    zone = zone_of(schedule.time_zone)
    holidays = frozenset(holiday.date for holiday in schedule.holidays)
    pieces: list[Piece] = []
    layers: list[int] = []
    for number, layer in enumerate(schedule.layers):
        for claim in claims(layer, zone, holidays, start, end) if layer.level == level else ():
            # The claims stand in for people: who claims a time together is found as who is on call together.
            pieces += [piece._replace(users=(str(len(layers)),), layer="") for piece in claim]
            layers.append(number)
    for piece in merged(together(pieces)):
        yield piece, [layers[int(claim)] for claim in piece.users]
