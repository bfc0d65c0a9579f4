"""Grafana's HMAC option of webhook contact points (Grafana 12 and later).

Grafana lets its users name both headers; these are its default for the signature, and the one name for the time that
is looked for here. With a time it signs `time:body`, else the body alone.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping

from api.signatures.refusal import Refused

HEADER = "x-grafana-alerting-signature"
TIMESTAMP_HEADER = "x-grafana-alerting-timestamp"
TOLERANCE_SECONDS = 300


def check(secret: str, raw: bytes, headers: Mapping[str, str]) -> None:
    """Let a body pass that Grafana signed.

    Raises:
        Refused: it did not, or too long ago.
    """
    given, at = headers.get(HEADER), headers.get(TIMESTAMP_HEADER, "").strip()
    if not given:
        raise Refused(401, "The header X-Grafana-Alerting-Signature is missing: this source takes signed bodies only")
    signed = at.encode() + b":" + raw if at else raw
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), given.strip().lower().encode()):
        raise Refused(
            401,
            "X-Grafana-Alerting-Signature is wrong: the source's secret must be that of the contact point's HMAC "
            "signature, and its timestamp header empty or X-Grafana-Alerting-Timestamp",
        )
    if at and not _is_recent(at):
        raise Refused(
            401, f"X-Grafana-Alerting-Timestamp must be within {TOLERANCE_SECONDS} s of now: look at the clocks"
        )


def _is_recent(at: str) -> bool:
    return at.isdecimal() and len(at) < 20 and abs(time.time() - int(at)) <= TOLERANCE_SECONDS
