"""Amazon SNS: signatures by a certificate of our own, and nothing asked of anybody else."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.container import open_container
from api.signatures import check_signature, sns
from api.signatures.refusal import Refused
from api.signatures.sns import Sns
from config.settings import Settings
from domain.intake.signal import Action
from domain.intake.source import Source, SourceSettings

TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"
CERTIFICATE = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
CONFIRM = f"https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=abc"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(days: tuple[int, int] = (-1, 1), key: Any = KEY) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now + timedelta(days=days[0])).not_valid_after(now + timedelta(days=days[1]))
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


PEM = certificate()


class Amazon:
    """What is fetched from SNS, and what was asked for."""

    failure: Exception = httpx.ConnectError("no route to host")

    def __init__(self, answers: dict[str, bytes] | None = None) -> None:
        self.answers = {CERTIFICATE: PEM, CONFIRM: b"<ok/>"} if answers is None else answers
        self.asked: list[str] = []

    async def fetch(self, address: str) -> bytes:
        self.asked.append(address)
        if address not in self.answers:
            raise self.failure
        return self.answers[address]


def signed(version: str = "1", **changes: Any) -> dict[str, Any]:
    """A notification as SNS signs it; `...` takes a field away before that."""
    message = {
        "Type": "Notification",
        "MessageId": str(uuid4()),
        "TopicArn": TOPIC,
        "Subject": 'ALARM: "cpu" in EU',
        "Message": json.dumps({"AlarmName": "cpu", "NewStateValue": "ALARM"}),
        "Timestamp": "2026-11-21T03:12:00.000Z",
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE,
        "UnsubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=x",
    }
    message = {name: value for name, value in (message | changes).items() if value is not ...}
    subscription = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    notification = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    names = notification if message["Type"] == "Notification" else subscription
    canonical = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
    algorithm = SHA1() if version == "1" else SHA256()
    return message | {"Signature": base64.b64encode(KEY.sign(canonical.encode(), PKCS1v15(), algorithm)).decode()}


def subscription(**changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "Type": "SubscriptionConfirmation",
        "Token": "a secret word",
        "SubscribeURL": CONFIRM,
        "Subject": ...,
    }
    return signed(**(fields | changes))


def source(*topics: str) -> Source:
    return Source(id=uuid4(), name="AWS", kind="cloudwatch", settings=SourceSettings(topic_arns=topics))


TOKEN = Source(name="cloudwatch", kind="cloudwatch")


async def refusal(amazon: Amazon, message: Any, sender: Source | None = None, **headers: str) -> Refused:
    with pytest.raises(Refused) as refused:
        await Sns(amazon.fetch).check(sender or source(TOPIC), message, headers)
    return refused.value


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", ["Ä subject", ...])
async def test_what_sns_signed_passes_and_its_certificate_is_fetched_once(version: str, subject: Any) -> None:
    amazon = Amazon()
    looks = Sns(amazon.fetch)
    for _ in range(3):
        assert await looks.check(source(TOPIC), signed(version, Subject=subject), {}) is None
        assert await looks.check(source(), signed(version, Subject=subject), {}) is None
    assert amazon.asked == [CERTIFICATE]


@pytest.mark.parametrize(
    "changes",
    [
        {"Message": "another"},
        {"Subject": "another"},
        {"MessageId": "another"},
        {"Timestamp": None},
        {"Signature": "AAAA"},
        {"Signature": "!"},
        {"Signature": None},
        {"Signature": 5},
        {"SignatureVersion": "2"},
        {"SignatureVersion": "3"},
        {"SignatureVersion": None},
        {"Message": "\ud800"},
        {"Type": "UnsubscribeConfirmation"},
        {"Type": "Other"},
        {"Type": ["Notification"]},
    ],
)
async def test_what_sns_did_not_sign_is_refused(changes: dict[str, Any]) -> None:
    assert (await refusal(Amazon(), signed() | changes)).status == 403


async def test_an_envelope_without_signature_is_refused() -> None:
    message = signed()
    for name in ("Signature", "SigningCertURL"):
        assert (await refusal(Amazon(), {key: value for key, value in message.items() if key != name})).status == 403


@pytest.mark.parametrize("name", ["SigningCertURL", "SubscribeURL", "UnsubscribeURL"])
@pytest.mark.parametrize(
    "address",
    [
        "http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.eu-central-1.amazonaws.com.evil.example/SimpleNotificationService-0.pem",
        "https://evil.example/sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.eu-central-1.amazonaws.com@evil.example/SimpleNotificationService-0.pem",
        "https://sns.eu-central-1.amazonaws.com\\@evil.example/SimpleNotificationService-0.pem",
        "https://sns.eu-central-1.amazonaws.com:8443/SimpleNotificationService-0.pem",
        "https://evil@sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://s3.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.x.s3.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem\n",
        "https://127.0.0.1/SimpleNotificationService-0.pem",
        "https://[::1]/SimpleNotificationService-0.pem",
        "file:///etc/passwd",
        "ünsinn",
        17,
        ["https://sns.eu-central-1.amazonaws.com/"],
    ],
)
@pytest.mark.parametrize("sender", [TOKEN, source(TOPIC), source()], ids=["token", "topic", "key"])
async def test_nothing_is_asked_of_another_host(name: str, address: Any, sender: Source) -> None:
    amazon = Amazon()
    refused = await refusal(amazon, signed() | {name: address}, sender)
    assert (refused.status, amazon.asked) == (403, [])
    assert name in refused.reason
    assert (await refusal(amazon, [signed() | {name: address}], sender)).status == 403


@pytest.mark.parametrize(
    "address",
    [
        "https://sns.eu-central-1.amazonaws.com/?Action=GetEndpointAttributes&x=SimpleNotificationService-0.pem",
        "https://sns.eu-central-1.amazonaws.com/x/SimpleNotificationService-0.pem",
        "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem?Action=x",
        "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem/../x",
    ],
)
async def test_nothing_but_certificates_is_taken_for_one(address: str) -> None:
    amazon = Amazon()
    assert (await refusal(amazon, signed(SigningCertURL=address))).status == 403
    assert amazon.asked == []


async def test_an_api_token_authenticates_by_itself() -> None:
    amazon = Amazon()
    messages: list[Any] = [signed(), signed(Signature="wrong"), subscription(), {"AlarmName": "bare"}, [], 5, None]
    for message in messages:
        assert await Sns(amazon.fetch).check(TOKEN, message, {}) is None
    assert amazon.asked == []


async def test_another_topic_is_refused() -> None:
    amazon = Amazon()
    refused = await refusal(amazon, signed(TopicArn=TOPIC + "2"))
    assert (refused.status, amazon.asked) == (403, [])
    assert "topic_arns" in refused.reason


async def test_a_body_that_did_not_come_through_sns_has_the_key_to_speak_for_it() -> None:
    amazon, alarm = Amazon(), {"AlarmName": "cpu"}
    assert await Sns(amazon.fetch).check(source(), alarm, {}) is None
    assert await Sns(amazon.fetch).check(source(TOPIC), alarm, {"x-amz-sns-topic-arn": TOPIC}) is None
    assert (await refusal(amazon, alarm)).status == 403
    assert (await refusal(amazon, [alarm, signed()], source())).status == 422
    assert amazon.asked == []


async def test_a_certificate_that_cannot_be_had_loses_no_page() -> None:
    amazon = Amazon({})
    looks = Sns(amazon.fetch)
    for _ in range(3):
        assert await looks.check(source(TOPIC), signed(), {}) is None
    assert amazon.asked == [CERTIFICATE], "alerts do not wait for it again and again"
    with pytest.raises(Refused) as refused:
        await looks.check(source(TOPIC), subscription(), {})
    assert refused.value.status == 503


@pytest.mark.parametrize("failure", [TimeoutError(), httpx.ReadTimeout("slow"), httpx.HTTPError("the answer is 503")])
async def test_while_sns_is_in_trouble_no_page_is_lost(failure: Exception) -> None:
    amazon = Amazon({})
    amazon.failure = failure
    assert await Sns(amazon.fetch).check(source(TOPIC), signed(Signature="wrong"), {}) is None


async def test_a_certificate_that_sns_does_not_have_is_refused() -> None:
    amazon = Amazon({})
    amazon.failure = sns.NothingThere("the answer is 403")
    refused = await refusal(amazon, signed())
    assert (refused.status, amazon.asked) == (403, [CERTIFICATE])
    assert "no certificate" in refused.reason


@pytest.mark.parametrize(
    "host", ["sns.eu-central-2.amazonaws.com", "sns.nowhere.amazonaws.com", "sns.eu-central-1.amazonaws.com.cn"]
)
@pytest.mark.parametrize("sender", [source(TOPIC), source()], ids=["topic", "key"])
async def test_nobody_goes_unproved_by_naming_where_nobody_answers(host: str, sender: Source) -> None:
    address = CERTIFICATE.replace("sns.eu-central-1.amazonaws.com", host)
    refused = await refusal(Amazon({}), signed(SigningCertURL=address), sender)
    assert refused.status == 403 and "region" in refused.reason


async def test_a_topic_in_china_has_its_certificates_there() -> None:
    topic = TOPIC.replace("aws:sns:eu-central-1", "aws-cn:sns:cn-north-1")
    address = "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-0.pem"
    message = signed(TopicArn=topic, SigningCertURL=address)
    assert await Sns(Amazon({}).fetch).check(source(topic), message, {}) is None


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"<html>",
        certificate((-2, -1)),
        certificate((1, 2)),
        certificate(key=ec.generate_private_key(ec.SECP256R1())),
        certificate(key=rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    ],
    ids=["empty", "html", "over", "not yet", "not RSA", "another key"],
)
async def test_a_certificate_that_is_wrong_is_refused(pem: bytes) -> None:
    assert (await refusal(Amazon({CERTIFICATE: pem}), signed())).status == 403


async def test_a_subscription_of_a_listed_topic_is_confirmed() -> None:
    amazon = Amazon()
    note = await Sns(amazon.fetch).check(source(TOPIC), subscription(), {})
    assert amazon.asked == [CERTIFICATE, CONFIRM]
    assert note is not None
    assert (note.action, note.title) == (Action.NOTE, f"SNS: subscribed to {TOPIC}")
    assert "a secret word" not in json.dumps(note.raw), "the token is a secret"


async def test_a_subscription_that_nobody_listed_is_not_confirmed() -> None:
    amazon = Amazon()
    refused = await refusal(amazon, subscription(), source())
    assert (refused.status, amazon.asked) == (403, [CERTIFICATE])
    assert f"add {TOPIC} to the source's topic_arns" in refused.reason


@pytest.mark.parametrize(
    "changes",
    [
        {"SubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=Publish&Message=x"},
        {"SubscribeURL": CONFIRM.replace("alarms", "others")},
        {"SubscribeURL": ...},
        {"SubscribeURL": None},
    ],
)
async def test_nothing_but_the_confirmation_is_asked_for(changes: dict[str, Any]) -> None:
    amazon = Amazon()
    assert (await refusal(amazon, subscription(**changes))).status == 403
    assert amazon.asked == [CERTIFICATE]


async def test_a_forged_subscription_is_not_confirmed() -> None:
    amazon = Amazon()
    assert (await refusal(amazon, subscription() | {"Token": "another"})).status == 403
    assert amazon.asked == [CERTIFICATE]


async def test_a_confirmation_that_fails_is_asked_for_again_by_sns() -> None:
    assert (await refusal(Amazon({CERTIFICATE: PEM}), subscription())).status == 503


async def test_an_unsubscription_is_kept() -> None:
    amazon = Amazon()
    note = await Sns(amazon.fetch).check(source(), subscription(Type="UnsubscribeConfirmation"), {})
    assert amazon.asked == [CERTIFICATE]
    assert note is not None
    assert note.title == f"SNS: unsubscribed from {TOPIC}"


async def test_subscriptions_are_kept_as_notes(settings: Settings, engine: AsyncEngine) -> None:
    sender = source(TOPIC)
    async with open_container(settings) as parts:
        parts = replace(parts, sns=Sns(Amazon().fetch))
        await check_signature(sender, b"", subscription(), {}, parts)
        await check_signature(sender, b"", subscription(Type="UnsubscribeConfirmation"), {}, parts)
        await check_signature(sender, b"", signed(), {}, parts)
    query = text("SELECT title, fate FROM alerts WHERE source_id = :id ORDER BY received_at")
    async with engine.connect() as connection:
        rows = (await connection.execute(query, {"id": sender.id})).all()
    assert [tuple(row) for row in rows] == [
        (f"SNS: subscribed to {TOPIC}", "noted"),
        (f"SNS: unsubscribed from {TOPIC}", "noted"),
    ]


@pytest.fixture
def web() -> Iterator[Callable[[str], str]]:
    """A server with answers of every kind; where each of them is."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = {
                "/ok": (200, PEM),
                "/elsewhere": (302, b""),
                "/gone": (404, b"gone"),
                "/busy": (429, b""),
                "/broken": (503, b""),
                "/long": (200, b"x" * (sns.MAX_BYTES + 1)),
            }[self.path]
            self.send_response(status)
            self.send_header("Location", "/ok")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield lambda path: f"http://127.0.0.1:{server.server_port}{path}"
        server.shutdown()


async def test_the_client_follows_no_redirect_and_reads_no_more_than_it_must(web: Callable[[str], str]) -> None:
    assert await sns.fetch(web("/ok")) == PEM
    for path in ("/elsewhere", "/gone", "/long"):
        with pytest.raises(sns.NothingThere):
            await sns.fetch(web(path))
    for path in ("/busy", "/broken"):
        with pytest.raises(httpx.HTTPError):
            await sns.fetch(web(path))
