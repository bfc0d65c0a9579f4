"""People: everybody edits their own profile, managers edit those of others, and only admins make admins."""

from collections.abc import Mapping
from typing import Any

from api.catalogue.addresses import as_dialled, require_address
from api.catalogue.kind import Kind, manages
from api.container import Container
from api.problems import Problem
from db.access import Principal
from db.catalogue.entries import EntryRow
from domain.catalogue import Catalogue, User
from domain.changes import settled_person
from domain.channels import ChannelName
from domain.roles import ranks

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
        """Roles are given by those who have them; nobody locks themselves out."""
        if not manages(caller):
            _require_own(before, after)
            return
        for user in (before, after):
            if user is not None:
                require_rank(caller, user.role)
        if before is not None and before.email == caller.email and before.is_active:
            if after is None:
                raise Problem(409, "You cannot delete yourself: let another manager do it")
            if not after.is_active:
                raise Problem.of_field("is_active", "you cannot lock yourself out: let another manager do it", 409)

    def shown(self, caller: Principal, row: EntryRow, entry: User, catalogue: Catalogue) -> dict[str, Any]:
        """Addresses in full for those who may edit them; for others that there is one."""
        value = super().shown(caller, row, entry, catalogue)
        if not (manages(caller) or is_self(caller, entry.email)):
            for method in value["contact_methods"]:
                method["address"] = masked(method["channel"], method["address"])
        return value

    def read(self, body: Mapping[str, Any], catalogue: Catalogue) -> User:
        """Addresses of contact methods are checked for their channels."""
        return with_addresses(super().read(body, catalogue), "contact_methods")

    def settled(self, before: User, after: User) -> User:
        """An address that is verified stays so while nobody says otherwise, as files have it."""
        return settled_person(before, after)

    def changed(self, parts: Container) -> None:
        """A role or a deactivation holds at once in this process."""
        parts.credentials.forget()


def is_self(caller: Principal, reference: str) -> bool:
    """Whether a path means whoever asks."""
    return reference in ("me", caller.email, str(caller.id))


def require_rank(caller: Principal, role: str) -> None:
    """Return when a person's role is no greater than the caller's.

    Raises:
        Problem: 403.
    """
    if not ranks(caller.role, role):
        raise Problem(403, f"Your role '{caller.role}' may not make, change or delete an {role}")


def may_change_person(caller: Principal, user: User | None) -> bool:
    """Whether the caller may edit somebody; of an address that is nobody's, whether they may edit people at all."""
    return manages(caller) and (user is None or ranks(caller.role, user.role))


def with_addresses(user: User, field: str) -> User:
    """A person with telephone numbers as they are dialled.

    Args:
        user: as somebody wrote them.
        field: where their contact methods are in what was sent.

    Raises:
        Problem: 422 naming the address that is none of its channel, or is there twice.
    """
    seen: set[tuple[str, str]] = set()
    methods = []
    for place, method in enumerate(user.contact_methods):
        address = as_dialled(method.channel, method.address)
        require_address(method.channel, address, f"{field}.{place}.address")
        if (method.channel, address) in seen:
            raise Problem.of_field(f"{field}.{place}.address", f"{method.channel} to '{address}' is there twice")
        seen.add((method.channel, address))
        methods.append(method.model_copy(update={"address": address}))
    # A copy counts what it is given as said: who said nothing of contact methods goes on to say nothing.
    return user.model_copy(update={"contact_methods": tuple(methods)}) if methods else user


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
