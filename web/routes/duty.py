"""Swaps of duty, and hand-offs: asked, answered, noted, read."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from api.routes.schedule_handoffs import NoteIn, acknowledge_handoff, add_note
from api.routes.schedule_swaps import SwapIn, accept, ask, decline, withdraw
from domain.roles import Permission
from web import flash
from web.addressed import id_of
from web.errors import PageError, PageRoute
from web.forms import Form
from web.refusals import noted
from web.routes.schedule import page
from web.sign_in import Browser, Parts, Posted, require
from web.views.naming import address_of
from web.views.overrides import instant, zone_asked

router = APIRouter(route_class=PageRoute)

NO_SUCH = "There is nothing of this id."

NOTE_LONGEST, HANDOFF_NOTE_LONGEST = 2000, 5000
SWAP_FIELDS = {
    "from_user": "swap_to",
    "to_user": "swap_to",
    "start": "swap_start",
    "end": "swap_end",
    "level": "swap_level",
    "return_start": "swap_start",
    "return_end": "swap_end",
    "note": "swap_note",
}
ANSWERS = {
    "accept": (accept, "You take it over: the schedule says so now."),
    "decline": (decline, "You declined; whoever asked is told."),
    "withdraw": (withdraw, "You withdrew it."),
}


@router.post("/schedules/{name:path}/swaps")
async def ask_for_swap(request: Request, parts: Parts, browser: Browser, form: Posted, name: str) -> Response:
    """Somebody else is asked to take a piece of my duty."""
    require(browser, Permission.ACKNOWLEDGE)
    body = _swap_asked(form)
    if not form.errors:
        with noted(form, SWAP_FIELDS, "swap_start"):
            await ask(name, SwapIn.model_validate(body), parts, browser.principal)
            return _back(name, "swaps", f"{body['to_user']} is asked: nothing changes until they accept.")
    return await page(request, parts, browser, name, form=form)


@router.post("/schedules/{name:path}/swaps/{swap}/{answer}")
async def answer_swap(parts: Parts, browser: Browser, form: Posted, name: str, swap: str, answer: str) -> Response:
    """It is taken, or not, or not wanted any more."""
    require(browser, Permission.ACKNOWLEDGE)
    if answer not in ANSWERS:
        raise PageError(404, "There is no such answer.")
    give, done = ANSWERS[answer]
    await give(name, id_of(swap, NO_SUCH), parts, browser.principal)
    return _back(name, "swaps", done)


@router.post("/schedules/{name:path}/handoff-notes")
async def note(request: Request, parts: Parts, browser: Browser, form: Posted, name: str) -> Response:
    """What the next hand-off shall say."""
    require(browser, Permission.COMMENT)
    form.text("handoff_note", longest=HANDOFF_NOTE_LONGEST, shortest=1)
    if not form.errors:
        try:
            await add_note(name, NoteIn(text=form.raw("handoff_note")), parts, browser.principal)
            return _back(name, "handoffs", "The next hand-off says it.")
        except ValidationError:
            form.errors["handoff_note"] = "This cannot be kept: use plain text."
    return await page(request, parts, browser, name, form=form)


@router.post("/schedules/{name:path}/handoffs/{handoff}/acknowledge")
async def acknowledge(parts: Parts, browser: Browser, form: Posted, name: str, handoff: str) -> Response:
    """Whoever leaves or comes has read it."""
    require(browser, Permission.ACKNOWLEDGE)
    await acknowledge_handoff(name, id_of(handoff, NO_SUCH), parts, browser.principal)
    return _back(name, "handoffs", "You have read the hand-off.")


def _swap_asked(form: Form) -> dict[str, Any]:
    zone = zone_asked(form)
    body = {
        "to_user": form.raw("swap_to"),
        "start": instant(form, "swap_start", zone),
        "end": instant(form, "swap_end", zone),
        "level": form.number("swap_level") or 1,
        "note": form.text("swap_note", longest=NOTE_LONGEST),
    }
    if not body["to_user"]:
        form.errors["swap_to"] = "Choose a person."
    return body


def _back(name: str, where: str, done: str) -> Response:
    return flash.redirect(f"{address_of('schedules', name)}#{where}", "good", done)
