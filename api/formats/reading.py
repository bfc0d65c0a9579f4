"""What all adapters need: to take from a body whatever can be used, whatever its shape, and pass over the rest."""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from domain.alert import Link
from domain.intake.signal import Action, Signal, instant, plain

Body = Mapping[str, Any]
Headers = Mapping[str, str]
"""The request's headers, with names in lower case."""
Adapter = Callable[[Any, Headers], list[Signal]]
"""From a parsed body to its signals. It raises nothing but Unreadable."""

MOST_SIGNALS = 5000
"""Alerts of one body; a sender that groups more than this must send several."""
SEVERAL = 20
"""Alerts of a group that is large: what the group says once is said of each of them."""
LONGEST_SHARED = 2000
"""Characters of each text of a large group itself, of which none is needed but titles and addresses."""
MOST_SHARED = 32 * 1024 * 1024
"""Characters of all that a large group says, over all its alerts."""
DEEPEST = 60
"""Nested deeper than this, a body is somebody's test of us; what lies below is not kept."""

_TITLES = (
    "title", "summary", "message", "name", "alertname", "alert_name", "subject", "event", "reason", "msg", "text",
    "description",
)  # fmt: skip
_WORDS = {
    Action.RESOLVE: (
        "resolved", "resolve", "ok", "recovered", "recovery", "recover", "up", "closed", "close", "normal", "cleared",
        "clear", "healthy", "success", "inactive", "fixed", "end", "ended",
    ),
    Action.ACKNOWLEDGE: ("acknowledged", "acknowledge", "acknowledgement", "acked", "ack"),
    Action.NOTE: ("note", "comment"),
}  # fmt: skip
_ACTIONS = {word: action for action, words in _WORDS.items() for word in words}
_SEPARATOR = re.compile(r"[,;]")


class Unreadable(Exception):
    """A body of which nothing at all can be read."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


def each(read_one: Callable[[Body, Headers], list[Signal]]) -> Adapter:
    """An adapter out of what reads one object; a list of objects is read one by one."""

    def read(body: Any, headers: Headers) -> list[Signal]:
        return [signal for part in _parts(body) for signal in read_one(part, headers)]

    return read


def _parts(body: Any) -> list[Body]:
    found = [part for part in objects(body) if part]
    if not found:
        raise Unreadable("body", "must be a JSON object that says something, or a list of such objects")
    counts = [len([alert for alert in objects(part.get("alerts")) if alert]) for part in found[: MOST_SIGNALS + 1]]
    if sum(count or 1 for count in counts) > MOST_SIGNALS:  # before any is read, which takes time
        raise Unreadable("alerts", f"must be at most {MOST_SIGNALS} in one body")
    return [_shortened(part, count) if count > SEVERAL else part for part, count in zip(found, counts, strict=True)]


def _shortened(group: Body, count: int) -> Body:
    """A large group without what would be read over and over for each of its alerts, and used for none."""
    own = {
        name: value[:LONGEST_SHARED] if isinstance(value, str) else value
        for name, value in group.items()
        if name != "alerts"
    }
    if count * len(json.dumps(own, default=str)) > MOST_SHARED:
        raise Unreadable("alerts", "are too many for all that they have in common: send smaller groups")
    return own | {"alerts": group["alerts"]}


def at(value: Any, *path: str) -> Any:
    """What lies at a path of names; None when the way there is not there."""
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def text(value: object) -> str:
    """A string or a number as text that can be stored; "" for everything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return plain(value).strip()


def first(*values: object) -> str:
    """The first of some values that says something."""
    return next((said for value in values if (said := text(value))), "")


def objects(value: object) -> list[Body]:
    """The objects of a list, or the one object that stands where a list should."""
    items = value if isinstance(value, list | tuple) else (value,)
    return [item for item in items if isinstance(item, Mapping)]


def paragraphs(*parts: object) -> str:
    """Some texts below one another, each once."""
    return "\n\n".join(dict.fromkeys(said for part in parts if (said := text(part))))


def labels(value: object) -> dict[str, str]:
    """The flat values of an object; what is nested or empty stays in `raw`."""
    pairs = value.items() if isinstance(value, Mapping) else ()
    return {name: said for key, item in pairs if (name := text(key)) and (said := _flat(item))}


def _flat(item: object) -> str:
    if isinstance(item, bool):
        return plain(item)
    if isinstance(item, list):
        return ", ".join(said for one in item if (said := text(one)))
    return text(item)


def tags(value: object) -> dict[str, str]:
    """Tags as labels, in any of the ways in which they are written.

    `"a:b,c"`, `["a:b", "c"]`, `[["a", "b"]]`, `[{"tag": "a", "value": "b"}]` or an object. A tag without a value is
    `true`, one with several has them all.
    """
    if isinstance(value, Mapping):
        return labels(value)
    found: dict[str, list[str]] = {}
    for name, said in _tag_pairs(value):
        if name and said not in found.setdefault(name, []):
            found[name].append(said)
    return {name: ",".join(values) for name, values in found.items()}


def _tag_pairs(value: object) -> Iterator[tuple[str, str]]:
    items = _SEPARATOR.split(value) if isinstance(value, str) else value if isinstance(value, list) else ()
    for item in items:
        if isinstance(item, Mapping):
            yield first(item.get("tag"), item.get("name"), item.get("key")), first(item.get("value")) or "true"
        elif isinstance(item, list):
            if len(item) == 2:
                yield text(item[0]), text(item[1]) or "true"
        else:
            name, _, said = text(item).partition(":")
            yield name.strip(), said.strip() or "true"


def links(*pairs: tuple[object, str]) -> tuple[Link, ...]:
    """Addresses and their texts as links; Signal passes over what is no web address."""
    return tuple(Link(href=href, text=label) for address, label in pairs if (href := text(address)))


def listed_links(value: object, label: str = "Link") -> tuple[Link, ...]:
    """Links as senders list them: addresses, or objects with `href` or `url` and a text."""
    items = value if isinstance(value, list) else [value]
    return links(*(_link(item, label) for item in items))


def _link(item: object, label: str) -> tuple[object, str]:
    if not isinstance(item, Mapping):
        return item, label
    address = first(item.get("href"), item.get("url"), item.get("src"))
    return address, first(item.get("text"), item.get("title"), item.get("alt"), item.get("name")) or label


def moment(*values: object) -> datetime | None:
    """The first of some values that is a time."""
    for value in values:
        try:
            found = instant(value)
        except (OverflowError, ValueError):  # a number of hundreds of digits
            continue
        if found is not None:
            return found
    return None


def known_action(word: object) -> Action | None:
    """What a sender's word for a state asks for; None when it is none of the known words."""
    return _ACTIONS.get(text(word).lower())


def action_of(word: object) -> Action:
    """What a sender's word asks for. What is not understood is a trigger, so that no alert is lost."""
    return known_action(word) or Action.TRIGGER


def headline(body: object) -> str:
    """The most title-like text of an object whose usual title is missing."""
    return first(*(at(body, name) for name in _TITLES))


def kept(value: Any, depth: int = 0) -> Any:
    """A part of a body as it can be stored as JSON: without NUL, half characters and bottomless nesting."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, int):
        return value
    if depth >= DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {plain(key): kept(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [kept(item, depth + 1) for item in value]
    return plain(str(value))
