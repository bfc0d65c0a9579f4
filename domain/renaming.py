"""Another name for an entry of the catalogue: whatever names it follows."""

from collections.abc import Mapping
from typing import Any

from domain.catalogue import KINDS, Catalogue, name_of
from domain.policy import Policy
from domain.target import People, Person

_NAMED_IN: Mapping[str, frozenset[str]] = {
    "users": frozenset({"email", "emails", "members", "manager", "on_call", "owner", "participants", "past"}),
    "teams": frozenset({"team", "teams"}),
    "schedules": frozenset({"schedule"}),
    "policies": frozenset({"policy", "policies"}),
    "services": frozenset({"depends_on", "services"}),
    "scopes": frozenset({"scopes"}),
    "routes": frozenset(),
}
"""The fields in which entries of each kind are named."""

NAMED_BY_POLICIES = ("users", "teams", "schedules")
"""The kinds whose entries a policy asks for by name: under another name, it would find nobody."""


def named_by(policy: Policy, kind: str) -> frozenset[str]:
    """The people, by their addresses, the teams or the schedules that a policy names: in targets, waits, as its owner.

    Args:
        policy: of the catalogue, or one that an incident keeps.
        kind: one of `NAMED_BY_POLICIES`.
    """
    targets = policy.targets()
    if kind == "schedules":
        return frozenset(policy.schedules())
    if kind == "teams":
        return frozenset(team for target in targets if (team := getattr(target, "team", None)))
    people = {target.email for target in targets if isinstance(target, Person)}
    people |= {email for target in targets if isinstance(target, People) for email in target.emails}
    return frozenset(people | {policy.owner} if policy.owner else people)


def renamed(catalogue: Catalogue, kind: str, old: str, new: str) -> Catalogue:
    """The catalogue with another name for one entry, and with that name wherever it was named.

    Args:
        catalogue: all of it.
        kind: such as `teams`.
        old: the name, or of a person the e-mail address, until now.
        new: the name from now on; nothing else has it.
    """
    fields = _NAMED_IN[kind]
    own = "email" if kind == "users" else "name"

    def value(one: Any, field: str) -> Any:
        if isinstance(one, str):
            return new if one == old and field in fields else one
        if isinstance(one, list):
            return [value(part, field) for part in one]
        if isinstance(one, dict):
            return {_key(key, field): value(part, _field(key, field, part)) for key, part in one.items()}
        return one

    def _key(key: str, field: str) -> str:
        return new if field == "past" and kind == "users" and key == old else key

    changed: dict[str, Any] = {}
    for each in KINDS:
        entries = []
        for entry in getattr(catalogue, each):
            before = entry.model_dump(mode="json", by_alias=True)
            after = {key: value(part, key) for key, part in before.items()}
            if each == kind and name_of(entry) == old:
                after[own] = new
            entries.append(entry if after == before else type(entry).model_validate(after))
        changed[each] = tuple(entries)
    return catalogue.model_copy(update=changed)


def _field(key: str, field: str, part: Any) -> str:
    """`{"policies": {"SEV1_CRITICAL": "fast"}}`: a text under a key of its own belongs to the field above."""
    return field if field == "policies" and isinstance(part, str) else key
