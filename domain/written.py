"""Catalogue entries as somebody would write them down: what is at its default is left out, order is settled."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from domain.catalogue import KINDS, Catalogue, Entry, Service, Team, User, name_of

THEIR_OWN = (
    "role", "is_active", "language", "time_zone",
    "contact_methods", "notification_rules", "quiet_hours", "days_away",
)  # fmt: skip
"""What of a person stays as it is when a file does not say it: nobody loses a telephone, or a role, silently. So it is
written down also at its default: what was exported restores it."""

_RUNG_BY_DEFAULT = "notify"
_FIRST = {"kind": 0, "email": 1, "name": 2}
"""What says which one it is comes before the rest."""


def written(entry: Entry) -> dict[str, Any]:
    """JSON values of an entry without its defaults; taken from a file they give the same entry again."""
    settled = in_order(entry)
    dumped = settled.model_dump(mode="json", by_alias=True)
    plain = _short(settled, dumped)
    assert isinstance(plain, dict)
    if isinstance(entry, User):
        plain |= {name: dumped[name] for name in THEIR_OWN if name not in plain}
        plain["contact_methods"] = dumped["contact_methods"]  # whether each is verified is theirs as well
    return plain


def all_written(catalogue: Catalogue) -> dict[str, list[dict[str, Any]]]:
    """A whole catalogue by names, routes in their own order; kinds without entries are left out."""
    found = {}
    for kind in KINDS:
        entries: Sequence[Entry] = getattr(catalogue, kind)
        ordered = entries if kind == "routes" else sorted(entries, key=name_of)
        if ordered:
            found[kind] = [written(entry) for entry in ordered]
    return found


def in_order(entry: Entry) -> Entry:
    """The same entry, with what has no order of its own in the order of its names."""
    if isinstance(entry, Team):
        return entry.model_copy(update={"members": tuple(sorted(set(entry.members)))})
    if isinstance(entry, Service):
        return entry.model_copy(update={"depends_on": tuple(sorted(set(entry.depends_on)))})
    if isinstance(entry, User):
        methods = sorted(entry.contact_methods, key=lambda method: (method.channel, method.address))
        return entry.model_copy(update={"contact_methods": tuple(methods)})
    return entry


def _short(value: Any, dumped: Any) -> Any:
    """Without what is at its default. A target's `kind` is a default, too, but says what it is."""
    if isinstance(value, BaseModel):
        kept = {}
        for name, field in type(value).model_fields.items():
            key = field.serialization_alias or field.alias or name
            if key not in dumped:
                continue
            own = getattr(value, name)
            says_what = name == "kind" and own != _RUNG_BY_DEFAULT
            if says_what or field.is_required() or own != field.get_default(call_default_factory=True):
                kept[key] = _short(own, dumped[key])
        return dict(sorted(kept.items(), key=lambda pair: _FIRST.get(pair[0], len(_FIRST))))
    if isinstance(value, tuple | list):
        return [_short(part, plain) for part, plain in zip(value, dumped, strict=True)]
    if isinstance(value, Mapping):
        return {key: _short(part, dumped[str(key)]) for key, part in value.items()} if _of_models(value) else dumped
    return dumped


def _of_models(value: Mapping[Any, Any]) -> bool:
    return any(isinstance(part, BaseModel) for part in value.values())
