"""Who is named and is not there any more."""

from collections.abc import Iterable

from domain.catalogue import Catalogue


def inactive(catalogue: Catalogue, emails: Iterable[str]) -> tuple[str, ...]:
    """Of some addresses those of nobody who is active, each once: nobody is paged there."""
    found = (email for email in emails if (user := catalogue.user_named.get(email)) is None or not user.is_active)
    return tuple(dict.fromkeys(found))
