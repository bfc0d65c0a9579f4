"""Who claims to be on call by a layer: its rotations, and the spans of its calendar."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from domain.schedule.assignment import assignment
from domain.schedule.pieces import Piece
from domain.schedule.schedule import Layer, Rotation, distinct
from domain.schedule.turns import turns
from domain.schedule.windows import windows


def claims(
    layer: Layer, zone: ZoneInfo, holidays: frozenset[date], start: datetime, end: datetime
) -> list[list[Piece]]:
    """For each rotation of the layer, and for its calendar, who is on call by it in `[start, end)`, clipped."""
    found = [list(_duty(rotation, layer.name, zone, holidays, start, end)) for rotation in layer.rotations]
    if layer.spans:
        found.append(list(_imported(layer, start, end)))
    return found


def _duty(
    rotation: Rotation, layer: str, zone: ZoneInfo, holidays: frozenset[date], start: datetime, end: datetime
) -> Iterator[Piece]:
    """Turn by turn, where the rotation is awake."""
    if rotation.until is not None:
        end = min(end, rotation.until.astimezone(UTC))
    if start >= end:
        return
    who = assignment(rotation, zone, holidays)
    awake = windows(rotation.restrictions, zone, holidays, start, end)
    first = 0
    for turn in turns(rotation, zone, start, end):
        users = who(turn.number)
        while first < len(awake) and awake[first][1] <= turn.start:
            first += 1
        for begin, finish in awake[first:] if users else ():
            if begin >= turn.end:
                break
            yield Piece(max(begin, turn.start), min(finish, turn.end), users, layer)


def _imported(layer: Layer, start: datetime, end: datetime) -> Iterator[Piece]:
    for span in layer.spans:
        if span.users and span.start < end and span.end > start:
            begin, finish = span.start.astimezone(UTC), span.end.astimezone(UTC)
            yield Piece(max(begin, start), min(finish, end), distinct(span.users), layer.name)
