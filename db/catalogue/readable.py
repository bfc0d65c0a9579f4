"""Entries out of rows that may not be valid any more: by rules or zone files of another version, or by hand.

One such row must not keep everybody from being paged, so it is logged as an error and:

- of a person, a team, a service or a scope what can be read is kept; the rest is as if it were not said, so a time zone
  is UTC. They are told, though perhaps not by the channel or at the hour that they would choose.
- policies, schedules, routes, overrides and pieces of imported calendars are left out whole: half of one would silently
  mean other people. Instead the rules hold for what is not there: another policy, a gap of which the lint knows.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel, ValidationError

logger = structlog.get_logger(__name__)

ValueT = TypeVar("ValueT", bound=BaseModel)


def whole(kind: type[ValueT], values: Mapping[str, Any], name: str) -> ValueT | None:
    """The value, or None when it is not valid.

    Args:
        kind: what it is to be.
        values: of the row.
        name: how the log calls it.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        _log(kind, name, error, "left out")
        return None


def in_part(kind: type[ValueT], values: Mapping[str, Any], name: str) -> ValueT | None:
    """The value without what of it is not valid, be it a field or an item of a list; None when too little is left.

    The arguments are those of `whole`.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        _log(kind, name, error, "read in part")
        return whole(kind, _without([one["loc"] for one in error.errors()], values), name)


def _without(places: list[tuple[int | str, ...]], values: Mapping[str, Any]) -> dict[str, Any]:
    kept = dict(values)
    for field in dict.fromkeys(str(place[0]) for place in places if place):
        items = [place[1] if len(place) > 1 else None for place in places if place[:1] == (field,)]
        value = kept.pop(field, None)
        if isinstance(value, list) and all(isinstance(item, int) for item in items):
            kept[field] = [one for number, one in enumerate(value) if number not in items]
    return kept


def _log(kind: type[BaseModel], name: str, error: ValidationError, outcome: str) -> None:
    faults = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False)[:10]]
    logger.error("catalogue: not valid, " + outcome, kind=kind.__name__, name=name, faults=faults)
