"""Putting incidents in order by hand: two that are the same are merged, one that is two is split."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import RowMapping

from api.container import Container
from api.routes.commands import merge_command, split_off
from api.schemas import MergeIn, SplitIn
from db.access import BrowserSession
from db.incidents import Filters, search
from db.tokens import new_token
from domain.incident import Status
from gateway.commands import Forbidden
from web import flash
from web.errors import PageRoute
from web.forms import Form
from web.queries import latest_alerts
from web.refusals import noted
from web.rendering import render
from web.routes.actions import VIA, envelope, give, require_command
from web.routes.incidents import IncidentRow
from web.sign_in import Browser, Parts, Posted
from web.views.incident import address
from web.views.intake import MEANINGS

router = APIRouter(route_class=PageRoute)

NOTE_LONGEST, TITLE_LONGEST = 2000, 500
OFFERED = 50
"""Open incidents that are offered to merge into; any other may be typed."""
ALERTS = 100
"""Alerts that can be ticked; the API takes more."""


@router.get("/incidents/{reference}/merge")
async def merge_page(request: Request, parts: Parts, browser: Browser, row: IncidentRow) -> Response:
    """The form: into which one, and why."""
    require_command(browser.principal, row, "merge")
    return await _merge_form(request, parts, row, Form({}))


@router.post("/incidents/{reference}/merge")
async def merge(request: Request, parts: Parts, browser: Browser, form: Posted, row: IncidentRow) -> Response:
    """Its alerts and their repetitions go to another incident, and it ends."""
    require_command(browser.principal, row, "merge")
    into, note = form.text("into", longest=100, shortest=1), form.text("note", longest=NOTE_LONGEST)
    if not form.errors:
        with noted(form, {"into": "into", "note": "note"}, "into"):
            asked = MergeIn(into=into, note=note or None)
            command = await merge_command(row, parts, asked, envelope(form, browser.principal))
            done = f"INC-{row['number']} is merged into {command.into_short_id}."
            return flash.redirect(address(row), *await give(parts, row, command, done))
    return await _merge_form(request, parts, row, form)


@router.get("/incidents/{reference}/split")
async def split_page(request: Request, parts: Parts, browser: Browser, row: IncidentRow) -> Response:
    """The form: which alerts."""
    require_command(browser.principal, row, "split")
    return await _split_form(request, parts, row, Form({}))


@router.post("/incidents/{reference}/split")
async def split(request: Request, parts: Parts, browser: Browser, form: Posted, row: IncidentRow) -> Response:
    """The ticked alerts get an incident of their own."""
    require_command(browser.principal, row, "split")
    title = form.text("title", longest=TITLE_LONGEST)
    if not form.all("alerts"):
        form.errors["alerts"] = "Tick at least one alert."
    if form.errors:
        return await _split_form(request, parts, row, form)
    return await _split(request, parts, browser, form, row, title)


async def _split(
    request: Request, parts: Container, browser: BrowserSession, form: Form, row: RowMapping, title: str
) -> Response:
    try:
        with noted(form, {"title": "title"}, "alerts"):
            asked = SplitIn.model_validate({"alerts": form.all("alerts"), "title": title or None})
            opened = await split_off(row, parts, asked, browser.principal.email, VIA)
            return flash.redirect(address(opened), "good", f"Split off from INC-{row['number']}.")
    except Forbidden as reason:
        return flash.redirect(address(row), "bad", str(reason))
    return await _split_form(request, parts, row, form)


async def _merge_form(request: Request, parts: Container, row: RowMapping, form: Form) -> Response:
    still_open = Filters(status=tuple(status.value for status in Status if status is not Status.RESOLVED))
    async with parts.sessions() as session:
        others = [one for one in await search(session, still_open, OFFERED) if one["id"] != row["id"]]
    return _shown(request, "merge.html", row, form, others=others)


async def _split_form(request: Request, parts: Container, row: RowMapping, form: Form) -> Response:
    async with parts.sessions() as session:
        alerts = await latest_alerts(session, row["id"], ALERTS)
    return _shown(request, "split.html", row, form, alerts=alerts, meanings=MEANINGS)


def _shown(request: Request, template: str, row: RowMapping, form: Form, **values: Any) -> Response:
    return render(
        request,
        template,
        422 if form.errors else 200,
        row=row,
        here=address(row),
        form=form,
        errors=form.errors,
        form_id=new_token(),
        limits={"note": NOTE_LONGEST, "title": TITLE_LONGEST},
        **values,
    )
