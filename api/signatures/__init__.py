"""Whether a body was signed by whom it should be: one file per way of signing."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from api.signatures import grafana, sentry, standard
from api.signatures.refusal import Refused
from domain.intake.source import Source

if TYPE_CHECKING:  # the container holds the part that looks at SNS's signatures
    from api.container import Container

__all__ = ["SIGNED_KINDS", "Refused", "check_signature"]

_CHECKS = {
    "generic": standard.check,
    "grafana": grafana.check,
    "incidentio": standard.check,
    "sentry": sentry.check,
}
SIGNED_KINDS = frozenset(_CHECKS)
"""Kinds of sources for which a signing secret means something."""


async def check_signature(
    sender: Source, raw: bytes, body: Any, headers: Mapping[str, str], parts: "Container"
) -> None:
    """Let a body pass that is signed as its sender's settings want it.

    Args:
        sender: whose key came with it; its kind is the format of the body.
        raw: as it was sent.
        body: the same, parsed.
        headers: with names in lower case.
        parts: of this process.

    Raises:
        Refused: it is not.
    """
    if sender.kind == "cloudwatch":
        note = await parts.sns.check(sender, body, headers)
        if note is not None:
            await parts.intake.take([note], sender)
        return
    check = _CHECKS.get(sender.kind)
    if check is None or sender.secret is None:
        return
    secret = parts.sealer.open(sender.secret)
    if secret is None:
        raise Refused(
            503,
            f"The signing secret of the source '{sender.name}' cannot be read: it was stored under another "
            "TOCSIN_SECRET_KEY. Set that key again, or give the source its secret again",
        )
    check(secret, raw, headers)
