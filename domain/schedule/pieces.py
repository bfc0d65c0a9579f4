"""Pieces of time with people: put together, one over the other, cut out, joined.

Everything here takes and gives lists in order of time, in which no piece overlaps another; except for claims, which
may overlap and come in the order in which their people are named.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from domain.schedule.schedule import distinct


class Piece(NamedTuple):
    """Who is on call in `[start, end)`, UTC, and by which layer."""

    start: datetime
    end: datetime
    users: tuple[str, ...]
    layer: str
    override: bool = False


def together(claims: list[Piece]) -> list[Piece]:
    """All who claim, at any time; cut wherever one of them begins or ends. Claims are of one layer."""
    begins: dict[datetime, list[int]] = defaultdict(list)
    ends: dict[datetime, list[int]] = defaultdict(list)
    for number, claim in enumerate(claims):
        begins[claim.start].append(number)
        ends[claim.end].append(number)
    found: list[Piece] = []
    active: set[int] = set()
    for start, end in pairwise(sorted(begins.keys() | ends.keys())):
        active.difference_update(ends.get(start, ()))
        active.update(begins.get(start, ()))
        if active:
            users = distinct(user for number in sorted(active) for user in claims[number].users)
            found.append(Piece(start, end, users, claims[min(active)].layer))
    return found


def over(lower: list[Piece], upper: list[Piece]) -> list[Piece]:
    """The upper ones, and where they leave time, the lower ones."""
    return sorted(upper + outside(lower, upper)) if upper else lower


def outside(pieces: list[Piece], blocks: list[Piece]) -> list[Piece]:
    """What of the pieces lies in no block."""
    left: list[Piece] = []
    first = 0
    for piece in pieces:
        start = piece.start
        while first < len(blocks) and blocks[first].end <= start:
            first += 1
        number = first
        while number < len(blocks) and blocks[number].start < piece.end:
            if start < blocks[number].start:
                left.append(piece._replace(start=start, end=blocks[number].start))
            start, number = blocks[number].end, number + 1
        if start < piece.end:
            left.append(piece._replace(start=start))
    return left


def inside(pieces: Iterable[Piece], start: datetime, end: datetime) -> list[Piece]:
    """What of the pieces lies in a span of time."""
    clipped = (piece._replace(start=max(piece.start, start), end=min(piece.end, end)) for piece in pieces)
    return [piece for piece in clipped if piece.start < piece.end]


def merged(pieces: Iterable[Piece]) -> list[Piece]:
    """The same with as few pieces as can be."""
    result: list[Piece] = []
    for piece in pieces:
        if result and result[-1].end == piece.start and result[-1][2:] == piece[2:]:
            result[-1] = result[-1]._replace(end=piece.end)
        else:
            result.append(piece)
    return result
