"""Who is signed in, and the word that every form must carry."""

import hmac
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from api.container import Container
from config.settings import Settings
from db.access import BrowserSession, begin_session, by_cookie, end_session
from domain.roles import Permission, may
from web.errors import PageError, SignInNeeded
from web.forms import Form, read_form

COOKIE = "tocsin_session"
LASTS = timedelta(hours=12)


def container(request: Request) -> Container:
    """The parts of this process."""
    parts: Container = request.app.state.container
    return parts


Parts = Annotated[Container, Depends(container)]


async def browser_of(request: Request, parts: Container) -> BrowserSession | None:
    """The session of the browser that asks."""
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return None
    async with parts.sessions() as session:
        return await by_cookie(session, cookie)


async def signed_in(request: Request, parts: Parts) -> BrowserSession:
    """Who looks at a page.

    Raises:
        SignInNeeded: nobody.
    """
    browser = await browser_of(request, parts)
    if browser is None:
        raise SignInNeeded
    request.state.browser = browser
    return browser


Browser = Annotated[BrowserSession, Depends(signed_in)]


async def posted_form(request: Request, browser: Browser) -> Form:
    """What a signed-in person posted from one of our own pages.

    Raises:
        PageError: the form does not carry the session's word.
    """
    form = await read_form(request)
    if not hmac.compare_digest(form.raw("csrf").encode(), browser.csrf.encode()):
        raise PageError(403, "The form is not from a page of this session. Load the page again and repeat.")
    return form


Posted = Annotated[Form, Depends(posted_form)]


def require(browser: BrowserSession, permission: Permission) -> None:
    """Refuse who lacks a permission.

    Raises:
        PageError: they do.
    """
    if not may(browser.principal.role, permission):
        raise PageError(403, f"Your role “{browser.principal.role}” does not have the permission “{permission.value}”.")


async def begin(request: Request, parts: Container, response: Response, user_id: UUID) -> None:
    """Sign in with a new session; the browser's old one ends."""
    async with parts.sessions.begin() as session:
        old = request.cookies.get(COOKIE)
        if old:
            await end_session(session, old)
        cookie = await begin_session(session, user_id, datetime.now(UTC) + LASTS)
    response.set_cookie(
        COOKIE,
        cookie,
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=is_https(request, parts.settings),
    )


async def end(request: Request, parts: Container, response: Response) -> None:
    """Sign out."""
    cookie = request.cookies.get(COOKIE)
    if cookie:
        async with parts.sessions.begin() as session:
            await end_session(session, cookie)
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=is_https(request, parts.settings))


def is_https(request: Request, settings: Settings) -> bool:
    """Whether browsers reach this process by https."""
    return request.url.scheme == "https" or settings.base_url.startswith("https://")
