"""Open incidents that hold on to a name: what they keep does not follow when the catalogue calls it otherwise."""

from typing import Any

from sqlalchemy import any_, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession

from db.catalogue.entries import OPEN
from db.models import Incident
from domain.policy import Policy
from domain.renaming import NAMED_BY_POLICIES, named_by


async def open_incidents_naming(session: AsyncSession, kind: str, name: str) -> list[str]:
    """The open incidents, such as `INC-42`, whose kept policy names an entry, or in which a person has a part.

    Args:
        session: of one transaction.
        kind: such as `teams`.
        name: of the entry, or of a person the e-mail address.
    """
    if kind not in NAMED_BY_POLICIES:
        return []
    # Many incidents climb by few policies: each is read once.
    kept = select(Incident.policy, func.array_agg(Incident.number)).where(OPEN).group_by(Incident.policy)
    numbers: set[int] = set()
    for policy, climbing in await session.execute(kept):
        if policy is not None and name in named_by(Policy.model_validate(policy), kind):
            numbers.update(climbing)
    if kind == "users":
        numbers.update(await session.scalars(select(Incident.number).where(OPEN, _has_a_part(name))))
    return [f"INC-{number}" for number in sorted(numbers)]


def _has_a_part(email: str) -> Any:
    """Leads it, was asked to join, has a role, has acknowledged it, or is told first."""
    holds_a_role = cast("$.* ? (@ == $email)", JSONPATH)
    return or_(
        Incident.lead == email,
        Incident.acknowledged_by == email,
        Incident.ladder_first_to == email,
        literal(email) == any_(Incident.acknowledgements),
        Incident.responders.has_key(email),
        func.jsonb_path_exists(Incident.roles, holds_a_role, func.jsonb_build_object("email", email)),
    )
