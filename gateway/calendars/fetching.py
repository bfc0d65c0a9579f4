"""Fetches a calendar from its address."""

import httpx

MAX_BYTES = 2 * 1024 * 1024
_BEGINNING = b"BEGIN:VCALENDAR"


class CalendarNotFetched(Exception):
    """There is no calendar at an address now; the message says what there is, naming the host alone."""


async def fetch(client: httpx.AsyncClient, url: str) -> bytes:
    """The text of a calendar.

    Args:
        client: of `gateway.outgoing`, for the address comes from a user.
        url: http://, https:// or webcal://, often with a secret in it.

    Raises:
        CalendarNotFetched: no answer, none that is a success, one that is too long, or one that is no calendar.
    """
    address = _address(url)
    try:
        async with client.stream("GET", address, headers={"Accept": "text/calendar, */*;q=0.1"}) as response:
            _check_status(address.host, response.status_code)
            body = await _read(address.host, response)
    except httpx.TooManyRedirects as error:
        raise CalendarNotFetched(f"{address.host} redirects too often") from error
    except httpx.HTTPError as error:
        said = str(error) or type(error).__name__
        raise CalendarNotFetched(said if address.host in said else f"{address.host}: {said}") from error
    _check_content(address.host, body)
    return body


def _address(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url.strip())
    except (httpx.InvalidURL, TypeError) as error:
        raise CalendarNotFetched("the calendar's address cannot be read: it must begin with https://") from error
    if address.scheme in {"webcal", "webcals"}:  # what calendar programs call a subscription; it is HTTP all the same
        address = address.copy_with(scheme="https")
    if address.scheme not in {"http", "https"} or not address.host:
        raise CalendarNotFetched("the calendar's address must begin with https:// and name a host")
    return address


def _check_status(host: str, status: int) -> None:
    if 200 <= status < 300:
        return
    hints = {
        401: "it wants a log-in; use the calendar's secret address",
        403: "it wants a log-in; use the calendar's secret address",
        404: "the address is wrong or was reset",
        410: "the calendar was deleted",
        429: "it is asked too often",
    }
    hint = hints.get(status)
    raise CalendarNotFetched(f"{host} answers {status}" + (f": {hint}" if hint else ""))


async def _read(host: str, response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise CalendarNotFetched(f"the calendar of {host} is longer than {MAX_BYTES:,} bytes")
    return bytes(body)


def _check_content(host: str, body: bytes) -> None:
    beginning = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:512]
    if not beginning:
        raise CalendarNotFetched(f"{host} answers with nothing")
    if beginning.upper().startswith(_BEGINNING):
        return
    if beginning.startswith(b"<"):
        raise CalendarNotFetched(f"{host} answers with a web page instead of a calendar: use the address of its .ics")
    raise CalendarNotFetched(f"{host} answers with something that is no calendar: it must begin with BEGIN:VCALENDAR")
