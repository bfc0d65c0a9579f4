"""Mail to a source's key: smtplib against the listener, as senders do."""

import asyncio
import logging
import smtplib
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text

from api.container import Container, open_container
from api.mail import MOST_SESSIONS, listening
from config.settings import Settings, SettingsError
from db.engine import Sessions
from db.models import Source, new_id
from db.tokens import hash_token
from tests.support.certificates import make_certificate
from tests.support.ports import free_port
from tests.support.waiting import eventually

Send = Callable[..., Any]


@pytest_asyncio.fixture
async def parts(settings: Settings, engine: Any, tmp_path: Path) -> AsyncIterator[Container]:
    """One process's parts, with mail taken in."""
    cert, key = make_certificate(tmp_path)
    changes = {"smtp_port": free_port(), "max_body_bytes": 200_000, "tls_cert": cert, "tls_key": key}
    async with open_container(settings.model_copy(update=changes)) as parts, listening(parts):
        yield parts


@pytest_asyncio.fixture
async def key(sessions: Sessions) -> str:
    """The key of a new source."""
    return await add_source(sessions)


async def add_source(sessions: Sessions, secret: bytes | None = None, **settings: Any) -> str:
    key = uuid4().hex
    async with sessions.begin() as session:
        session.add(
            Source(
                id=new_id(),
                name=f"mail {key[:8]}",
                kind="email",
                key_hash=hash_token(key),
                key_hint=key[-4:],
                settings={"service_name": "redis-prod"} | settings,
                secret=secret,
            )
        )
    return key


def message(subject: str = "PROBLEM: disk is full", **headers: str) -> EmailMessage:
    """A message of a monitoring tool."""
    mail = EmailMessage()
    mail["From"] = "Old Monitor <monitor@example.com>"
    mail["To"] = "alerts@tocsin.example"
    mail["Subject"] = subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Only 1% is left on db-1, see https://monitor.example/42\n")
    return mail


def dated() -> EmailMessage:
    """A message that names itself and its date."""
    return message(Message_ID=make_msgid(domain="example.com"), Date=format_datetime(datetime.now(UTC)))


async def send(parts: Container, mail: EmailMessage | bytes, *to: str) -> dict[str, tuple[int, bytes]]:
    """The recipients that were refused."""

    def work() -> dict[str, tuple[int, bytes]]:
        with smtplib.SMTP("127.0.0.1", parts.settings.smtp_port or 0, timeout=60) as client:
            raw = mail if isinstance(mail, bytes) else mail.as_bytes()
            return client.sendmail("monitor@example.com", list(to), raw)

    return await asyncio.to_thread(work)


async def alerts(sessions: Sessions, key: str) -> list[dict[str, Any]]:
    query = text(
        "SELECT alerts.title, alerts.fate, alerts.raw, alerts.reason, incidents.number, incidents.alert_count"
        " FROM alerts JOIN sources ON sources.id = source_id LEFT JOIN incidents ON incidents.id = incident_id"
        " WHERE key_hash = :hash ORDER BY received_at"
    )
    async with sessions() as session:
        return [dict(row) for row in (await session.execute(query, {"hash": hash_token(key)})).mappings()]


@pytest.mark.parametrize("address", ["{key}@any.example", "alerts+{key}@any.example", "a+b+{KEY}@localhost"])
async def test_mail_becomes_an_alert(parts: Container, sessions: Sessions, key: str, address: str) -> None:
    assert await send(parts, message(), address.format(key=key, KEY=key.upper())) == {}
    (one,) = await alerts(sessions, key)
    assert (one["fate"], one["alert_count"]) == ("new", 1)
    assert "disk is full" in one["title"]


async def test_a_problem_repeats_on_its_incident(parts: Container, sessions: Sessions, key: str) -> None:
    for _ in range(2):
        await send(parts, message(), f"{key}@x.example")
    assert [one["fate"] for one in await alerts(sessions, key)] == ["new", "attached"]
    await send(parts, message("RESOLVED: disk is full"), f"{key}@x.example")
    assert (await alerts(sessions, key))[-1]["fate"] == "resolved"


