"""The guarded way out, against servers of our own and names that a resolver of our own makes up."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import httpx
import pytest

from gateway.outgoing import AddressRefused, AnswerTooLarge, Resolve, outgoing_client
from gateway.public_addresses import is_public
from tests.support.certificates import make_certificate

PATIENCE = 60
"""Seconds that nothing here takes, unless the machine stands still."""
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers each request line with bytes, and remembers what it was sent."""

    def __init__(self) -> None:
        self.port = 0
        self.heads: list[str] = []
        self.answers: dict[str, bytes] = {}
        self.serving: list[asyncio.Task[None] | None] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.append(asyncio.current_task())
        with contextlib.closing(writer), contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heads.append(head)
            writer.write(self.answers.get(head.split(" ")[1], OK))
            await writer.drain()
            if head.split(" ")[1] == "/slow":
                while True:
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def running(tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        done = await asyncio.gather(*map(_ended, server.serving), return_exceptions=True)
        assert not [error for error in done if isinstance(error, Exception)]


async def _ended(task: asyncio.Task[None] | None) -> None:
    assert task is not None
    task.cancel()
    await task


def names(**known: str | Sequence[str]) -> Resolve:
    """A resolver: each host with its addresses, or with those of its first, second … answer."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        found = known.get(host.replace(".", "_"))
        if found is None:
            raise OSError("no such host")
        return [found] if isinstance(found, str) else found

    return resolve


def redirect(to: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
     "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1",
     "203.0.113.1", "192.88.99.1", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "fe80::1",
     "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "64:ff9b::7f00:1",
     "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::", "2001:0:4136:e378::1", "::ffff:0:127.0.0.1", "100::1", "", "x"],
)  # fmt: skip
def test_what_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)  # fmt: skip
def test_what_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:7f00:1]"]
)
async def test_loopback_is_refused_however_it_is_written(host: str) -> None:
    async with running() as server, outgoing_client(False, PATIENCE) as client:
        with pytest.raises(httpx.HTTPError) as error:
            await client.get(f"http://{host}:{server.port}/5ecret?token=5ecret")
        assert isinstance(error.value, AddressRefused | httpx.ConnectError)
        assert "ecret" not in str(error.value)
    assert server.heads == []


async def test_loopback_is_asked_where_it_is_allowed() -> None:
    async with running() as server, outgoing_client(True, PATIENCE) as client:
        response = await client.get(f"http://127.0.0.1:{server.port}/hook")
    assert response.text == "ok"
    assert "accept-encoding: identity" in server.heads[0].lower()


@pytest.mark.parametrize("addresses", ["10.0.0.7", ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"]])
async def test_a_name_with_any_private_address_is_refused(addresses: str | list[str]) -> None:
    async with outgoing_client(False, PATIENCE, resolve=names(inside_example=addresses)) as client:
        with pytest.raises(AddressRefused, match=r"inside\.example leads to a loopback, private"):
            await client.get("https://user:pass@inside.example/5ecret")


async def test_the_address_that_was_looked_at_is_the_one_that_is_asked() -> None:
    answers = iter([["127.0.0.1"], ["10.255.255.1"]])  # a second look-up would go astray

    async def rebinding(host: str, port: int) -> Sequence[str]:
        return next(answers)

    async with running() as server, outgoing_client(True, PATIENCE, resolve=rebinding) as client:
        assert (await client.get(f"http://hook.example:{server.port}/")).text == "ok"
    assert f"host: hook.example:{server.port}" in server.heads[0].lower()


async def test_the_next_address_is_tried_when_one_takes_no_connection() -> None:
    async with (
        running() as server,
        outgoing_client(True, PATIENCE, resolve=names(a_example=["127.0.0.2", "127.0.0.1"])) as client,
    ):
        assert (await client.post(f"http://a.example:{server.port}/", content=b"x")).text == "ok"


async def test_a_redirect_to_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # What is public is a matter of the machine here: the server has but a loopback address.
    monkeypatch.setattr("gateway.outgoing.is_public", lambda address: address == "127.0.0.1")
    resolve = names(outside_example="127.0.0.1", inside_example="10.0.0.1")
    async with running() as server, outgoing_client(False, PATIENCE, resolve=resolve) as client:
        server.answers = {
            "/": redirect(f"http://inside.example:{server.port}/5ecret"),
            "/file": redirect("file:///etc/passwd"),
        }
        with pytest.raises(AddressRefused, match=r"inside\.example leads to"):
            await client.get(f"http://outside.example:{server.port}/")
        with pytest.raises(httpx.UnsupportedProtocol):
            await client.get(f"http://outside.example:{server.port}/file")


async def test_three_redirects_are_followed_and_no_more() -> None:
    async with running() as server, outgoing_client(True, PATIENCE) as client:
        server.answers = {f"/{n}": redirect(f"/{n - 1}") for n in range(1, 5)}
        assert (await client.get(f"http://127.0.0.1:{server.port}/3")).text == "ok"
        with pytest.raises(httpx.TooManyRedirects):
            await client.get(f"http://127.0.0.1:{server.port}/4")


@pytest.mark.parametrize(
    "url", ["ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "unix:/x", "http://127.0.0.1:65536/"]
)
async def test_other_schemes_are_refused(url: str) -> None:
    async with outgoing_client(True, PATIENCE) as client:
        with pytest.raises(httpx.UnsupportedProtocol):
            await client.get(url)


@pytest.mark.parametrize("head", ["Content-Length: 5000", "Transfer-Encoding: chunked"])
async def test_an_answer_that_is_too_long_is_not_read(head: str) -> None:
    async with running() as server, outgoing_client(True, PATIENCE, max_bytes=1000) as client:
        body = b"x" * 5000 if "Length" in head else b"1388\r\n" + b"x" * 5000 + b"\r\n0\r\n\r\n"
        server.answers = {"/": f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body}
        with pytest.raises(AnswerTooLarge, match=r"127\.0\.0\.1 answers with more than 1,000 bytes"):
            await client.get(f"http://127.0.0.1:{server.port}/")


async def test_a_compressed_answer_is_refused() -> None:
    async with running() as server, outgoing_client(True, PATIENCE) as client:
        server.answers = {"/": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok"}
        with pytest.raises(httpx.DecodingError, match=r"127\.0\.0\.1 answers compressed"):
            await client.get(f"http://127.0.0.1:{server.port}/")


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "], ids=["body", "head"]
)
async def test_an_answer_that_drips_is_not_waited_for(answer: bytes) -> None:
    async with running() as server, outgoing_client(True, 0.5) as client:
        server.answers = {"/slow": answer}
        # On a slow machine half a second may be over before there is a connection.
        with pytest.raises((httpx.TimeoutException, httpx.ConnectError), match=r"127\.0\.0\.1"):
            await client.get(f"http://127.0.0.1:{server.port}/slow")


@pytest.mark.parametrize(
    ("answer", "error"), [(b"nonsense\r\n\r\n", httpx.RemoteProtocolError), (b"", httpx.RemoteProtocolError)]
)
async def test_errors_name_the_host_alone(answer: bytes, error: type[Exception]) -> None:
    async with running() as server, outgoing_client(True, PATIENCE) as client:
        server.answers = {"/5ecret?token=5ecret": answer}
        with pytest.raises(error, match=r"127\.0\.0\.1") as told:
            await client.get(f"http://127.0.0.1:{server.port}/5ecret?token=5ecret")
        assert "ecret" not in str(told.value)
        with pytest.raises(httpx.ConnectError, match=r"^nowhere\.invalid "):
            await client.get("http://nowhere.invalid/5ecret")


@pytest.fixture
def trusted(tmp_path: Path) -> Callable[[str], tuple[ssl.SSLContext, ssl.SSLContext]]:
    """For a server, with a certificate for a host; and for a client that trusts it."""

    def contexts(host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        certificate, key = make_certificate(tmp_path, host)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(certificate, key)
        return server, ssl.create_default_context(cafile=str(certificate))

    return contexts


async def test_tls_goes_by_the_name_though_the_address_is_asked(
    trusted: Callable[[str], tuple[ssl.SSLContext, ssl.SSLContext]],
) -> None:
    tls, verify = trusted("hook.example")
    asked: list[str | None] = []
    tls.sni_callback = lambda connection, name, context: asked.append(name)
    resolve = names(hook_example="127.0.0.1", other_example="127.0.0.1")
    async with running(tls) as server, outgoing_client(True, PATIENCE, resolve=resolve, verify=verify) as client:
        assert (await client.get(f"https://hook.example:{server.port}/")).text == "ok"
        with pytest.raises(httpx.ConnectError, match=r"other\.example cannot be reached"):
            await client.get(f"https://other.example:{server.port}/")
    assert asked == ["hook.example", "other.example"]
    assert len(server.heads) == 1


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with running() as server, outgoing_client(True, PATIENCE) as client:
        assert (await client.get(f"http://127.0.0.1:{server.port}/")).text == "ok"
