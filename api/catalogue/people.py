"""People: everybody edits their own profile, managers edit those of others, and only admins make admins."""

from collections.abc import Mapping
from typing import Any

from api.catalogue.addresses import require_address
from api.catalogue.kind import Kind, manages
from api.container import Container
from api.problems import Problem
from db.access import Principal
from db.catalogue.entries import EntryRow
from domain.catalogue import Catalogue, User
from domain.channels import ChannelName
from domain.roles import RANK

OWN = ("name", "time_zone", "language", "notification_rules", "quiet_hours", "days_away")
"""What everybody may change of themselves."""


class People(Kind[User]):
    """`/users/`."""

    searched = ("email", "name")
    filters = ("role",)

    def reference(self, caller: Principal, reference: str) -> str:
        """`me` is whoever asks."""
        return str(caller.id) if reference == "me" else super().reference(caller, reference)

    def require(self, caller: Principal, reference: str | None = None) -> None:
        """Somebody who may not edit the catalogue may at most be changing themselves: `check` sees whom."""
        if reference is None or not is_self(caller, reference):
            super().require(caller, reference)

    def check(self, caller: Principal, before: User | None, after: User | None, catalogue: Catalogue) -> None:
        """Roles are given by those who have them; somebody must be able to give them; oneself is not locked out."""
        if not manages(caller):
            _require_own(before, after)
            return
        for user in (before, after):
            if user is not None:
                require_rank(caller, user)
        others = [user for user in catalogue.users if user != before and user.role == "admin" and user.is_active]
        was_admin = before is not None and before.role == "admin" and before.is_active
        still_admin = after is not None and after.role == "admin" and after.is_active
        if was_admin and not still_admin and not others:
            raise Problem(409, "This is the last admin: make another one first")

    def shown(self, caller: Principal, row: EntryRow, entry: User, catalogue: Catalogue) -> dict[str, Any]:
        """Addresses in full for those who may edit them; for others that there is one."""
        value = super().shown(caller, row, entry, catalogue)
        if not (manages(caller) or is_self(caller, entry.email)):
            for method in value["contact_methods"]:
                method["address"] = masked(method["channel"], method["address"])
        return value

    def read(self, body: Mapping[str, Any], catalogue: Catalogue) -> User:
        """Addresses of contact methods are checked for their channels."""
        user = super().read(body, catalogue)
        for place, method in enumerate(user.contact_methods):
            require_address(method.channel, method.address, f"contact_methods.{place}.address")
        return user

    def changed(self, parts: Container) -> None:
        """A role or a deactivation holds at once in this process."""
        parts.credentials.forget()


def is_self(caller: Principal, reference: str) -> bool:
    """Whether a path means whoever asks."""
    return reference in ("me", caller.email, str(caller.id))


def require_rank(caller: Principal, user: User) -> None:
    """Return when a person's role is no greater than the caller's.

    Raises:
        Problem: 403.
    """
    if RANK[user.role] > RANK[caller.role]:
        raise Problem(403, f"Your role '{caller.role}' may not make, change or delete an {user.role}")


def masked(channel: str, address: str) -> str:
    """Enough of an address to know which it is."""
    if channel == ChannelName.EMAIL:
        name, _, domain = address.partition("@")
        return f"{name[:1]}…@{domain}"
    return f"…{address[-2:]}"


def _require_own(before: User | None, after: User | None) -> None:
    if before is None or after is None:
        raise Problem(403, "To make or delete people takes the permission 'manage'")
    kept = before.model_dump(exclude=set(OWN))
    for field, value in after.model_dump(exclude=set(OWN)).items():
        if value != kept[field]:
            allowed = ", ".join(OWN)
            raise Problem.of_field(field, f"takes the permission 'manage'; of yourself you may change {allowed}", 403)


PEOPLE = People("users", User)
