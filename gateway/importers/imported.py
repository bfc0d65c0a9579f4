"""What an importer hands over: a catalogue, and a sentence for everything that did not fit into it."""

import contextlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from domain.catalogue import Catalogue

Item = Mapping[str, Any]
"""An object of a vendor's API, unchanged."""
ModelT = TypeVar("ModelT", bound=BaseModel)


_GARBLED = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)
"""What comes of data that are not as an API documents them."""


class Imported(BaseModel):
    """The parts of a catalogue; overrides are with their schedules, though no YAML has them."""

    model_config = ConfigDict(frozen=True)

    catalogue: Catalogue
    left_out: tuple[str, ...] = ()


class UnreadableDump(Exception):
    """A dump is not what docs/importing.md describes; the message says what is missing."""


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """A whole dump: what is so wrong with it that no single thing can be left out makes it unreadable."""
    try:
        yield
    except _GARBLED as error:
        raise UnreadableDump(f"the dump is not as docs/importing.md describes it ({error})") from error


class Report:
    """Collects what did not fit, by name and reason."""

    def __init__(self) -> None:
        self._sentences: dict[str, None] = {}

    @property
    def left_out(self) -> tuple[str, ...]:
        """A sentence for each thing, in the order in which they came up."""
        return tuple(self._sentences)

    def leave_out(self, what: str, why: str) -> None:
        """Note what is left out or changed, such as `schedule “Payments”`, and why."""
        self._sentences.setdefault(f"{what}: {why}.")

    @contextlib.contextmanager
    def about(self, what: str) -> Iterator[None]:
        """One thing of the dump: when its data are not as its API documents them, it alone is left out."""
        try:
            yield
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            self.leave_out(what, f"does not fit into the catalogue ({place}: {first['msg']})")
        except (KeyError, IndexError) as error:
            self.leave_out(what, f"lacks {error}")
        except _GARBLED as error:
            self.leave_out(what, f"cannot be read ({error})")


def items(dump: Item, key: str, *, needed: bool = False) -> list[Item]:
    """The objects of a kind in a dump; pages as the API returns them are looked through.

    Raises:
        UnreadableDump: it is no list of objects, or not there though it is needed.
    """
    found = dump.get(key)
    if isinstance(found, Mapping):
        found = next((found[inner] for inner in ("nodes", "results", "data", key) if inner in found), None)
    if found is None and not needed:
        return []
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise UnreadableDump(f"the dump has no list of objects under “{key}” (docs/importing.md)")
    return found


def called(kind: str, item: Item) -> str:
    """How sentences name an object."""
    name = item.get("name") or item.get("email") or item.get("username") or item.get("id") or "?"
    return f"{kind} “{name}”"


def instant(text: str) -> datetime:
    """An RFC 3339 time; one without an offset is UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def exported_at(dump: Item) -> datetime:
    """When the dump was made: turns are counted from it, and what was over by then is left behind without a word.

    Raises:
        UnreadableDump: the time cannot be read.
    """
    said = dump.get("exported_at")
    if said is None:
        return datetime.now(UTC)
    try:
        return instant(said)
    except (TypeError, ValueError) as error:
        raise UnreadableDump("exported_at must be a time such as 2026-01-05T08:00:00Z") from error


def is_email(text: object) -> bool:
    """Whether it can be the name of a user."""
    return isinstance(text, str) and text.count("@") == 1 and not any(character.isspace() for character in text)
