"""What an address answers, and what is said of it: the host and nothing else of the address."""

import httpx
import pytest

from gateway.calendars.fetching import MAX_BYTES, CalendarNotFetched, fetch
from gateway.outgoing import AddressRefused

URL = "https://user:pass@calendar.example/private-5ecret/basic.ics?token=5ecret"
ICS = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


async def fetched(answer: httpx.Response | Exception, url: str = URL) -> bytes:
    def handle(request: httpx.Request) -> httpx.Response:
        assert request.url.scheme == "https"
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        return await fetch(client, url)


@pytest.mark.parametrize("body", [ICS, b"\xef\xbb\xbf" + ICS, b"\r\n" + ICS.lower()])
async def test_a_calendar_is_fetched(body: bytes) -> None:
    assert await fetched(httpx.Response(200, content=body)) == body


async def test_webcal_is_https() -> None:
    assert await fetched(httpx.Response(200, content=ICS), "webcal://calendar.example/x.ics") == ICS


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (httpx.Response(404), "calendar.example answers 404: the address is wrong or was reset"),
        (httpx.Response(403), "calendar.example answers 403: it wants a log-in; use the calendar's secret address"),
        (httpx.Response(503), "calendar.example answers 503"),
        (httpx.Response(200), "calendar.example answers with nothing"),
        (httpx.Response(200, html="<!doctype html><title>Sign in</title>"), "answers with a web page instead"),
        (httpx.Response(200, json={}), "answers with something that is no calendar"),
        (httpx.Response(200, content=ICS + b" " * MAX_BYTES), "longer than 2,097,152 bytes"),
        (AddressRefused("calendar.example leads to a private address"), "calendar.example leads to"),
        (httpx.ReadTimeout(""), "calendar.example: ReadTimeout"),
    ],
)
async def test_what_is_no_calendar_is_named(answer: httpx.Response | Exception, why: str) -> None:
    with pytest.raises(CalendarNotFetched, match=why) as error:
        await fetched(answer)
    assert "ecret" not in str(error.value).replace("secret address", "") and "pass" not in str(error.value)


@pytest.mark.parametrize("url", ["", "calendar", "file:///etc/passwd", "ftp://x/y", "https://", "//x/y"])
async def test_what_is_no_address_is_named(url: str) -> None:
    with pytest.raises(CalendarNotFetched, match="must begin with https://"):
        await fetched(httpx.Response(200, content=ICS), url)
