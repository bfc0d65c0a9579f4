"""What keeps alerts quiet: the page, and its silences."""

from fastapi import APIRouter, Request, Response

from api.routes.silences import SilenceIn, end_silence, make_silence
from db.models import new_id
from domain.roles import Permission, may
from web import flash
from web.addressed import id_of
from web.errors import PageRoute
from web.forms import Form
from web.refusals import noted
from web.rendering import render
from web.sign_in import Browser, Parts, Posted, require
from web.views.quiet import (
    DEFAULT_LENGTH,
    MATCHERS_LONGEST,
    REASON_LONGEST,
    SILENCE_FIELDS,
    quiet_values,
    silence_asked,
)

router = APIRouter(route_class=PageRoute)


@router.get("/quiet")
async def quiet(request: Request, parts: Parts, browser: Browser) -> Response:
    """Silences and maintenance windows."""
    return render(
        request,
        "quiet.html",
        may_change=may(browser.principal.role, Permission.RESPOND),
        new_form_id=lambda: new_id().hex,
        **await quiet_values(parts),
    )


@router.get("/quiet/silences/new")
async def silence_page(request: Request, parts: Parts, browser: Browser) -> Response:
    """The empty form."""
    require(browser, Permission.RESPOND)
    return _form(request, Form({"length": [DEFAULT_LENGTH]}))


@router.post("/quiet/silences/new")
async def add_silence(request: Request, parts: Parts, browser: Browser, form: Posted) -> Response:
    """A new silence; it holds from the next alert on."""
    require(browser, Permission.RESPOND)
    id, body = form.new_id, silence_asked(form)
    if not form.errors:
        with noted(form, SILENCE_FIELDS, "matchers"):
            await make_silence(SilenceIn.model_validate(body), parts, browser.principal.email, id)
            return flash.redirect("/quiet", "good", "The silence holds from the next alert on.")
    return _form(request, form)


@router.post("/quiet/silences/{silence}/end")
async def end(parts: Parts, browser: Browser, form: Posted, silence: str) -> Response:
    """End a silence now."""
    require(browser, Permission.RESPOND)
    await end_silence(id_of(silence), parts)
    return flash.redirect("/quiet", "good", "The silence is over.")


def _form(request: Request, form: Form) -> Response:
    return render(
        request,
        "silence_new.html",
        422 if form.errors else 200,
        form=form,
        errors=form.errors,
        form_id=new_id().hex,
        limits={"matchers": MATCHERS_LONGEST, "reason": REASON_LONGEST},
    )