async def test_what_a_sender_repeats_counts_once(parts: Container, sessions: Sessions, key: str) -> None:
    mail = dated()
    for _ in range(3):
        assert await send(parts, mail, f"{key}@x.example") == {}
    (one,) = await alerts(sessions, key)
    assert one["alert_count"] == 1
    await send(parts, dated(), f"{key}@x.example")
    assert len(await alerts(sessions, key)) == 2


async def test_what_does_not_name_itself_is_never_taken_for_a_repetition(
    parts: Container, sessions: Sessions, key: str
) -> None:
    constant = "<always@the-same.example>"
    old = format_datetime(datetime.now(UTC) - timedelta(days=3))
    all_headers: list[dict[str, str]] = [{}, {"Message_ID": constant}, {"Message_ID": constant, "Date": old}]
    for headers in all_headers:
        for _ in range(2):
            await send(parts, message(**headers), f"{key}@x.example")
    garbled = b"Message-ID: <x@y>\r\nDate: the day after\r\nSubject: disk\r\n\r\n"
    for _ in range(2):
        await send(parts, garbled, f"{key}@x.example")
    assert len(await alerts(sessions, key)) == 8


async def test_several_sources_get_it_each(parts: Container, sessions: Sessions, key: str) -> None:
    other = await add_source(sessions)
    refused = await send(parts, dated(), f"{key}@x", f"a+{key}@x", f"{other}@x", "nobody@x", f"{uuid4().hex}@x")
    assert sorted(code for code, _ in refused.values()) == [550, 550]
    assert len(await alerts(sessions, key)) == 1
    assert len(await alerts(sessions, other)) == 1


@pytest.mark.parametrize("address", ["alerts@x.example", "+@x.example", "test-admin-token@x"])
async def test_an_unknown_key_is_refused(parts: Container, address: str) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        await send(parts, message(), address)


async def test_a_conversation_that_smtplib_would_not_have(parts: Container, sessions: Sessions, key: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", parts.settings.smtp_port)

    async def says(command: bytes) -> bytes:
        writer.write(command + b"\r\n")
        return await reader.readline()

    assert (await reader.readline()).startswith(b"220")
    assert (await says(b"HELO old.example")).startswith(b"250")
    assert (await says(b"\xff\xfe")).startswith(b"5")
    assert (await says(b"RCPT TO:<" + key.encode() + b"@x>")).startswith(b"503")
    assert (await says(b"MAIL FROM:<>")).startswith(b"250"), "nobody's mail: a report, a bounce"
    assert (await says(b"DATA")).startswith(b"503")
    assert (await says("RCPT TO:<ünsinn@x.example>".encode())).startswith(b"550")
    assert (await says(b"RCPT TO:<\xff\xfe@x.example>")).startswith(b"5")
    assert (await says(b"RCPT TO:<" + key.encode() + b"@x>")).startswith(b"250")
    assert (await says(b"DATA")).startswith(b"354")
    assert (await says(b"Subject: disk\r\n\r\nis full\r\n.")).startswith(b"250")
    writer.close()
    assert len(await alerts(sessions, key)) == 1


async def test_a_source_that_signs_takes_no_mail(parts: Container, sessions: Sessions) -> None:
    signing = await add_source(sessions, secret=b"sealed")
    with pytest.raises(smtplib.SMTPRecipientsRefused, match="signs"):
        await send(parts, message(), f"{signing}@x.example")


async def test_beyond_its_rate_it_is_to_try_again(parts: Container, sessions: Sessions) -> None:
    slow, other = await add_source(sessions, rate_limit=0.001, rate_burst=2), await add_source(sessions)
    for _ in range(2):
        await send(parts, message(), f"{slow}@x.example")
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        await send(parts, message(), f"{slow}@x.example")
    assert {code for code, _ in refused.value.recipients.values()} == {451}
    assert await send(parts, message(), f"{other}@x.example") == {}
    assert len(await alerts(sessions, slow)) == 2


async def test_too_large_a_message_is_refused(parts: Container, sessions: Sessions, key: str) -> None:
    mail = message()
    mail.set_content("x" * 70 + "\n" * 300_000)
    with pytest.raises(smtplib.SMTPResponseException) as refused:
        await send(parts, mail, f"{key}@x.example")
    assert refused.value.smtp_code == 552
    assert await alerts(sessions, key) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"no header at all",
        b"Subject: =?utf-8?b?broken\r\nContent-Type: multipart/mixed\r\n\r\nbody",
        b"Subject: \xff\xfe\x00 nul\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\xff\x00",
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!!",
        b"Subject: long\r\n\r\n" + b"x" * 50_000,
    ],
)
async def test_garbled_mail_is_read_as_well_as_it_goes(
    parts: Container, sessions: Sessions, key: str, raw: bytes
) -> None:
    assert await send(parts, raw, f"{key}@x.example") == {}
    assert len(await alerts(sessions, key)) == 1


