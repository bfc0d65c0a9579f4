"""People and pages as they are named on pages."""

from collections.abc import Callable, Iterable

from domain.catalogue import Catalogue
from web.filters import in_path

Naming = Callable[[str], str]


def naming(catalogue: Catalogue) -> Naming:
    """A function from an e-mail address to the person's name; to the address itself when it is nobody's."""
    names = {user.email.casefold(): user.name for user in catalogue.users}
    return lambda email: names.get(email.casefold(), email)


def joined(words: Iterable[str], last: str = "and") -> str:
    """`a, b and c`."""
    *before, final = list(words) or [""]
    return f"{', '.join(before)} {last} {final}" if before else final


def address_of(kind: str, name: str) -> str:
    """The path of the page of an entry; `kind` as in the path, such as `schedules`."""
    return f"/{kind}/{in_path(name)}"


def first_name(name: str) -> str:
    """What fits where there is little room."""
    return name.split("@")[0].split()[0] if name.split("@")[0].split() else name
