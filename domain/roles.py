"""Who may do what (REQUIREMENTS R-C-18)."""

from enum import Enum


class Permission(Enum):
    """Something that not everybody may do."""

    READ = "read"
    ACKNOWLEDGE = "acknowledge"
    COMMENT = "comment"
    RESPOND = "respond"
    """Create, mitigate, resolve, escalate, snooze, reassign, amend, ask others, repair, merge, split."""
    MANAGE = "manage"
    """Edit the catalogue."""


_VIEWER = frozenset({Permission.READ})
_OPERATOR = _VIEWER | {Permission.ACKNOWLEDGE, Permission.COMMENT}
_RESPONDER = _OPERATOR | {Permission.RESPOND}
_MANAGER = _RESPONDER | {Permission.MANAGE}

ROLES: dict[str, frozenset[Permission]] = {
    "viewer": _VIEWER,
    "operator": _OPERATOR,
    "responder": _RESPONDER,
    "manager": _MANAGER,
    "admin": _MANAGER,
}

RANK: dict[str, int] = {role: rank for rank, role in enumerate(ROLES)}
"""The roles from the least to the greatest: nobody gives one that is greater than their own."""


def ranks(role: str, other: str) -> bool:
    """Whether a role is no less than another one: who has it may change who has the other."""
    return RANK[role] >= RANK[other]


_FOR_COMMAND = {
    "acknowledge": Permission.ACKNOWLEDGE,
    "comment": Permission.COMMENT,
    "answer_call": Permission.READ,  # whoever was asked may answer, and nobody else: the incident knows
}
_LEADS_OWN = frozenset({"acknowledge", "resolve"})


def may(role: str, permission: Permission) -> bool:
    """Whether a role has a permission."""
    return permission in ROLES.get(role, frozenset())


def may_command(role: str, command: str, *, is_lead: bool) -> bool:
    """Whether somebody may give a command; an incident's lead may always acknowledge and resolve it."""
    if is_lead and command in _LEADS_OWN:
        return True
    return may(role, _FOR_COMMAND.get(command, Permission.RESPOND))
