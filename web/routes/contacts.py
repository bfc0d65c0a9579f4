"""Contact methods of a person: made, verified by a code, tried by a test page, deleted; and their password."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter, ValidationError

from api.contact_methods import add_method, person_to_change, send_code, try_code
from api.passwords import PasswordIn, give_password
from api.problems import Problem
from api.routes.people import CodeIn, take_away, test_method, test_page
from db.notices import PLAYED_BY
from domain.channels import ChannelName
from web import flash
from web.addressed import id_of
from web.errors import PageRoute
from web.filters import in_path
from web.refusals import noted
from web.routes.people import page, require_own
from web.sign_in import Browser, Parts, Posted
from web.views.naming import address_of
from web.views.people import ADDRESS_LONGEST, METHOD_FIELDS, PASSWORD_FIELDS

router = APIRouter(route_class=PageRoute)

NO_SUCH = "There is no such contact method."

CHANNEL = TypeAdapter(ChannelName)


@router.post("/people/{email:path}/methods")
async def add(request: Request, parts: Parts, browser: Browser, form: Posted, email: str) -> Response:
    """A new address; it is used once it is verified, and the code is sent at once."""
    require_own(browser, email)
    address = form.text("address", longest=ADDRESS_LONGEST, shortest=1)
    try:
        channel = CHANNEL.validate_python(form.raw("channel"))
    except ValidationError:
        channel, form.errors["channel"] = ChannelName.EMAIL, "Choose one of the list."
    if not form.errors:
        with noted(form, METHOD_FIELDS, "address"):
            whose = await person_to_change(parts, browser.principal, email)
            made = await add_method(parts, whose, channel, address)
            await send_code(parts, whose, made.id)
            return _back(email, "A code was sent to this address: type it in below within ten minutes.")
    return await page(request, parts, browser, email, form)


@router.post("/people/{email:path}/methods/{method}/code")
async def code(parts: Parts, browser: Browser, form: Posted, email: str, method: str) -> Response:
    """Another code."""
    require_own(browser, email)
    await send_code(parts, await person_to_change(parts, browser.principal, email), id_of(method, NO_SUCH))
    return _back(email, "A code was sent to this address; the one before is good no more.")


@router.post("/people/{email:path}/methods/{method}/verify")
async def verify(request: Request, parts: Parts, browser: Browser, form: Posted, email: str, method: str) -> Response:
    """The code that was sent."""
    require_own(browser, email)
    id = id_of(method, NO_SUCH)
    field = f"code_{id.hex}"
    try:
        given = CodeIn(code=form.raw(field)).code.strip()
        await try_code(parts, await person_to_change(parts, browser.principal, email), id, given)
        return _back(email, "The address is verified: pages go there from now on.")
    except ValidationError:
        form.errors[field] = "Six digits, as they were sent."
    except Problem as problem:
        if problem.status not in (409, 422, 429):
            raise
        text = problem.errors[0]["message"] if problem.errors else problem.detail
        text = text.replace("with send-code/", "below")
        form.errors[field] = f"{text[:1].upper()}{text[1:]}."
    return await page(request, parts, browser, email, form)


@router.post("/people/{email:path}/methods/{method}/test")
async def try_method(parts: Parts, browser: Browser, form: Posted, email: str, method: str) -> Response:
    """A test page by one address."""
    require_own(browser, email)
    done = await test_method(email, id_of(method, NO_SUCH), parts, browser.principal)
    return _tried(email, done["items"])


@router.post("/people/{email:path}/methods/{method}/remove")
async def remove(parts: Parts, browser: Browser, form: Posted, email: str, method: str) -> Response:
    """Nothing is sent there any more."""
    require_own(browser, email)
    await take_away(email, id_of(method, NO_SUCH), parts, browser.principal)
    return _back(email, "The address is gone.")


@router.post("/people/{email:path}/password")
async def password(request: Request, parts: Parts, browser: Browser, form: Posted, email: str) -> Response:
    """Another password; with one's own, this browser signs in anew."""
    require_own(browser, email)
    with noted(form, PASSWORD_FIELDS, "password"):
        wanted = PasswordIn(password=form.raw("password"), current=form.raw("current"))
        whose = await person_to_change(parts, browser.principal, email)
        await give_password(parts, browser.principal, whose, wanted)
        here = f"{address_of('people', email)}#sign-in"
        return flash.redirect(here, "good", "The password is kept; whoever was signed in with the old one is not.")
    return await page(request, parts, browser, email, form)


@router.post("/people/{email:path}/test-page")
async def try_all(parts: Parts, browser: Browser, form: Posted, email: str) -> Response:
    """A test page by every way that can be used."""
    require_own(browser, email)
    done = await test_page(email, parts, browser.principal)
    return _tried(email, done["items"])


def _back(email: str, done: str) -> Response:
    return flash.redirect(f"{address_of('people', email)}#methods", "good", done)


def _tried(email: str, sent: Sequence[Mapping[str, Any]]) -> Response:
    """To the inbox, where the test page is; what went elsewhere, or nowhere, is said."""
    here = f"{address_of('people', email)}#methods"
    if errors := [one["error"] for one in sent if one["error"]]:
        return flash.redirect(here, "bad", f"A test page was not taken: {'; '.join(errors)}.")
    if all(one["provider"] != PLAYED_BY for one in sent):
        return flash.redirect(here, "good", "The test page was sent, and taken.")
    return flash.redirect(f"/inbox/{in_path(email)}", "good", "The test page was sent: here it is.")
