"""Which participant has which turn: one after the other, or whoever has carried the least so far.

A fair rotation is dealt out from its start on, always alike: each turn goes to the participant with the least load,
the first of them when several have it, never to somebody who had the turn before unless nobody else is there (turns
without any duty, outside all restricted hours, are passed over). The load of people together is the mean of theirs.
Loads are reckoned in wall-clock hours, as if clocks never changed: the hour that a change adds or takes does not
reorder people for the rest of the year. Turns before the start go backwards in plain order, and so do those after the
first 65,536, when everybody has carried the same for years.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.schedule.hours import Seconds, split
from domain.schedule.schedule import Fairness, Rotation, distinct
from domain.schedule.turns import as_if_utc, hand_off, local_start, number_at
from domain.schedule.windows import windows
from domain.wall_clock import zone_of

MOST_FAIR_TURNS = 65_536
LAST_FAIR_YEAR = 2999
_UTC = zone_of("UTC")

People = tuple[str, ...]


def assignment(rotation: Rotation, zone: ZoneInfo, holidays: frozenset[date]) -> Callable[[int], People]:
    """Who has a turn, by its number; each person once."""
    groups = rotation.participants

    def in_turn(number: int) -> People:
        return distinct(groups[number % len(groups)])

    def fair(number: int) -> People:
        dealt = _dealt(deal, _size(number)) if 0 <= number < MOST_FAIR_TURNS else b""
        return distinct(groups[dealt[number]]) if 0 <= number < len(dealt) else in_turn(number)

    if rotation.assignment == "in_turn":
        return in_turn
    deal = _Deal(rotation.model_dump_json(), local_start(rotation, zone), holidays)
    return fair


class _Deal(NamedTuple):
    """All that decides how turns are dealt out, hashable."""

    rotation: str
    """As JSON."""
    first: datetime
    """The first hand-off in wall-clock time."""
    holidays: frozenset[date]


def _size(number: int) -> int:
    """How many turns to deal out at once, to know this one: so that a thousand questions need few dealings."""
    return 1 << number.bit_length()


@lru_cache(maxsize=256)
def _dealt(deal: _Deal, size: int) -> bytes:
    """The positions of the participants who have the first turns, up to so many; fewer where years have no end."""
    rotation = Rotation.model_validate_json(deal.rotation)
    groups = [distinct(group) for group in rotation.participants]
    loads = [_brought_along(group, rotation.weights) for group in groups]
    shares, successors = _shares(groups), _successors(groups)
    cost = _costs(rotation, deal.first, deal.holidays)
    result = bytearray()
    allowed: Sequence[int] = range(len(groups))
    for number in range(size):
        if hand_off(rotation, deal.first, number).year > LAST_FAIR_YEAR:
            break
        chosen = min(allowed, key=loads.__getitem__)
        result.append(chosen)
        load = cost(number)
        for position, share in shares[chosen]:
            loads[position] += load * share
        if load:  # a turn in which the rotation rests is nobody's rest
            allowed = successors[chosen]
    return bytes(result)


def _brought_along(group: People, weights: Fairness) -> float:
    """Weighted seconds that people have carried before, their mean."""
    past = {address.casefold(): hours for address, hours in weights.past.items()}
    return round(sum(past.get(address.casefold(), 0) for address in group) * 3600 / max(1, len(group)))


def _shares(groups: list[People]) -> list[list[tuple[int, float]]]:
    """For each participant, whose mean load grows with a turn of theirs, and by which part of it."""
    people = [{address.casefold() for address in group} for group in groups]
    return [
        [
            (position, len(mine & theirs) / len(theirs) if theirs else 1)
            for position, theirs in enumerate(people)
            if mine & theirs or position == own
        ]
        for own, mine in enumerate(people)
    ]


def _successors(groups: list[People]) -> list[Sequence[int]]:
    """For each participant, who may follow: those without a common member, else all the others, else they again."""
    people = [{address.casefold() for address in group} for group in groups]
    found: list[Sequence[int]] = []
    for own, mine in enumerate(people):
        others = [position for position in range(len(people)) if position != own]
        found.append([position for position in others if not mine & people[position]] or others or range(1))
    return found


def _costs(rotation: Rotation, first: datetime, holidays: frozenset[date]) -> Callable[[int], int]:
    """The load of a turn by its number, in weighted seconds.

    Outside holidays, turns that begin on the same weekday at the same time weigh the same, months apart.
    """
    known: dict[tuple[int, time], int] = {}
    special = _near(rotation, first, holidays)

    def cost(number: int) -> int:
        begin = hand_off(rotation, first, number)
        if rotation.kind == "monthly" or number in special:
            return _load(rotation, begin, hand_off(rotation, first, number + 1), holidays)
        key = begin.weekday(), begin.time()
        if key not in known:
            known[key] = _load(rotation, begin, hand_off(rotation, first, number + 1), holidays)
        return known[key]

    return cost


def _near(rotation: Rotation, first: datetime, holidays: frozenset[date]) -> frozenset[int]:
    """The turns that have to do with a holiday, which reaches into the next day where a window crosses midnight."""
    numbers: set[int] = set()
    for holiday in sorted(holidays):
        begin = datetime.combine(holiday, time())
        last = number_at(rotation, first, begin + timedelta(days=2))
        numbers.update(range(number_at(rotation, first, begin), last + 1))
    return frozenset(numbers)


def _load(rotation: Rotation, begin: datetime, end: datetime, holidays: frozenset[date]) -> int:
    """The weighted seconds on duty between two wall-clock times, for each who has the turn."""
    awake = windows(rotation.restrictions, _UTC, holidays, as_if_utc(begin), as_if_utc(end))
    seconds = sum((split(start, finish, _UTC, holidays) for start, finish in awake), Seconds())
    weights = rotation.weights
    return round(
        seconds.total
        + weights.night_weight * seconds.night
        + weights.weekend_weight * seconds.weekend
        + weights.holiday_weight * seconds.holiday
    )
