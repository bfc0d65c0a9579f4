"""Maintenance windows: made and deleted on pages; the list is on `/quiet`."""

from zoneinfo import available_timezones

from fastapi import APIRouter, Request, Response

from api.container import Container
from api.routes.maintenance import MaintenanceIn, delete_window, make_window, one_window
from db.models import new_id
from domain.roles import Permission
from web import flash
from web.addressed import id_of
from web.errors import PageRoute
from web.forms import Form
from web.queries import service_names, team_names
from web.refusals import noted
from web.rendering import render
from web.sign_in import Browser, Parts, Posted, require
from web.views.quiet import NAME_LONGEST, REASON_LONGEST, REPEATS, WINDOW_FIELDS, window_asked

router = APIRouter(route_class=PageRoute)


@router.get("/quiet/maintenance/new")
async def window_page(request: Request, parts: Parts, browser: Browser) -> Response:
    """The empty form."""
    require(browser, Permission.RESPOND)
    return await _form(request, parts, Form({"time_zone": ["UTC"], "repeat": ["once"], "interval": ["1"]}))


@router.post("/quiet/maintenance/new")
async def add_window(request: Request, parts: Parts, browser: Browser, form: Posted) -> Response:
    """A new maintenance window."""
    require(browser, Permission.RESPOND)
    id, body = form.new_id, window_asked(form)
    if not form.errors:
        with noted(form, WINDOW_FIELDS, "name"):
            made = await make_window(MaintenanceIn.model_validate(body), parts, browser.principal.email, id)
            return flash.redirect("/quiet#maintenance", "good", f"The window “{made['name']}” is kept.")
    return await _form(request, parts, form)


@router.post("/quiet/maintenance/{window}/delete")
async def delete(parts: Parts, browser: Browser, form: Posted, window: str) -> Response:
    """Delete a maintenance window; alerts that it kept quiet say so still."""
    require(browser, Permission.RESPOND)
    kept = await one_window(id_of(window), parts)
    await delete_window(kept["id"], parts)
    return flash.redirect("/quiet#maintenance", "good", f"The window “{kept['name']}” is deleted.")


async def _form(request: Request, parts: Container, form: Form) -> Response:
    async with parts.sessions() as session:
        services, teams = await service_names(session), await team_names(session)
    return render(
        request,
        "maintenance_new.html",
        422 if form.errors else 200,
        form=form,
        errors=form.errors,
        form_id=new_id().hex,
        repeats=REPEATS,
        services=services,
        teams=teams,
        zones=sorted(available_timezones()),
        limits={"name": NAME_LONGEST, "reason": REASON_LONGEST},
    )
