"""The one guarded way out, for addresses that somebody typed in: webhooks and calendars.

Whoever may enter an address could otherwise make Tocsin ask what only Tocsin can reach. So a host is resolved here,
its addresses are looked at, and the connection goes to one of those: a name that means something else a moment later
(DNS rebinding) changes nothing. Addresses are secrets, for many carry a token: messages name the host alone.
"""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

import httpx

from gateway.public_addresses import is_public

MAX_BYTES = 2 * 1024 * 1024
MAX_REDIRECTS = 3

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host, for a port; OSError when it has none."""


class AddressRefused(httpx.UnsupportedProtocol):
    """This client never talks to that address: asking again changes nothing."""


class AnswerTooLarge(httpx.TransportError):
    """The answer is longer than whoever asked wants to hold."""


def outgoing_client(
    allow_private: bool,
    timeout_seconds: float,
    *,
    max_bytes: int = MAX_BYTES,
    resolve: Resolve | None = None,
    verify: ssl.SSLContext | None = None,
) -> httpx.AsyncClient:
    """A client for addresses that users type in; close it at the end.

    Args:
        allow_private: also talk to loopback and private addresses, as the embedded default does.
        timeout_seconds: for each of at most four exchanges (three redirects), from its first step to its last byte.
        max_bytes: how long an answer may be.
        resolve: how a host's addresses are found; the system's way if None.
        verify: which certificates are trusted; the usual ones if None.

    Its requests raise httpx.HTTPError: AddressRefused, AnswerTooLarge, httpx.TooManyRedirects, or what httpx has for
    networks that fail. Proxies of the environment are not used: they would resolve names themselves.
    """
    transport = _Guarded(allow_private, timeout_seconds, max_bytes, resolve or _system_addresses, verify)
    return httpx.AsyncClient(
        transport=transport,
        timeout=timeout_seconds,
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        trust_env=False,
        # Uncompressed, so that a small answer stays small.
        headers={"User-Agent": "Tocsin", "Accept-Encoding": "identity"},
    )


class _Guarded(httpx.AsyncBaseTransport):
    """Looks at every single request, hence at every redirect, too."""

    def __init__(
        self,
        allow_private: bool,
        timeout_seconds: float,
        max_bytes: int,
        resolve: Resolve,
        verify: ssl.SSLContext | None,
    ) -> None:
        self._allow_private = allow_private
        self._timeout = timeout_seconds
        self._max_bytes = max_bytes
        self._resolve = resolve
        # No connection is used twice: it is known by its address, and two hosts of different owners may share one.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._inner = httpx.AsyncHTTPTransport(
            verify=verify or httpx.create_ssl_context(), trust_env=False, limits=limits
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        if request.url.scheme not in {"http", "https"} or not host:
            raise AddressRefused(f"{host or 'the address'}: only http:// and https:// addresses are asked")
        if _port(request.url) > 65_535:
            raise AddressRefused(f"{host}: there is no port {_port(request.url)}")
        deadline = time.monotonic() + self._timeout
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._ask(request, await self._addresses(request.url))
        except TimeoutError as error:
            raise httpx.ReadTimeout(f"{host} does not answer within {self._timeout:g} s") from error
        return await self._limited(response, host, deadline)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _addresses(self, url: httpx.URL) -> Sequence[str]:
        """The addresses that may be connected to: all of the host's, or none."""
        try:
            addresses = await self._resolve(url.raw_host.decode("ascii").strip("[]"), _port(url))
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"{url.host} has no network address") from error
        if not addresses:
            raise httpx.ConnectError(f"{url.host} has no network address")
        if not self._allow_private and not all(map(is_public, addresses)):
            raise AddressRefused(
                f"{url.host} leads to a loopback, private or otherwise reserved address, which is not allowed here"
            )
        return addresses

    async def _ask(self, request: httpx.Request, addresses: Sequence[str]) -> httpx.Response:
        """Ask the first address that takes a connection; TLS goes by the host's name all the same."""
        host, failure = request.url.host, ""
        for address in addresses:
            extensions = {**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii").strip("[]")}
            there = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,  # `Host` is among them
                stream=request.stream,
                extensions=extensions,
            )
            with _named(host):
                try:
                    return await self._inner.handle_async_request(there)
                except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                    failure = str(error)
        raise httpx.ConnectError(f"{host} cannot be reached: {failure or 'no answer'}")

    async def _limited(self, response: httpx.Response, host: str, deadline: float) -> httpx.Response:
        """The same answer with a body that ends with an error where it becomes too long or takes too long."""
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in {"", "identity"}:
            await response.aclose()
            raise httpx.DecodingError(f"{host} answers compressed, though it was asked not to")
        if not isinstance(response.stream, httpx.AsyncByteStream):
            raise TypeError("an asynchronous transport answers with an asynchronous stream")
        response.stream = _Bounded(response.stream, host, self._max_bytes, deadline)
        return response


class _Bounded(httpx.AsyncByteStream):
    """A body that is read no further than a number of bytes and a point in time."""

    def __init__(self, inner: httpx.AsyncByteStream, host: str, max_bytes: int, deadline: float) -> None:
        """Args: deadline: by time.monotonic()."""
        self._inner = inner
        self._host = host
        self._max_bytes = max_bytes
        self._deadline = deadline

    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen = 0
        with _named(self._host):
            async for chunk in self._inner:
                seen += len(chunk)
                if seen > self._max_bytes:
                    raise AnswerTooLarge(f"{self._host} answers with more than {self._max_bytes:,} bytes")
                if time.monotonic() > self._deadline:
                    raise httpx.ReadTimeout(f"{self._host} takes too long to answer")
                yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


@contextlib.contextmanager
def _named(host: str) -> Iterator[None]:
    """Errors of the network name the host; httpx leaves many of them without a word."""
    try:
        yield
    except httpx.TransportError as error:
        if host in str(error):
            raise
        raise type(error)(f"{host}: {str(error) or type(error).__name__}") from error


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


async def _system_addresses(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
