"""Sentry signs the body with the client secret of its internal integration."""

import hashlib
import hmac
from collections.abc import Mapping

from api.signatures.refusal import Refused

HEADER = "sentry-hook-signature"


def check(secret: str, raw: bytes, headers: Mapping[str, str]) -> None:
    """Let a body pass that Sentry signed.

    Raises:
        Refused: it did not.
    """
    given = headers.get(HEADER)
    if not given:
        raise Refused(401, "The header Sentry-Hook-Signature is missing: this source takes signed bodies only")
    expected = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), given.strip().lower().encode()):
        raise Refused(
            401, "Sentry-Hook-Signature is wrong: the source's secret must be the integration's client secret"
        )
