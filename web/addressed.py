"""What an address names: an id in it, or an entry of the catalogue by its name. A wrong one is 404."""

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from web.errors import PageError

Named = TypeVar("Named")


def id_of(text: str, otherwise: str = "There is no such thing here.") -> UUID:
    """The id in an address.

    Raises:
        PageError: it is none; `otherwise` is what the page says.
    """
    try:
        return UUID(text)
    except ValueError as error:
        raise PageError(404, otherwise) from error


def entry_of(known: Mapping[str, Named], name: str, what: str) -> Named:
    """The entry of a name, with or without the slash that may end an address.

    Raises:
        PageError: there is none.
    """
    found = known.get(name.rstrip("/"))
    if found is None:
        raise PageError(404, f"There is no {what} of this name.")
    return found
