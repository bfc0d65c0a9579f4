"""Secret links for calendar programs, of a schedule or of a person: made once, shown once, taken away."""

from typing import Any

from fastapi import APIRouter, Request, Response

from api.routes.schedule_feeds import (
    add_feed_of_person,
    add_feed_of_schedule,
    delete_feed_of_person,
    delete_feed_of_schedule,
)
from domain.roles import Permission
from web import flash
from web.addressed import id_of
from web.errors import PageRoute
from web.rendering import render
from web.routes.people import require_own
from web.sign_in import Browser, Parts, Posted, require
from web.views.naming import address_of

router = APIRouter(route_class=PageRoute)

NO_SUCH = "There is no such link."

GONE = "The link is taken away: who reads it is refused from now on."


@router.post("/schedules/{name:path}/feeds")
async def of_schedule(request: Request, parts: Parts, browser: Browser, form: Posted, name: str) -> Response:
    """A link to everybody's shifts."""
    require(browser, Permission.RESPOND)
    made = await add_feed_of_schedule(name, parts, browser.principal)
    return _shown_once(request, made, f"the shifts of {name}", address_of("schedules", name))


@router.post("/schedules/{name:path}/feeds/{feed}/delete")
async def drop_of_schedule(parts: Parts, browser: Browser, form: Posted, name: str, feed: str) -> Response:
    """Nobody reads it any more."""
    require(browser, Permission.RESPOND)
    await delete_feed_of_schedule(name, id_of(feed, NO_SUCH), parts, browser.principal)
    return flash.redirect(f"{address_of('schedules', name)}#feeds", "good", GONE)


@router.post("/people/{email:path}/feeds")
async def of_person(request: Request, parts: Parts, browser: Browser, form: Posted, email: str) -> Response:
    """A link to one's own shifts."""
    require_own(browser, email)
    made = await add_feed_of_person(email, parts, browser.principal)
    return _shown_once(request, made, f"the shifts of {email}", address_of("people", email))


@router.post("/people/{email:path}/feeds/{feed}/delete")
async def drop_of_person(parts: Parts, browser: Browser, form: Posted, email: str, feed: str) -> Response:
    """Nobody reads it any more."""
    require_own(browser, email)
    await delete_feed_of_person(email, id_of(feed, NO_SUCH), parts, browser.principal)
    return flash.redirect(f"{address_of('people', email)}#feeds", "good", GONE)


def _shown_once(request: Request, made: dict[str, Any], what: str, back: str) -> Response:
    return render(request, "feed_key.html", url=made["url"], what=what, back=back)
