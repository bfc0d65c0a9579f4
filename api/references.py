"""`{id}` in a path: the UUID of an incident or `INC-42`; the id or the name of a source."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path
from sqlalchemy import RowMapping

from api.container import Container
from api.problems import Problem
from api.requests import Parts
from db.house import find_source
from db.incidents import find
from db.models import Source

_SHORT = re.compile(r"INC-(\d{1,18})", re.IGNORECASE | re.ASCII)


def parse_reference(reference: str) -> UUID | int | None:
    """The id or the number that is meant; None when it is neither."""
    short = _SHORT.fullmatch(reference)
    if short:
        return int(short.group(1))
    try:
        return UUID(reference)
    except ValueError:
        return None


async def incident_row(
    parts: Parts, id: Annotated[str, Path(max_length=100, description="UUID or `INC-42`")]
) -> RowMapping:
    """The incident of a path.

    Raises:
        Problem: there is none.
    """
    row = await named_incident(parts, id)
    if row is None:
        raise Problem(404, f"There is no incident {id}: name it by its UUID or as INC-42")
    return row


async def named_incident(parts: Container, name: str) -> RowMapping | None:
    """The incident that is meant, if there is one."""
    reference = parse_reference(name)
    if reference is None:
        return None
    async with parts.sessions() as session:
        return await find(session, reference)


IncidentRow = Annotated[RowMapping, Depends(incident_row)]


async def source_row(parts: Container, reference: str) -> Source:
    """A source by its id or name.

    Raises:
        Problem: there is none.
    """
    async with parts.sessions() as session:
        found = await find_source(session, reference.replace("\x00", ""))
    if found is None:
        raise Problem(404, f"There is no source {reference}: name it by its id or its name")
    return found
