"""Standard Webhooks, signed by the reference library."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from api.signatures.refusal import Refused
from api.signatures.standard import check

SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four bytes or more").decode()
RAW = '{"title": "Süß"}'.encode()


def signed(secret: str | bytes = SECRET, at: datetime | None = None, raw: bytes = RAW) -> dict[str, str]:
    at = at or datetime.now(UTC)
    signature = Webhook(secret).sign("msg_1", at, raw.decode())
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": f"v1a,ignored {signature}",
    }


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        (SECRET, SECRET),
        ("a plain secret", b"a plain secret"),
        (SECRET.removeprefix("whsec_"), SECRET),
        (SECRET.rstrip("="), SECRET),
        ("whsec_no base64!", b"whsec_no base64!"),
    ],
)
def test_what_is_signed_with_the_secret_passes(secret: str, key: str | bytes) -> None:
    check(secret, RAW, signed(key))


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-id": ""},
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": "yesterday"},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "1"},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,!"},
        {"webhook-signature": "v1,ünsinn"},
        {"webhook-signature": "v1,AAAA v2,BBBB,CCCC"},
    ],
)
def test_garbled_headers_are_refused(changes: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        check(SECRET, RAW, signed() | changes)
    assert refused.value.status == 401


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(name: str) -> None:
    headers = signed()
    del headers[name]
    with pytest.raises(Refused, match=name):
        check(SECRET, RAW, headers)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_message_of_another_time_is_refused(minutes: int) -> None:
    with pytest.raises(Refused, match="too"):
        check(SECRET, RAW, signed(at=datetime.now(UTC) + timedelta(minutes=minutes)))


def test_another_secret_and_another_body_are_refused() -> None:
    with pytest.raises(Refused):
        check("another plain secret", RAW, signed())
    with pytest.raises(Refused):
        check(SECRET, RAW + b" ", signed())
    with pytest.raises(Refused):
        check(SECRET, b"\xff", signed())
