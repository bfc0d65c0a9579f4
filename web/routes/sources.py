"""One source, and what may be done to it: made, given a new key, switched off and on, deleted."""

from typing import Any

from fastapi import APIRouter, Request, Response

from api.container import Container
from api.problems import Problem
from api.routes.sources import SourceIn, change_source, delete_source, make_source, new_key, one_source
from db.access import BrowserSession
from db.models import new_id
from domain.roles import Permission, may
from web import flash
from web.errors import PageRoute
from web.forms import Form
from web.queries import service_names
from web.refusals import noted
from web.rendering import render
from web.sign_in import Browser, Parts, Posted, require
from web.views.intake import alerts_values, wanted
from web.views.senders import limit_in_words, pointing
from web.views.sources import ALL_KINDS, FIELDS, NAME_LONGEST, asked, in_words

router = APIRouter(route_class=PageRoute)

CONFIRM = "Tick the box to confirm."
TAKEN = "It exists already, and its key was shown then. If you do not have it, make a new one."


@router.get("/intake/sources/new")
async def new_source_page(request: Request, parts: Parts, browser: Browser) -> Response:
    """The empty form."""
    require(browser, Permission.MANAGE)
    return await _form(request, parts, Form({}))


@router.post("/intake/sources/new")
async def add_source(request: Request, parts: Parts, browser: Browser, form: Posted) -> Response:
    """A new source; the page that follows shows its key, once."""
    require(browser, Permission.MANAGE)
    id, body = form.new_id, asked(form)
    if not form.errors:
        with noted(form, FIELDS, "name"):
            return _key_page(request, parts, await make_source(SourceIn.model_validate(body), parts, id))
        if await _is_there(parts, str(id)):
            return flash.redirect(f"/intake/sources/{id}", "wait", TAKEN)
    return await _form(request, parts, form)


@router.get("/intake/sources/{source}")
async def source_page(request: Request, parts: Parts, browser: Browser, source: str) -> Response:
    """How a source is set, how its sender is pointed here, and what it sent."""
    return await _page(request, parts, browser, source, {})


@router.post("/intake/sources/{source}/key")
async def make_key(request: Request, parts: Parts, browser: Browser, form: Posted, source: str) -> Response:
    """A new key, shown once; the one before is refused from now on."""
    require(browser, Permission.MANAGE)
    if not form.ticked("key_confirmed"):
        return await _page(request, parts, browser, source, {"key_confirmed": CONFIRM})
    return _key_page(request, parts, await new_key(source, parts))


@router.post("/intake/sources/{source}/active")
async def switch(parts: Parts, browser: Browser, form: Posted, source: str) -> Response:
    """Off: its key is refused. On: as before."""
    require(browser, Permission.MANAGE)
    on = form.raw("active") == "yes"
    shown = await change_source(source, {"is_active": on}, parts)
    text = "is active: its alerts are taken." if on else "is off: its key is refused."
    return flash.redirect(f"/intake/sources/{shown['id']}", "good", f"{shown['name']} {text}")


@router.post("/intake/sources/{source}/delete")
async def delete(request: Request, parts: Parts, browser: Browser, form: Posted, source: str) -> Response:
    """Delete a source with its rules; what it sent is kept."""
    require(browser, Permission.MANAGE)
    shown = await one_source(source, parts)
    if not form.ticked("delete_confirmed"):
        return await _page(request, parts, browser, source, {"delete_confirmed": CONFIRM})
    await delete_source(source, parts)
    return flash.redirect("/intake", "good", f"{shown['name']} is deleted. What it sent is kept.")


async def _is_there(parts: Container, id: str) -> bool:
    try:
        return bool(await one_source(id, parts))
    except Problem:
        return False


async def _form(request: Request, parts: Container, form: Form) -> Response:
    async with parts.sessions() as session:
        services = await service_names(session)
    return render(
        request,
        "source_new.html",
        422 if form.errors else 200,
        form=form,
        errors=form.errors,
        form_id=new_id().hex,
        kinds=ALL_KINDS,
        services=services,
        name_longest=NAME_LONGEST,
    )


def _key_page(request: Request, parts: Container, source: dict[str, Any]) -> Response:
    has_one = source["heartbeat_seconds"] is not None
    pointed = pointing(source["kind"], parts.settings, heartbeat=has_one, key=source["key"])
    return render(request, "source_key.html", source=source, pointed=pointed)


async def _page(
    request: Request, parts: Container, browser: BrowserSession, reference: str, errors: dict[str, str]
) -> Response:
    source = await one_source(reference, parts)
    here = f"/intake/sources/{source['id']}"
    chosen = wanted(request.query_params, here)
    values = await alerts_values(parts, chosen, source["id"])
    return render(
        request,
        "source.html",
        422 if errors or chosen.errors else 200,
        source=source,
        here=here,
        words=list(in_words(source, limit_in_words(parts.settings))),
        pointed=pointing(source["kind"], parts.settings, heartbeat=source["heartbeat_seconds"] is not None),
        may_manage=may(browser.principal.role, Permission.MANAGE),
        errors=errors,
        new_form_id=lambda: new_id().hex,
        **values,
    )
