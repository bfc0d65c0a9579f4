"""The HMAC option of Grafana's contact points."""

import hashlib
import hmac
import time

import pytest

from api.signatures.grafana import check
from api.signatures.refusal import Refused

SECRET = "of the contact point"
RAW = b'{"orgId": 1}'


def signed(at: str | None = None, secret: str = SECRET) -> dict[str, str]:
    text = RAW if at is None else f"{at}:".encode() + RAW
    headers = {"x-grafana-alerting-signature": hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()}
    return headers | ({"x-grafana-alerting-timestamp": at} if at is not None else {})


def test_what_grafana_signed_passes() -> None:
    check(SECRET, RAW, signed())
    check(SECRET, RAW, signed(str(int(time.time()))))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(secret="another"),
        signed() | {"x-grafana-alerting-timestamp": "1"},
        signed(str(int(time.time()) - 6000)),
        signed(str(int(time.time()) + 6000)),
        signed("now"),
        signed("9" * 400),
    ],
)
def test_what_it_did_not_sign_now_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        check(SECRET, RAW, headers)
    assert refused.value.status == 401
