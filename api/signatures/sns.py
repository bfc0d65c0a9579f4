"""Amazon SNS: signed messages, and subscriptions that want to be confirmed.

A body tells where to get the certificate and where to confirm: nothing is asked of any host that is not SNS, and of
SNS nothing but certificates and confirmations.
"""

import asyncio
import base64
import binascii
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from weakref import WeakValueDictionary

import httpx
import structlog
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import Certificate, load_pem_x509_certificate

from api.signatures.refusal import Refused
from domain.intake.signal import Action, Signal, line
from domain.intake.source import Source

logger = structlog.get_logger(__name__)

Fetch = Callable[[str], Awaitable[bytes]]
"""GET: the body of an answer that is a success; NothingThere when SNS has none, anything else when it cannot be had."""

TIMEOUT_SECONDS = 3.0
MAX_BYTES = 65_536
MOST_CERTIFICATES = 50
FAILED_SECONDS = 30.0
"""So long a certificate that could not be had is not asked for again: alerts do not wait for it meanwhile."""

_ADDRESS = re.compile(
    r"https://sns\.[a-z0-9-]{1,40}\.amazonaws\.com(?:\.cn)?(?::443)?(?:[/?][\w./?&=%:+~-]*)?", re.ASCII
)
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem")
"""What else lies on those hosts may be somebody's own text, made to look like a certificate."""

NOTIFICATION = "Notification"
CONFIRM = "SubscriptionConfirmation"
UNSUBSCRIBED = "UnsubscribeConfirmation"
_SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRM: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    UNSUBSCRIBED: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_HASHES: dict[str, SHA1 | SHA256] = {"1": SHA1(), "2": SHA256()}  # noqa: S303 - what SNS signs with by default


class NothingThere(Exception):
    """SNS answers, and has nothing of the kind at that address."""


class Unfetched(Exception):
    """A certificate could not be had."""


class Sns:
    """Looks at what SNS sends, and keeps the certificates of a while."""

    def __init__(self, fetch: Fetch) -> None:
        """Args: fetch: asked for addresses of SNS alone; what it raises means that there was no answer."""
        self._fetch = fetch
        self._certificates: OrderedDict[str, Certificate] = OrderedDict()
        self._failed: OrderedDict[str, float] = OrderedDict()
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def check(self, sender: Source, body: Any, headers: Mapping[str, str]) -> Signal | None:
        """Let a body pass that may come from its topic, and confirm its subscription.

        Args:
            sender: an API token authenticates by itself: nothing is fetched and nothing is confirmed for it.
            body: as it was parsed; one that did not come through SNS has the sender's key alone to speak for it.
            headers: with names in lower case.

        Returns:
            What is to be kept of a message that is about the subscription.

        Raises:
            Refused: it is not signed by SNS, or comes from a topic that is not on the source's list.
        """
        messages = [one for one in (body if isinstance(body, list) else [body]) if isinstance(one, Mapping)]
        for message in messages:
            _check_addresses(message)
        if sender.id is None:
            return None
        envelopes = [message for message in messages if _is_envelope(message)]
        if not envelopes:
            _check_topic(sender, headers.get("x-amz-sns-topic-arn"))
            return None
        if len(messages) > 1:
            raise Refused(422, "body: must be one message, as SNS sends it")
        return await self._check_envelope(sender, envelopes[0])

    async def _check_envelope(self, sender: Source, message: Mapping[str, Any]) -> Signal | None:
        kind, topic = message.get("Type"), message.get("TopicArn")
        if not isinstance(kind, str) or kind not in _SIGNED:
            raise Refused(403, f"Type must be one of {', '.join(_SIGNED)}")
        _check_topic(sender, topic)
        verified = await self._verified(sender, message, _SIGNED[kind])
        if kind == NOTIFICATION:
            return None
        if kind == CONFIRM:
            await self._confirm(sender, message, verified)
        said = "subscribed to" if kind == CONFIRM else "unsubscribed from"
        kept = {name: message.get(name) for name in ("Type", "MessageId", "TopicArn", "Message", "Timestamp")}
        title = line(f"SNS: {said} {topic}", 500)
        return Signal(action=Action.NOTE, title=title, fingerprint=f"subscription:{topic}", raw=kept)

    async def _verified(self, sender: Source, message: Mapping[str, Any], fields: tuple[str, ...]) -> bool:
        """Whether it is known that SNS signed it; False when SNS cannot be reached.

        The source's key has authenticated the sender: a page that is lost would be worse than an unproved alert. But
        nobody chooses to go unproved: the address must be one where SNS is, the region of the topic.
        """
        address = message.get("SigningCertURL")
        if not isinstance(address, str) or not _CERTIFICATE.fullmatch(urlsplit(address).path) or "?" in address:
            raise Refused(403, "SigningCertURL must be the address of a certificate of Amazon SNS")
        try:
            certificate = await self._certificate(address)
        except Unfetched as error:
            if urlsplit(address).hostname != _host(str(message.get("TopicArn"))):
                raise Refused(403, "SigningCertURL must be of the topic's own region") from error
            logger.warning("sns: accepted without its signature", source=sender.name, error=str(error))
            return False
        _check_signature(message, fields, certificate)
        return True

    async def _certificate(self, address: str) -> Certificate:
        """A certificate; each is fetched once, however many messages wait for it."""
        async with self._asking.setdefault(address, asyncio.Lock()):
            if address in self._certificates:
                return self._certificates[address]
            if self._failed.get(address, 0.0) > time.monotonic():
                raise Unfetched("the certificate could not be fetched a moment ago")
            try:
                pem = await self._fetch(address)
            except NothingThere as error:
                raise Refused(403, f"SigningCertURL leads to no certificate: {error}") from error
            except Exception as error:  # whatever the client raises, there is no certificate
                _remember(self._failed, address, time.monotonic() + FAILED_SECONDS)
                raise Unfetched(f"the certificate cannot be fetched: {type(error).__name__}: {error}") from error
            try:
                certificate = load_pem_x509_certificate(pem)
            except (ValueError, UnsupportedAlgorithm) as error:
                raise Refused(403, "What SigningCertURL leads to is no certificate") from error
            _remember(self._certificates, address, certificate)
            return certificate

    async def _confirm(self, sender: Source, message: Mapping[str, Any], verified: bool) -> None:
        """Confirm a subscription that somebody who configured the source wants, and that SNS asks for."""
        topic = message.get("TopicArn")
        if topic not in sender.settings.topic_arns:
            raise Refused(
                403, f"The subscription is not confirmed: add {topic} to the source's topic_arns and request it again"
            )
        if not verified:
            raise Refused(503, "The subscription is not confirmed: the certificate of SNS cannot be fetched")
        address = str(message.get("SubscribeURL"))
        asked = parse_qs(urlsplit(address).query)
        if asked.get("Action") != ["ConfirmSubscription"] or asked.get("TopicArn") != [topic]:
            raise Refused(403, "SubscribeURL must be the ConfirmSubscription of the message's own topic")
        try:
            await self._fetch(address)
        except Exception as error:
            logger.warning("sns: a subscription could not be confirmed", source=sender.name, topic=topic)
            raise Refused(503, "The subscription is not confirmed: SNS does not answer") from error
        logger.info("sns: a subscription was confirmed", source=sender.name, topic=topic)


