"""Declaring an incident by hand."""

from typing import Any

from fastapi import APIRouter, Request, Response

from db.idempotency import KeyReused, Replay
from db.incidents import find
from db.tokens import new_token
from domain.roles import Permission
from web import flash
from web.errors import PageRoute
from web.queries import scopes, service_names
from web.rendering import render
from web.sign_in import Browser, Parts, Posted, require
from web.views.declaring import (
    DESCRIPTION_LONGEST,
    SCALE_HIGHEST,
    TITLE_LONGEST,
    TITLE_SHORTEST,
    Declaration,
    declared_text,
    read_declaration,
)
from web.views.incident import address
from web.views.incidents import SEVERITIES

router = APIRouter(route_class=PageRoute)

CREATED = 201


@router.get("/incidents/new")
async def form(request: Request, parts: Parts, browser: Browser) -> Response:
    """The empty form."""
    require(browser, Permission.RESPOND)
    return await _form(request, parts, Declaration(), {})


@router.post("/incidents/new")
async def declare(request: Request, parts: Parts, browser: Browser, form: Posted) -> Response:
    """Open an incident, or join the one that is open; nothing here waits for chat or document."""
    require(browser, Permission.RESPOND)
    async with parts.sessions() as session:
        names = await service_names(session)
        known = [scope.name for scope in await scopes(session)]
    declaration = read_declaration(form, names, known)
    if form.errors:
        return await _form(request, parts, declaration, form.errors)
    alert, raw = declaration.alert(browser.principal.email), declaration.raw()
    try:
        report: Replay = await parts.intake.report_once(alert, raw, browser.principal.id, f"web.{form.id}")
    except KeyReused:  # gone back, changed, and sent again: another declaration
        report = await parts.intake.report_once(alert, raw, browser.principal.id, f"web.{new_token()}")
    async with parts.sessions() as session:
        row = await find(session, report.incident_id)
    if row is None:
        raise LookupError(f"the incident {report.incident_id} was accepted and is not there")
    text = declared_text(row["number"], alert.severity, created=report.status == CREATED)
    return flash.redirect(address(row), "good", text)


async def _form(request: Request, parts: Parts, declaration: Declaration, errors: dict[str, str]) -> Response:
    async with parts.sessions() as session:
        offered: dict[str, Any] = {"services": await service_names(session), "scopes": await scopes(session)}
    return render(
        request,
        "declare.html",
        422 if errors else 200,
        declaration=declaration,
        errors=errors,
        severities=SEVERITIES,
        form_id=new_token(),
        limits={
            "title_shortest": TITLE_SHORTEST,
            "title_longest": TITLE_LONGEST,
            "description_longest": DESCRIPTION_LONGEST,
            "scale_highest": SCALE_HIGHEST,
        },
        **offered,
    )
