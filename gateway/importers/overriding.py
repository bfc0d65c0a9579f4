"""Overrides, and pieces of time in which something else than the rotations holds."""

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from typing import Literal, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from domain.schedule.schedule import Override


class Replacement(NamedTuple):
    """Somebody instead of those who would be on call, for a while; UTC-aware."""

    start: datetime
    end: datetime
    users: tuple[str, ...]
    kind: Literal["replace", "add", "remove"] = "replace"
    replaces: str | None = None


def overrides(replacements: Iterable[Replacement], now: datetime) -> tuple[Override, ...]:
    """The overrides that are not over, each with the same id however often a dump is read."""
    return tuple(
        Override(
            id=uuid5(NAMESPACE_URL, f"tocsin:imported:{one}"),
            start=one.start,
            end=one.end,
            kind=one.kind,
            users=one.users,
            replaces=one.replaces,
            reason="imported",
        )
        for one in replacements
        if one.end > now
    )


def instead(start: datetime, end: datetime, shifts: Iterable[Replacement]) -> list[Replacement]:
    """A span in which only some shifts hold, and nobody is on call between them; shifts may overlap."""
    inside = [one for one in shifts if one.start < end and one.end > start]
    edges = sorted({start, end, *(max(one.start, start) for one in inside), *(min(one.end, end) for one in inside)})
    found: list[Replacement] = []
    for begin, finish in pairwise(edges):
        users = dict.fromkeys(user for one in inside if one.start < finish and one.end > begin for user in one.users)
        found.append(Replacement(begin, finish, tuple(users), "replace" if users else "remove"))
    return found
