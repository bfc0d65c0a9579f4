"""Who may change what of a schedule's duty, and whether the people in it are there."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from api.problems import Problem
from db.access import Principal
from domain.catalogue import Catalogue
from domain.roles import Permission, may
from domain.schedule.schedule import Override

JUST_NOW = timedelta(minutes=15)
"""A form that says "from now on" may be open for a while before it is sent."""


def require_active(catalogue: Catalogue, emails: Iterable[str], field: str) -> None:
    """See that people exist and are active.

    Raises:
        Problem: naming the first who is not.
    """
    for email in emails:
        user = catalogue.user_named.get(email)
        if user is None:
            raise Problem.of_field(field, f"there is no user '{email}'")
        if not user.is_active:
            raise Problem.of_field(field, f"{email} is not active any more")


def require_known(catalogue: Catalogue, email: str | None, field: str) -> None:
    """See that somebody exists, also when they have left.

    Raises:
        Problem: they do not.
    """
    if email is not None and email not in catalogue.user_named:
        raise Problem.of_field(field, f"there is no user '{email}'")


def require_may_override(caller: Principal, override: Override) -> None:
    """Responders may override any duty; an operator their own, by somebody in their place.

    Raises:
        Problem: neither.
    """
    own = override.kind == "replace" and override.replaces == caller.email
    if may(caller.role, Permission.RESPOND) or (own and may(caller.role, Permission.ACKNOWLEDGE)):
        return
    raise Problem(
        403,
        f"Your role '{caller.role}' may not override other people's duty: it takes the permission "
        f"'{Permission.RESPOND.value}'",
    )


def require_may_change_past(caller: Principal, since: datetime, field: str = "start") -> None:
    """See that somebody who is no manager leaves alone what was: loads and reports go by who was on call.

    Args:
        caller: who makes or takes back an override, or asks for a swap.
        since: the first instant that it changes, aware.
        field: which says that instant.

    Raises:
        Problem: it is over.
    """
    if not may(caller.role, Permission.MANAGE) and since < datetime.now(UTC) - JUST_NOW:
        raise Problem.of_field(field, "lies in the past: who was on call then is for a manager to say", 403)
