"""E-mail intake: an SMTP listener for senders that can only mail. The source's key is in the address.

`250` is said after the commit and not before; whatever goes wrong on our side is said as "try again", which mail
servers do for days.
"""

import asyncio
import contextlib
import hashlib
import logging
import math
import re
import ssl
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID
from weakref import WeakKeyDictionary

import psycopg
import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select

from api.container import Container
from api.formats import mail
from config.settings import Settings, SettingsError
from db.models import Alert
from domain.intake.signal import Signal
from domain.intake.source import Source

logger = structlog.get_logger(__name__)

MOST_SESSIONS = 100
MOST_RECIPIENTS = 50
MOST_COMMANDS = 1000
IDLE_SECONDS = 60.0
LINE_BYTES = 65_536
"""Longer lines than the 998 bytes of the standard are sent by many programs."""
REPEATED_WITHIN = timedelta(days=1)
"""A message whose date is further away gets an id by itself, and is not recognised when it is repeated."""

_TRY_AGAIN = "451 4.3.0 Not accepted: try again later"


@contextlib.asynccontextmanager
async def listening(parts: Container) -> AsyncIterator[None]:
    """Take mail for as long as this lasts, when TOCSIN_SMTP_PORT is set.

    Raises:
        SettingsError: the port cannot be had.
    """
    settings = parts.settings
    if settings.smtp_port is None:
        yield
        return
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # it would log every address, and keys are in them
    sessions: set[_Session] = set()
    door, hostname, tls = Door(parts), urlsplit(settings.base_url).hostname or "tocsin", _tls(settings)

    def session() -> asyncio.Protocol:
        if len(sessions) >= MOST_SESSIONS:
            return _Busy()
        return _Session(door, sessions, settings.max_body_bytes, hostname, tls)

    host, port = settings.smtp_host, settings.smtp_port
    try:
        server = await asyncio.get_running_loop().create_server(session, host, port)
    except OSError as error:
        raise SettingsError(f"TOCSIN_SMTP_PORT: {host}:{port} cannot be listened on: {error.strerror}") from error
    logger.info("mail: listening", host=host, port=port, starttls=tls is not None)
    try:
        yield
    finally:
        server.close()
        for one in list(sessions):
            one.end()
        await server.wait_closed()


class Door:
    """What is said to a sender's commands: the handler of aiosmtpd, whose method names these are."""

    def __init__(self, parts: Container) -> None:
        self._parts = parts
        self._senders: WeakKeyDictionary[Envelope, dict[UUID, tuple[str, Source]]] = WeakKeyDictionary()

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Keys are in addresses: nobody logs in."""
        session.host_name = hostname
        return [one for one in responses if not one.upper().startswith(("250-AUTH", "250 AUTH"))]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """`<key>@anywhere` or `anything+<key>@anywhere`."""
        key = address.rpartition("@")[0].rpartition("+")[2].lower()
        source = await self._parts.credentials.source(self._parts.sessions, key)
        if source is None or source.id is None:
            return "550 5.1.1 No such address: it must be the key of a source"
        if source.secret is not None:
            return "550 5.7.1 This source signs what it sends: it takes no mail"
        senders = self._senders.setdefault(envelope, {})
        if source.id not in senders:
            if len(senders) >= MOST_RECIPIENTS:
                return "452 4.5.3 Too many recipients"
            wait = self._parts.limits.wait(key, source, time.monotonic())
            if wait > 0:
                return f"451 4.7.1 Too many messages: try again in {math.ceil(wait)} s"
            senders[source.id] = key, source.model_copy(update={"kind": "email"})
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """The message: an alert for each source that it was sent to."""
        senders = self._senders.get(envelope, {})
        content = cast("bytes", envelope.content)
        try:
            signal, repeat_id = await asyncio.to_thread(_read, content, [key for key, _ in senders.values()])
            for id, (_, source) in senders.items():
                await self._take(signal, source, _alert_id(id, repeat_id))
        except psycopg.DataError:
            return "554 5.6.0 The message holds something that cannot be stored"
        return "250 2.0.0 Kept"

    async def handle_exception(self, error: Exception) -> str:
        """The database is away, or we made a mistake: either way nothing was accepted of what is not committed."""
        logger.error("mail: not accepted", error=type(error).__name__, exc_info=not _is_outage(error))
        return _TRY_AGAIN

    async def _take(self, signal: Signal, source: Source, id: UUID | None) -> None:
        """Take it unless it was taken: senders repeat a message when our 250 did not reach them."""
        if id is not None:
            async with self._parts.sessions() as session:
                if await session.scalar(select(Alert.id).where(Alert.id == id)) is not None:
                    return
        await self._parts.intake.take([signal], source, keep_as=id)


class _Session(SMTP):
    """One connection."""

    line_length_limit = LINE_BYTES

    def __init__(
        self, door: Door, sessions: "set[_Session]", size: int, hostname: str, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(
            door,
            data_size_limit=size,
            enable_SMTPUTF8=True,
            hostname=hostname,
            ident="Tocsin",
            tls_context=tls,
            timeout=IDLE_SECONDS,
            command_call_limit=MOST_COMMANDS,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            loop=asyncio.get_running_loop(),
        )
        self._sessions = sessions

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._sessions.discard(self)
        super().connection_lost(error)

    def end(self) -> None:
        """Hang up; a message whose 250 was not sent is sent again."""
        if self.transport is not None:
            self.transport.close()


class _Busy(asyncio.Protocol):
    """Says that there are too many connections."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream = cast("asyncio.WriteTransport", transport)
        stream.write(b"421 4.3.2 Too many connections: try again later\r\n")
        stream.close()


def _tls(settings: Settings) -> ssl.SSLContext | None:
    """For STARTTLS, with the certificate of the pages."""
    if settings.tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.tls_cert, settings.tls_key)
    return context


def _read(content: bytes, keys: list[str]) -> tuple[Signal, tuple[int, bytes] | None]:
    """The signal of a message without the keys that it was sent to, and what its repetition will have, too."""
    for key in keys:
        content = re.sub(key.encode(), b"...", content, flags=re.IGNORECASE)
    message = mail.parse(content)
    return mail.read(message), _repeat_id(message, content)


def _repeat_id(message: EmailMessage, content: bytes) -> tuple[int, bytes] | None:
    """The milliseconds of its date, and a digest; None when it names neither itself nor its date."""
    headers: dict[str, Any] = {name.lower(): value for name, value in message.raw_items()}
    if not headers.get("message-id") or not headers.get("date"):
        return None
    try:
        sent = parsedate_to_datetime(str(headers["date"]))
        sent = sent if sent.tzinfo else sent.replace(tzinfo=UTC)
        if abs(datetime.now(UTC) - sent) > REPEATED_WITHIN:
            return None
    except (ValueError, TypeError, OverflowError):
        return None
    return int(sent.timestamp() * 1000), hashlib.sha256(content).digest()


def _alert_id(source_id: UUID, repeat_id: tuple[int, bytes] | None) -> UUID | None:
    """An id for the alert that a repetition gets again: a UUIDv7, for what is received is listed by them."""
    if repeat_id is None:
        return None
    milliseconds, digest = repeat_id
    rest = int.from_bytes(hashlib.sha256(source_id.bytes + digest).digest()[:10])
    value = milliseconds << 80 | 0x7 << 76 | (rest >> 68 & 0xFFF) << 64 | 0b10 << 62 | rest & (1 << 62) - 1
    return UUID(int=value)


def _is_outage(error: Exception) -> bool:
    return isinstance(error, psycopg.OperationalError | OSError) or "OperationalError" in type(error).__name__
