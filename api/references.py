"""`{id}` in a path: the UUID of an incident or `INC-42`."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path
from sqlalchemy import RowMapping

from api.problems import Problem
from api.requests import Parts
from db.incidents import find

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
    reference = parse_reference(id)
    if reference is not None:
        async with parts.sessions() as session:
            row = await find(session, reference)
        if row is not None:
            return row
    raise Problem(404, f"There is no incident {id}: name it by its UUID or as INC-42")


IncidentRow = Annotated[RowMapping, Depends(incident_row)]
