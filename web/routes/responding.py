"""How people answer an incident besides taking it in hand: put off, handed on, others asked, facts corrected, roles."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import RowMapping

from api.container import Container
from db.tokens import new_token
from domain.catalogue import Catalogue
from domain.commands import Amend, AnswerCall, Command, GiveRole, PagePeople, Snooze
from domain.incident import Status
from domain.severity import Severity
from gateway.naming import UnknownName, policy_for_severity, reassignment
from web import flash
from web.errors import PageError, PageRoute
from web.forms import Form
from web.rendering import render
from web.routes.actions import envelope, give, require_command
from web.routes.incidents import IncidentRow
from web.sign_in import Browser, Parts, Posted
from web.views.incident import address
from web.views.naming import naming
from web.views.overrides import people_of
from web.views.responding import (
    DESCRIPTION_LONGEST,
    NOTE_LONGEST,
    ROLE_LONGEST,
    TITLE_LONGEST,
    asked_people,
    change_form,
    changes_asked,
    is_active,
    role_choices,
    snooze_choices,
    snoozed_until,
)

router = APIRouter(route_class=PageRoute)

FORMS = {
    "snooze": ("snooze", "snooze.html"),
    "reassign": ("reassign", "reassign.html"),
    "ask": ("page_people", "ask.html"),
    "change": ("amend", "change.html"),
    "roles": ("give_role", "roles.html"),
}
"""By the last word of the address: the command that may be given, and the template."""


@router.get("/incidents/{reference}/{form:str}/form")
async def responding_page(request: Request, parts: Parts, browser: Browser, row: IncidentRow, form: str) -> Response:
    """One of the forms."""
    if form not in FORMS:
        raise PageError(404, "There is no such form.")
    require_command(browser.principal, row, FORMS[form][0])
    if row["status"] == Status.RESOLVED:
        return flash.redirect(address(row), "bad", f"INC-{row['number']} is already RESOLVED.")
    filled = change_form(row) if form == "change" else Form({"length": ["1h"]}) if form == "snooze" else Form({})
    return await _form(request, parts, browser.principal.email, row, form, filled)


@router.post("/incidents/{reference}/snooze/form")
async def snooze(request: Request, parts: Parts, browser: Browser, form: Posted, row: IncidentRow) -> Response:
    """Nobody is told anything until then."""
    require_command(browser.principal, row, "snooze")
    zone = (await _catalogue(parts)).time_zone_of(browser.principal.email)
    until, note = snoozed_until(form, zone), form.text("note", longest=NOTE_LONGEST)
    if form.errors or until is None:
        return await _form(request, parts, browser.principal.email, row, "snooze", form)
    command = Snooze(until=until, note=note or None, **envelope(form, browser.principal))
    return await _given(parts, row, command, f"INC-{row['number']} is snoozed: nobody is told anything until then.")


@router.post("/incidents/{reference}/reassign/form")
async def reassign(request: Request, parts: Parts, browser: Browser, form: Posted, row: IncidentRow) -> Response:
    """Somebody else, or another team, is to take it."""
    require_command(browser.principal, row, "reassign")
    to, note = form.text("to", longest=320, shortest=1), form.text("note", longest=NOTE_LONGEST)
    if not form.errors:
        who = envelope(form, browser.principal)
        try:
            async with parts.sessions() as session:
                command = await reassignment(session, parts.catalogue, parts.settings, row, to, who, note or None)
            return await _given(parts, row, command, f"INC-{row['number']} is reassigned to {to}, who is told now.")
        except UnknownName:
            form.errors["to"] = "Choose a team or a person of the list."
    return await _form(request, parts, browser.principal.email, row, "reassign", form)


@router.post("/incidents/{reference}/ask/form")
async def ask(request: Request, parts: Parts, browser: Browser, form: Posted, row: IncidentRow) -> Response:
    """More people are asked to join."""
    require_command(browser.principal, row, "page_people")
    catalogue = await _catalogue(parts)
    people, note = asked_people(catalogue, form), form.text("note", longest=NOTE_LONGEST)
    if form.errors:
        return await _form(request, parts, browser.principal.email, row, "ask", form)
    command = PagePeople(people=tuple(people), note=note or None, **envelope(form, browser.principal))
    names = ", ".join(naming(catalogue)(email) for email in people)
    return await _given(parts, row, command, f"{names}: asked to join now.")


@router.post("/incidents/{reference}/change/form")
async def change(request: Request, parts: Parts, browser: Browser, form: Posted, row: IncidentRow) -> Response:
    """Another severity, other scopes, another lead, other words."""
    require_command(browser.principal, row, "amend")
    changes = changes_asked(form, row, await _catalogue(parts))
    if form.errors:
        return await _form(request, parts, browser.principal.email, row, "change", form)
    if not changes:
        return flash.redirect(address(row), "wait", "Nothing was changed.")
    policy = None
    if "severity" in changes:
        async with parts.sessions() as session:
            severity = Severity(changes["severity"])
            policy = await policy_for_severity(session, parts.catalogue, parts.settings, row, severity)
    command = Amend(**changes, **envelope(form, browser.principal), policy=policy)
    return await _given(parts, row, command, f"INC-{row['number']} is changed.")


@router.post("/incidents/{reference}/roles/form")
async def give_role(request: Request, parts: Parts, browser: Browser, form: Posted, row: IncidentRow) -> Response:
    """Somebody gets a role, or loses it."""
    require_command(browser.principal, row, "give_role")
    role, person = form.text("role", longest=ROLE_LONGEST, shortest=1), form.raw("person")
    catalogue = await _catalogue(parts)
    if person and not is_active(catalogue, person):
        form.errors["person"] = "Choose a person of the list."
    if form.errors:
        return await _form(request, parts, browser.principal.email, row, "roles", form)
    command = GiveRole(role=role, person=person or None, **envelope(form, browser.principal))
    done = f"{naming(catalogue)(person)} is {role} now." if person else f"Nobody is {role} any more."
    return await _given(parts, row, command, done)


@router.post("/incidents/{reference}/answer")
async def answer(parts: Parts, browser: Browser, form: Posted, row: IncidentRow) -> Response:
    """Whoever was asked to join does, or does not."""
    if browser.principal.email not in row["responders"]:
        role = browser.principal.role
        raise PageError(403, f"You were not asked to join INC-{row['number']}; your role is “{role}”.")
    accepted = form.raw("accepted") == "yes"
    command = AnswerCall(accepted=accepted, **envelope(form, browser.principal))
    return await _given(parts, row, command, "You joined." if accepted else "You declined; whoever asked sees it.")


async def _given(parts: Container, row: RowMapping, command: Command, done: str) -> Response:
    return flash.redirect(address(row), *await give(parts, row, command, done))


async def _catalogue(parts: Container) -> Catalogue:
    async with parts.sessions() as session:
        return await parts.catalogue.read(session)


async def _form(request: Request, parts: Container, viewer: str, row: RowMapping, kind: str, form: Form) -> Response:
    catalogue = await _catalogue(parts)
    zone = catalogue.time_zone_of(viewer)
    values: dict[str, Any] = {
        "zone": zone,
        "lengths": snooze_choices(zone),
        "people": people_of(catalogue),
        "teams": [team.name for team in catalogue.teams],
        "severities": [(severity.value, severity.value) for severity in Severity],
        "scopes": sorted({s.name for s in catalogue.scopes if s.is_active} | set(row["impacted_scopes"])),
        "roles": role_choices(row),
        "note_longest": NOTE_LONGEST,
        "title_longest": TITLE_LONGEST,
        "description_longest": DESCRIPTION_LONGEST,
        "role_longest": ROLE_LONGEST,
    }
    return render(
        request,
        FORMS[kind][1],
        422 if form.errors else 200,
        row=row,
        here=address(row),
        action=f"{address(row)}/{kind}/form",
        form=form,
        errors=form.errors,
        form_id=new_token(),
        **values,
    )