async def fetch(address: str) -> bytes:
    """GET without redirects, in bounded time and size; the default of the running product.

    Raises:
        NothingThere: the answer is none that SNS gives to its own addresses.
        httpx.HTTPError, TimeoutError: there is no answer, or SNS is in trouble.
    """
    async with (
        asyncio.timeout(TIMEOUT_SECONDS),
        httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as client,
        client.stream("GET", address, follow_redirects=False) as response,
    ):
        if response.is_server_error or response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise httpx.HTTPError(f"the answer is {response.status_code}")
        if not response.is_success:
            raise NothingThere(f"the answer is {response.status_code}")
        body = b""
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > MAX_BYTES:
                raise NothingThere("the answer is too long")
        return body


def _check_addresses(message: Mapping[str, Any]) -> None:
    for name in ("SigningCertURL", "SubscribeURL", "UnsubscribeURL"):
        address = message.get(name)
        if address and not (isinstance(address, str) and _ADDRESS.fullmatch(address)):
            raise Refused(403, f"{name} must be an https address of Amazon SNS")


def _host(topic: str) -> str:
    """Where SNS of a topic's region is."""
    region = "".join(topic.split(":")[3:4])
    return f"sns.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")


def _is_envelope(message: Mapping[str, Any]) -> bool:
    """Whether it came through SNS; CloudWatch may also send by EventBridge, or SNS the bare alarm (raw delivery)."""
    return any(name in message for name in ("TopicArn", "SigningCertURL", "SubscribeURL")) or (
        "Type" in message and "Message" in message
    )


def _check_topic(sender: Source, topic: object) -> None:
    topics = sender.settings.topic_arns
    if topics and topic not in topics:
        named = line(topic, 200) if isinstance(topic, str) else "(none)"
        raise Refused(403, f"The topic {named} may not send to this source: its topic_arns do not name it")


def _check_signature(message: Mapping[str, Any], fields: tuple[str, ...], certificate: Certificate) -> None:
    now, key = datetime.now(UTC), certificate.public_key()
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise Refused(403, "The certificate of SigningCertURL is not valid now")
    algorithm = _HASHES.get(str(message.get("SignatureVersion")))
    if algorithm is None:
        raise Refused(403, "SignatureVersion must be 1 or 2")
    if not isinstance(key, RSAPublicKey):
        raise Refused(403, "The certificate of SigningCertURL has no RSA key")
    try:
        signature = base64.b64decode(str(message.get("Signature")), validate=True)
        key.verify(signature, _canonical(message, fields), PKCS1v15(), algorithm)
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise Refused(403, "Signature is wrong: this is not what SNS signed") from error


def _canonical(message: Mapping[str, Any], fields: tuple[str, ...]) -> bytes:
    """What SNS signs: name and value of each field that is there, each on a line of its own."""
    said = ((name, message.get(name)) for name in fields)
    return "".join(f"{name}\n{value}\n" for name, value in said if value is not None).encode()


def _remember(known: OrderedDict[str, Any], address: str, value: Any) -> None:
    known[address] = value
    if len(known) > MOST_CERTIFICATES:
        known.popitem(last=False)
