"""Adds a row that somebody may send twice."""

from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import MaintenanceWindow, Silence

Row = TypeVar("Row", Silence, MaintenanceWindow)


async def added_once(session: AsyncSession, row: Row) -> Row:
    """Add a row with its id, whole as it is stored; one that is there under this id is given back instead."""
    kind, id = type(row), row.id
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return await session.get_one(kind, id)
    await session.refresh(row)
    return row
