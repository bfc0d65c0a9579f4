"""Sentry's signature, and what all signed sources have in common."""

import hashlib
import hmac
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from api.signatures import SIGNED_KINDS, Refused, check_signature
from config.sealing import Sealer, new_secret_key
from domain.intake.source import Source

SECRET = "the client secret of an integration"
SEALER = Sealer(SecretStr(new_secret_key()))
PARTS: Any = SimpleNamespace(sealer=SEALER)
RAW = b'{"action": "triggered",  "data": {}}'


def source(kind: str = "sentry", secret: str | None = SECRET) -> Source:
    return Source(id=uuid4(), name="Sentry", kind=kind, secret=SEALER.seal(secret) if secret else None)


def signed(raw: bytes = RAW, secret: str = SECRET) -> dict[str, str]:
    return {"sentry-hook-signature": hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()}


async def test_what_sentry_signed_passes() -> None:
    await check_signature(source(), RAW, {}, signed(), PARTS)


async def test_a_source_without_a_secret_wants_no_signature() -> None:
    await check_signature(source(secret=None), RAW, {}, {}, PARTS)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sentry-hook-signature": ""},
        {"sentry-hook-signature": "0" * 64},
        {"sentry-hook-signature": "ünsinn"},
        signed(secret="another secret"),
        signed(RAW + b" "),
    ],
)
async def test_what_is_not_signed_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        await check_signature(source(), RAW, {}, headers, PARTS)
    assert refused.value.status == 401
    assert "ignature" in refused.value.reason
    assert SECRET not in refused.value.reason


@pytest.mark.parametrize("kind", sorted(SIGNED_KINDS))
async def test_a_secret_that_cannot_be_read_refuses_and_says_what_to_do(kind: str) -> None:
    other: Any = SimpleNamespace(sealer=Sealer(SecretStr(new_secret_key())))
    with pytest.raises(Refused) as refused:
        await check_signature(source(kind), RAW, {}, signed(), other)
    assert refused.value.status == 503
    assert "TOCSIN_SECRET_KEY" in refused.value.reason