@pytest.mark.parametrize(
    "part",
    [b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", b"Content-Type: message/rfc822\r\n\r\n%.d%.d"],
    ids=["multipart", "mail in a mail"],
)
async def test_a_message_that_no_parser_reads_is_kept(
    parts: Container, sessions: Sessions, key: str, part: bytes
) -> None:
    raw = b"Subject: PROBLEM: disk\r\n" + b"".join(part % (level, level) for level in range(2000)) + b"\r\nfull"
    assert await send(parts, raw, f"{key}@x.example") == {}
    (one,) = await alerts(sessions, key)
    assert (one["title"], one["fate"]) == ("PROBLEM: disk", "new")


async def test_the_key_is_kept_nowhere(
    parts: Container, sessions: Sessions, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    mail = message(f"PROBLEM: mail to {key} is late", Delivered_To=f"<{key.upper()}@x.example>")
    await send(parts, mail, f"alerts+{key}@x.example")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        await send(parts, mail, f"{key}x@x.example")
    (one,) = await alerts(sessions, key)
    assert key not in str(one).lower()
    assert key not in caplog.text.lower()


async def test_without_a_database_it_is_to_try_again(
    parts: Container, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await send(parts, message(), f"{key}@x.example")  # the key is known for a while
    await parts.intake_pool.close()
    with pytest.raises(smtplib.SMTPDataError) as refused:
        await send(parts, message(), f"{key}@x.example")
    assert refused.value.smtp_code == 451

    async def away(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(parts.credentials, "caller", away)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as at_once:
        await send(parts, message(), f"{key}@x.example")
    assert {code for code, _ in at_once.value.recipients.values()} == {451}


async def test_starttls_with_the_certificate_of_the_pages(parts: Container, sessions: Sessions, key: str) -> None:
    def work() -> None:
        with smtplib.SMTP("127.0.0.1", parts.settings.smtp_port or 0, timeout=60) as client:
            client.starttls(context=ssl.create_default_context(cafile=str(parts.settings.tls_cert)))
            client.ehlo()
            assert "auth" not in client.esmtp_features
            client.sendmail("a@example.com", [f"{key}@x.example"], message().as_bytes())

    await asyncio.to_thread(work)
    assert len(await alerts(sessions, key)) == 1


async def test_too_many_connections_are_told_so_and_the_others_are_served(
    parts: Container, sessions: Sessions, key: str
) -> None:
    port = parts.settings.smtp_port or 0
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MOST_SESSIONS)]
    for reader, _ in held:
        assert (await reader.readline()).startswith(b"220")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert (await reader.readline()).startswith(b"421")
    writer.close()
    for _, one in held[:2]:
        one.close()
        await one.wait_closed()

    async def is_served() -> bool:
        try:
            return await send(parts, message(), f"{key}@x.example") == {}
        except smtplib.SMTPConnectError:  # it has not seen yet that they are gone
            return False

    await eventually(is_served)
    for _, one in held:
        one.close()


async def test_it_stops_while_senders_are_connected(settings: Settings, engine: Any) -> None:
    changed = settings.model_copy(update={"smtp_port": free_port()})
    async with asyncio.timeout(60), open_container(changed) as parts:
        async with listening(parts):
            reader, writer = await asyncio.open_connection("127.0.0.1", changed.smtp_port)
            await reader.readline()
        assert await reader.read() == b""
        writer.close()


async def test_a_port_that_is_taken_is_named(parts: Container) -> None:
    with pytest.raises(SettingsError, match="TOCSIN_SMTP_PORT"):
        async with listening(parts):
            pass


async def test_it_is_off_unless_a_port_is_set(settings: Settings, engine: Any) -> None:
    async with open_container(settings) as parts, listening(parts):
        assert parts.settings.smtp_port is None
