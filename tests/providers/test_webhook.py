"""Pages by webhook, against a server of our own that verifies them with the library of the standard."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from config.logging import configure_logging
from config.settings import Settings
from domain.channels import ChannelName
from domain.notice import Notice
from domain.page import Page
from domain.texts import Message
from providers.protocols import ProviderError, Refused
from providers.webhook import WebhookChannel
from tests.support.receiver import SECRET, Receiver, receiving

OTHER = "whsec_c2VjcmV0IG9mIHNvbWVib2R5IGVsc2Uh"
ID = UUID("6f0d6a1c-8f57-4a55-9d0e-0d6a9fd3b001")
INCIDENT = UUID("6f0d6a1c-8f57-4a55-9d0e-0d6a9fd3b002")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def page(url: str) -> Page:
    return Page(
        id=ID,
        incident_id=INCIDENT,
        step="p1.r1.s2",
        recipient=url,
        channel="webhook",
        reason="named by the policy",
        message=Message(text="PAGE [SEV1] payments: é 50 %", links=(("https://tocsin.example/i/1", "Incident"),)),
    )


async def send(url: str, secret: str | None = SECRET) -> str:
    async with httpx.AsyncClient(timeout=60, trust_env=False, follow_redirects=True) as client:
        return await WebhookChannel(client, secret).send(page(url))


async def test_the_receiver_can_verify_a_page(receiver: Receiver) -> None:
    assert await send(receiver.url) == str(ID)
    ((path, headers, body),) = receiver.received
    assert path == "/5ecret?token=5ecret"
    assert headers["content-type"] == "application/json" and headers["webhook-id"] == str(ID)
    said = Webhook(SECRET).verify(body, headers)
    assert said["type"] == "page"
    assert abs((datetime.now(UTC) - datetime.fromisoformat(said["timestamp"])).total_seconds()) < 60
    assert said["data"] == {
        "incident_id": str(INCIDENT),
        "step": "p1.r1.s2",
        "reason": "named by the policy",
        "message": "PAGE [SEV1] payments: é 50 %",
        "links": [{"href": "https://tocsin.example/i/1", "text": "Incident"}],
    }
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"SEV1", b"SEV2"), headers)


async def test_a_page_that_comes_again_has_the_same_id(receiver: Receiver) -> None:
    await send(receiver.url)
    await send(receiver.url)
    assert {headers["webhook-id"] for _, headers, _ in receiver.received} == {str(ID)}


async def test_without_a_secret_it_is_not_signed(receiver: Receiver) -> None:
    await send(receiver.url, None)
    assert "webhook-signature" not in receiver.received[0][1]


@pytest.mark.parametrize("status", [400, 401, 404, 410, 422, 301, 307])
async def test_what_will_not_change_is_refused(receiver: Receiver, status: int) -> None:
    receiver.status = status
    with pytest.raises(Refused, match=rf"127\.0\.0\.1 .*{status}") as error:
        await send(receiver.url)
    assert "ecret" not in str(error.value)
    assert len(receiver.received) == 1  # a redirect is not followed: it would lose the page


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
async def test_what_may_change_is_tried_again(receiver: Receiver, status: int) -> None:
    receiver.status = status
    with pytest.raises(ProviderError, match=rf"127\.0\.0\.1 answers {status}") as error:
        await send(receiver.url)
    assert not isinstance(error.value, Refused)


async def test_nobody_there_is_tried_again() -> None:
    with pytest.raises(ProviderError, match=r"127\.0\.0\.1") as error:
        await send("http://127.0.0.1:9/5ecret")
    assert not isinstance(error.value, Refused) and "ecret" not in str(error.value)


@pytest.mark.parametrize("url", ["nonsense-5ecret", "ftp://x.example/5ecret", "http://", "http://xn--/5ecret"])
async def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(Refused) as error:
        await send(url)
    assert "ecret" not in str(error.value)


@pytest.mark.parametrize(
    "failure",
    [lambda url: httpx.ConnectError(f"cannot reach {url}"), lambda url: httpx.ReadTimeout(""), httpx.TooManyRedirects],
)
async def test_errors_never_repeat_the_address(failure: Callable[[str], httpx.HTTPError]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise failure(str(request.url))

    async with httpx.AsyncClient(transport=httpx.MockTransport(fail)) as client:
        with pytest.raises(ProviderError, match=r"hook\.example") as error:
            await WebhookChannel(client).send(page("https://me:pass@hook.example/5ecret"))
    assert "ecret" not in str(error.value) and "pass" not in str(error.value)


async def test_logs_never_repeat_the_address(
    receiver: Receiver, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        configure_logging(settings.model_copy(update={"log_level": "DEBUG"}))
        await send(receiver.url)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    logged = capsys.readouterr().err
    assert "127.0.0.1" in logged and "5ecret" not in logged


async def test_a_notice_is_posted_and_signed_and_a_failure_is_told(receiver: Receiver) -> None:
    notice = Notice(key="k", kind="test_page", recipient="ana@example.com", channel=ChannelName.WEBHOOK, text="Test")
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        channel = WebhookChannel(client, SECRET)
        assert await channel.try_notice(receiver.url, ID, notice) is None
        receiver.status = 500
        error = await channel.try_notice(receiver.url, ID, notice)
    said, _ = receiver.said()
    assert (said["type"], said["data"]) == ("test_page", {"message": "Test", "links": []})
    assert error == "webhook: 127.0.0.1 answers 500"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!"])
async def test_a_secret_that_is_none_is_told_at_once(secret: str) -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(ValueError, match="whsec_ and base64"):
            WebhookChannel(client, secret)
