"""Standard Webhooks: the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`."""

import base64
import binascii
from collections.abc import Mapping

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from api.signatures.refusal import Refused

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
PREFIX = "whsec_"


def check(secret: str, raw: bytes, headers: Mapping[str, str]) -> None:
    """Let a body pass that is signed with the secret, no longer than 5 minutes ago.

    Raises:
        Refused: it is not.
    """
    missing = [name for name in HEADERS if not headers.get(name)]
    if missing:
        raise Refused(401, f"The header {missing[0]} is missing: this source takes signed bodies only")
    reason = "the source's secret is no Standard Webhooks secret"
    for key in _keys(secret):
        try:
            Webhook(key).verify(raw, dict(headers), json_parse=False)
        except WebhookVerificationError as error:
            reason = str(error)
        except ValueError:  # what cannot be taken apart is no signature
            reason = "webhook-signature must be 'v1,' and Base64"
        else:
            return
    raise Refused(401, f"The signature is wrong: {reason}")


def _keys(secret: str) -> list[bytes]:
    """What the secret may stand for: `whsec_` is Base64; of another one it is not known whether it is."""
    bare = secret.removeprefix(PREFIX)
    found = [] if secret.startswith(PREFIX) else [secret.encode()]
    try:
        found.append(base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True))
    except (binascii.Error, ValueError):
        found = found or [secret.encode()]
    return [key for key in found if key]
