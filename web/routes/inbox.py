"""The built-in inbox: every message that was sent to a person or a channel."""

from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.catalogue.people import may_change_person
from domain.notice import for_eyes_of
from web.errors import PageError, PageRoute
from web.filters import in_path
from web.forms import text_error
from web.queries import channels, people
from web.rendering import render
from web.sign_in import Browser, Parts
from web.views.incident import local

router = APIRouter(route_class=PageRoute)

PAGE = 30
RECIPIENT_LONGEST = 320
HIDDEN = "A code, for its recipient alone."


@router.get("/inbox")
async def inbox(request: Request, parts: Parts, browser: Browser) -> Response:
    """My messages; the picker's choice leads to those of others."""
    chosen = request.query_params.get("recipient")
    if chosen:
        return RedirectResponse(f"/inbox/{in_path(_checked(chosen))}", 303)
    return await _page(request, parts, browser, browser.principal.email)


@router.get("/inbox/{recipient:path}")
async def inbox_of(request: Request, parts: Parts, browser: Browser, recipient: str) -> Response:
    """The messages of a person, a `#channel` or an address."""
    return await _page(request, parts, browser, _checked(recipient))


def _checked(recipient: str) -> str:
    if error := text_error(recipient, longest=RECIPIENT_LONGEST):
        raise PageError(400, f"That is no recipient. {error}")
    return recipient


async def _page(request: Request, parts: Parts, browser: Browser, recipient: str) -> Response:
    try:
        cursor = request.query_params.get("before")
        before = UUID(cursor) if cursor else None
    except ValueError as error:
        raise PageError(400, "There is no such page of the inbox.") from error
    messages = await parts.inbox.latest(recipient, PAGE + 1, before)
    async with parts.sessions() as session:
        everybody, all_channels = await people(session), await channels(session)
        user = (await parts.catalogue.read(session)).user_named.get(recipient)
    reader = browser.principal
    may_change = may_change_person(reader, user)
    readable = partial(for_eyes_of, recipient=recipient, reader=reader.email, may_change=may_change)
    base_url = parts.settings.base_url
    shown = [
        {
            "message": message,
            "text": message.text if readable(message.step) else HIDDEN,
            "number": number,
            "links": [(local(link["href"], base_url), link["text"]) for link in message.links],
        }
        for message, number in messages[:PAGE]
    ]
    here = f"/inbox/{in_path(recipient)}"
    return render(
        request,
        "inbox.html",
        live="/live",
        recipient=recipient,
        is_mine=recipient == browser.principal.email,
        messages=shown,
        people=everybody,
        channels=all_channels,
        older=f"{here}?before={messages[PAGE - 1][0].id}" if len(messages) > PAGE else None,
    )
