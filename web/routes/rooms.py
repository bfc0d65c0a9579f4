"""The built-in war room: members, messages, an archive."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import RowMapping

from api.container import Container
from db.access import user_by_email
from db.models import WarRoom
from db.tokens import new_token
from domain.commands import Comment
from domain.roles import Permission, may
from web import flash
from web.errors import PageError, PageRoute
from web.queries import people
from web.rendering import render
from web.routes.actions import envelope, give
from web.routes.incidents import IncidentRow
from web.sign_in import Browser, Parts, Posted, require
from web.views.incident import address

router = APIRouter(route_class=PageRoute)

MESSAGE_LONGEST = 4000
EMAIL_LONGEST = 320


@router.get("/incidents/{reference}/room")
async def room_page(request: Request, parts: Parts, browser: Browser, row: IncidentRow) -> Response:
    """What was said, and by whom."""
    return await _page(request, parts, browser, row, {}, {})


@router.post("/incidents/{reference}/room/messages")
async def post_message(request: Request, parts: Parts, browser: Browser, form: Posted, row: IncidentRow) -> Response:
    """Say something."""
    require(browser, Permission.COMMENT)
    room = await _open_room(parts, row)
    text = form.text("text", longest=MESSAGE_LONGEST, shortest=1)
    if form.errors:
        return await _page(request, parts, browser, row, {"text": text}, form.errors)
    await parts.rooms.post(room.id, f"web.{form.id}", browser.principal.email, text)
    return RedirectResponse(f"{address(row)}/room#say", 303)


@router.post("/incidents/{reference}/room/members")
async def invite(request: Request, parts: Parts, browser: Browser, form: Posted, row: IncidentRow) -> Response:
    """Invite somebody, and say so on the timeline."""
    require(browser, Permission.RESPOND)
    room = await _open_room(parts, row)
    email = form.text("email", longest=EMAIL_LONGEST, shortest=1)
    if not form.errors:
        async with parts.sessions() as session:
            user = await user_by_email(session, email)
        if user is not None:
            return await _invite(parts, browser, form, row, room, user.email)
        form.errors["email"] = "Nobody here has this address."
    return await _page(request, parts, browser, row, {"email": email}, form.errors)


async def _invite(
    parts: Container, browser: Browser, form: Posted, row: RowMapping, room: WarRoom, email: str
) -> Response:
    to = f"{address(row)}/room"
    if email in await parts.rooms.members(room.id):
        return flash.redirect(to, "good", f"{email} is in the room already.")
    await parts.rooms.invite(room.id, [email])
    command = Comment(text=f"Invited {email} to the war room", **envelope(form, browser.principal))
    return flash.redirect(to, *await give(parts, row, command, f"{email} was invited."))


async def _open_room(parts: Container, row: RowMapping) -> WarRoom:
    room = await parts.rooms.of_incident(row["id"])
    if room is None:
        raise PageError(404, f"INC-{row['number']} has no war room here.")
    if room.archived_at is not None:
        raise PageError(409, "The room is archived: it can be read, and nothing can be added.")
    return room


async def _page(
    request: Request,
    parts: Container,
    browser: Browser,
    row: RowMapping,
    values: dict[str, str],
    errors: dict[str, str],
) -> Response:
    room = await parts.rooms.of_incident(row["id"])
    here = address(row)
    if room is None:
        raise PageError(404, f"INC-{row['number']} has no war room here. SEV1 and SEV2 get one.")
    async with parts.sessions() as session:
        everybody = await people(session)
    role = browser.principal.role
    return render(
        request,
        "room.html",
        422 if errors else 200,
        live=f"/live?incident={row['id']}",
        refresh=f"{here}/room",
        row=row,
        here=here,
        room=room,
        members=await parts.rooms.members(room.id),
        messages=await parts.rooms.messages(room.id),
        people=everybody,
        names={person.email: person.name for person in everybody},
        may_say=may(role, Permission.COMMENT) and room.archived_at is None,
        may_invite=may(role, Permission.RESPOND) and room.archived_at is None,
        values=values,
        errors=errors,
        new_form_id=new_token,
    )
