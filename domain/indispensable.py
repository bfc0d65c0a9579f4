"""What a house cannot be without: an admin, a policy, a default among its policies, a place for the unknown."""

from collections.abc import Iterator

from domain.catalogue import UNKNOWN_SERVICE, Catalogue


def losses(before: Catalogue, after: Catalogue) -> list[str]:
    """What a change would take away that the house cannot be without, as sentences.

    What was not there before is not lost: a house can be mended in several steps.

    Args:
        before: the catalogue until now.
        after: as it would be.
    """
    return list(_losses(before, after))


def _losses(before: Catalogue, after: Catalogue) -> Iterator[str]:
    if _has_admin(before) and not _has_admin(after):
        yield "This would take the last admin away: make another one first"
    if before.policies and not after.policies:
        yield "This would take the last escalation policy away, and nobody would be paged: make another one first"
    default = _default(before)
    if default is not None and after.policies and _default(after) is None:
        yield f"'{default}' is the default policy: give another one is_default: true first"
    if _takes_the_unknown(before) and not _takes_the_unknown(after):
        yield f"'{UNKNOWN_SERVICE}' takes what belongs to no other service: it stays, and stays active"


def _has_admin(catalogue: Catalogue) -> bool:
    return any(user.role == "admin" and user.is_active for user in catalogue.users)


def _default(catalogue: Catalogue) -> str | None:
    return next((policy.name for policy in catalogue.policies if policy.is_default), None)


def _takes_the_unknown(catalogue: Catalogue) -> bool:
    service = catalogue.service_named.get(UNKNOWN_SERVICE)
    return service is not None and service.is_active
