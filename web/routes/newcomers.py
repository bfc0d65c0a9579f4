"""A new person of the catalogue."""

from fastapi import APIRouter, Request, Response

from api.catalogue import editing
from api.catalogue.people import PEOPLE
from db.access import BrowserSession
from domain.roles import RANK, Permission
from web import flash
from web.errors import PageRoute
from web.forms import Form
from web.refusals import noted
from web.rendering import render
from web.sign_in import Browser, Parts, Posted, require
from web.views.naming import address_of

router = APIRouter(route_class=PageRoute)

FIELDS = {"email": "email", "name": "name", "title": "title", "role": "role", "time_zone": "time_zone"}
"""The form's field for each of the API's."""


@router.get("/people/new")
async def newcomer_page(request: Request, browser: Browser) -> Response:
    """The empty form."""
    require(browser, Permission.MANAGE)
    return _form(request, browser, Form({"role": ["responder"], "time_zone": ["UTC"]}))


@router.post("/people/new")
async def add(request: Request, parts: Parts, browser: Browser, form: Posted) -> Response:
    """They are there; how they sign in is the operator's to say."""
    require(browser, Permission.MANAGE)
    body = {field: form.raw(name).strip() for field, name in FIELDS.items()}
    with noted(form, FIELDS, "email"):
        made = await editing.add(parts, browser.principal, PEOPLE, {**body, "title": body["title"] or None})
        here = address_of("people", made.after.email)
        return flash.redirect(here, "good", f"{made.after.name} is added: say below how to reach them.")
    return _form(request, browser, form)


def _form(request: Request, browser: BrowserSession, form: Form) -> Response:
    own = RANK[browser.principal.role]
    return render(
        request,
        "person_new.html",
        422 if form.errors else 200,
        form=form,
        errors=form.errors,
        role_choices=[(role, role) for role, rank in RANK.items() if rank <= own],
    )
