"""Sign-in and sign-out."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.sign_in import SIGN_IN
from config.passwords import password_matches
from db.access import user_by_email
from web.errors import PageError, PageRoute
from web.forms import read_form, text_error
from web.rendering import render
from web.sign_in import Parts, Posted, begin, browser_of, end

router = APIRouter(route_class=PageRoute)

HOME = "/incidents"
EMAIL_LONGEST, PASSWORD_LONGEST = 320, 1000


def local_path(target: str) -> str:
    """Where to go after the sign-in: a path of our own, else home."""
    plain = target.isprintable() and "\\" not in target
    is_path = target.startswith("/") and not target.startswith(("//", "/login", "/logout", "/live"))
    return target if plain and is_path and len(target) <= 2000 else HOME


@router.get("/")
async def home() -> Response:
    """The list is the home page."""
    return RedirectResponse(HOME, 302)


@router.get("/login")
async def login_page(request: Request, parts: Parts) -> Response:
    """The sign-in form; whoever is signed in goes on."""
    target = local_path(request.query_params.get("next", HOME))
    if await browser_of(request, parts):
        return RedirectResponse(target, 303)
    return _form(request, target)


@router.post("/login")
async def login(request: Request, parts: Parts) -> Response:
    """Sign in with a new session."""
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise PageError(403, "Sign in from Tocsin's own page.")
    if not SIGN_IN.allows(request.client.host if request.client else "unknown"):
        raise PageError(
            429, "Five attempts a minute are allowed from one address. Wait a minute.", {"Retry-After": "60"}
        )
    form = await read_form(request)
    email, password = form.raw("email").strip(), form.raw("password")
    target = local_path(form.raw("next"))
    if text_error(email, longest=EMAIL_LONGEST) or text_error(password, longest=PASSWORD_LONGEST):
        return _form(request, target, email[:EMAIL_LONGEST].replace("\x00", ""), wrong=True)
    async with parts.sessions() as session:
        user = await user_by_email(session, email)
    if not await asyncio.to_thread(password_matches, user.password_hash if user else None, password) or user is None:
        return _form(request, target, email, wrong=True)
    response = RedirectResponse(target, 303)
    await begin(request, parts, response, user.id)
    return response


@router.post("/logout")
async def logout(request: Request, parts: Parts, form: Posted) -> Response:
    """Sign out."""
    response = RedirectResponse("/login", 303)
    await end(request, parts, response)
    return response


def _form(request: Request, target: str, email: str = "", *, wrong: bool = False) -> Response:
    values: dict[str, Any] = {"next": target, "email": email, "wrong": wrong}
    return render(request, "login.html", 422 if wrong else 200, **values)
