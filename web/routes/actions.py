"""What people do to an incident: each a command with the form's id, so that a double-click acts once."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import RowMapping

from api.container import Container
from db.access import Principal
from db.tokens import new_token
from domain.commands import Acknowledge, Command, Comment, Escalate, Mitigate, Repair, Resolve, Unacknowledge
from domain.incident import Status
from gateway.commands import Answer, Forbidden
from web import flash
from web.errors import PageError, PageRoute
from web.forms import Form
from web.rendering import render
from web.routes.incidents import IncidentRow
from web.sign_in import Browser, Parts, Posted
from web.views.incident import address, allowed, incident_values

router = APIRouter(route_class=PageRoute)

VIA = "web"
NOTE_SHORTEST, NOTE_LONGEST = 5, 2000
RESOLUTION_LONGEST, CAUSE_LONGEST = 5000, 2000
QUEUED = "Queued: Temporal does not answer; it will be carried out when it is back."

BUTTONS: dict[str, tuple[type[Acknowledge | Unacknowledge | Mitigate | Escalate | Repair], str]] = {
    "acknowledge": (Acknowledge, "You acknowledged {}: the escalation has stopped."),
    "unacknowledge": (Unacknowledge, "Nobody has {} in hand any more: the escalation begins again."),
    "mitigate": (Mitigate, "{} is mitigated."),
    "escalate": (Escalate, "{} was escalated: the next step is paged now."),
    "repair": (Repair, "What is missing of {} is made again."),
}


async def give(parts: Container, row: RowMapping, command: Command, done: str) -> tuple[flash.Kind, str]:
    """Give a command; what to tell whoever gave it."""
    try:
        answer = await parts.commands.give(row["id"], command)
    except Forbidden as reason:
        return "bad", str(reason)
    return ("good", done) if answer is Answer.DONE else ("wait", QUEUED)


def envelope(form: Form, principal: Principal) -> dict[str, Any]:
    """What every command from a page carries."""
    return {"id": f"{VIA}.{form.id}", "actor": principal.email, "via": VIA}


def require_command(principal: Principal, row: RowMapping, kind: str) -> None:
    """Refuse who may not give a command.

    Raises:
        PageError: they may not.
    """
    if not allowed(principal, row, kind):
        raise PageError(403, f"Your role “{principal.role}” may not {kind} incidents.")


@router.post("/incidents/{reference}/note")
async def note(request: Request, parts: Parts, browser: Browser, form: Posted, row: IncidentRow) -> Response:
    """Add a note to the timeline and the document."""
    require_command(browser.principal, row, "comment")
    text = form.text("text", longest=NOTE_LONGEST, shortest=NOTE_SHORTEST)
    if form.errors:
        values = await incident_values(parts, browser.principal, row)
        values |= {"values": {"text": text}, "errors": form.errors}
        live = f"/live?incident={row['id']}"
        return render(request, "incident.html", 422, live=live, refresh=address(row), **values)
    said = await give(parts, row, Comment(text=text, **envelope(form, browser.principal)), "Note added.")
    return flash.redirect(f"{address(row)}#timeline", *said)


@router.get("/incidents/{reference}/resolve")
async def resolve_page(request: Request, browser: Browser, row: IncidentRow) -> Response:
    """The form with note, root cause and confirmation."""
    require_command(browser.principal, row, "resolve")
    if row["status"] == Status.RESOLVED:
        return flash.redirect(address(row), "bad", f"INC-{row['number']} is already RESOLVED.")
    return _resolve_form(request, row, {}, {})


@router.post("/incidents/{reference}/resolve")
async def resolve(request: Request, parts: Parts, browser: Browser, form: Posted, row: IncidentRow) -> Response:
    """It is over."""
    require_command(browser.principal, row, "resolve")
    resolution = form.text("resolution_note", longest=RESOLUTION_LONGEST)
    cause = form.text("root_cause", longest=CAUSE_LONGEST)
    if not form.ticked("confirmed"):
        form.errors["confirmed"] = "Tick the box to confirm that the incident is over."
    if form.errors:
        return _resolve_form(request, row, {"resolution_note": resolution, "root_cause": cause}, form.errors)
    command = Resolve(resolution_note=resolution or None, root_cause=cause or None, **envelope(form, browser.principal))
    said = await give(parts, row, command, f"INC-{row['number']} is resolved.")
    return flash.redirect(address(row), *said)


@router.post("/incidents/{reference}/{kind}")
async def act(parts: Parts, browser: Browser, form: Posted, row: IncidentRow, kind: str) -> Response:
    """Acknowledge, take that back, mitigate, escalate or repair: one press of a button."""
    if kind not in BUTTONS:
        raise PageError(404, "There is no such action.")
    require_command(browser.principal, row, kind)
    make, done = BUTTONS[kind]
    before = Status(row["status"])
    said = await give(parts, row, make(**envelope(form, browser.principal)), done.format(f"INC-{row['number']}"))
    if kind == "acknowledge" and before is Status.ACKNOWLEDGED and said[0] == "good":
        said = "good", f"INC-{row['number']} was already acknowledged by {row['acknowledged_by']}."
    return flash.redirect(address(row), *said)


def _resolve_form(request: Request, row: RowMapping, values: dict[str, str], errors: dict[str, str]) -> Response:
    return render(
        request,
        "resolve.html",
        422 if errors else 200,
        row=row,
        here=address(row),
        values=values,
        errors=errors,
        form_id=new_token(),
        limits={"resolution_note": RESOLUTION_LONGEST, "root_cause": CAUSE_LONGEST},
    )
