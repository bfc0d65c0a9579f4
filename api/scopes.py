"""Impact scopes must be of the catalogue."""

from collections.abc import Sequence

from sqlalchemy import select

from api.container import Container
from api.problems import Problem
from db.models import Scope


async def require_scopes(parts: Container, names: Sequence[str]) -> None:
    """Return when every name is an active scope.

    Raises:
        Problem: one is not; it says which there are.
    """
    if not names:
        return
    async with parts.sessions() as session:
        known = (await session.scalars(select(Scope.name).where(Scope.is_active).order_by(Scope.name))).all()
    unknown = [name for name in names if name not in known]
    if unknown:
        there_are = ", ".join(known) or "none yet"
        raise Problem.of_field("impacted_scopes", f"there is no scope '{unknown[0]}'; there are: {there_are}")
