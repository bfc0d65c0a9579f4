"""The page of one schedule, and what people do there: overrides made and taken back."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.container import Container
from api.routes.schedule_feeds import made_by
from api.routes.schedule_handoffs import list_handoffs, notes_for_the_next
from api.routes.schedule_overrides import add_override, delete_override
from api.routes.schedule_swaps import list_swaps
from db.access import BrowserSession
from db.models import new_id
from db.schedules import feeds
from db.schedules.feeds import Owner
from db.schedules.finding import find_row
from domain.catalogue import Catalogue
from domain.roles import Permission, may
from domain.schedule.schedule import Schedule
from domain.schedule.shifts import levels
from web import flash
from web.addressed import entry_of, id_of
from web.errors import PageRoute
from web.forms import Form
from web.refusals import noted
from web.rendering import render
from web.sign_in import Browser, Parts, Posted, require
from web.views.clock import typed
from web.views.feeds import listed
from web.views.naming import address_of
from web.views.overrides import FIELDS, KINDS, REASON_LONGEST, override_asked, people_of
from web.views.schedules import override_words, schedule_values

router = APIRouter(route_class=PageRoute)

MOST_SWAPS, MOST_HANDOFFS = 10, 5


@router.post("/schedules/{name:path}/overrides/{override}/delete")
async def take_back(parts: Parts, browser: Browser, form: Posted, name: str, override: str) -> Response:
    """The layers hold again."""
    require(browser, Permission.ACKNOWLEDGE)
    id = id_of(override, "There is no such override.")
    await delete_override(name, id, parts, browser.principal)
    here = f"{address_of('schedules', name)}#overrides"
    return flash.redirect(here, "good", "The override is taken back: the layers hold again.")


@router.post("/schedules/{name:path}/overrides")
async def override(request: Request, parts: Parts, browser: Browser, form: Posted, name: str) -> Response:
    """Somebody else, somebody more, or somebody not, for a while."""
    require(browser, Permission.ACKNOWLEDGE)
    body = override_asked(form)
    if not form.errors:
        with noted(form, FIELDS, "who"):
            made = await add_override(name, body, parts, browser.principal)
            here = f"{address_of('schedules', name)}#overrides"
            return flash.redirect(here, "good", f"The override is kept: level {made['level']}, it holds at once.")
    return await page(request, parts, browser, name, form=form)


@router.get("/schedules/{name:path}")
async def schedule_page(request: Request, parts: Parts, browser: Browser, name: str) -> Response:
    """Who is on call when; by the UUID, too, which leads to the name."""
    async with parts.sessions() as session:
        known = await parts.catalogue.read(session)
        if name.rstrip("/") not in known.schedule_named:
            row = await find_row(session, name.rstrip("/"))
            if row is not None:
                return RedirectResponse(address_of("schedules", row.name), 303)
    return await page(request, parts, browser, name)


async def page(
    request: Request, parts: Container, browser: BrowserSession, name: str, *, form: Form | None = None
) -> Response:
    """The page, with what was typed and what is wrong with it."""
    manages = may(browser.principal.role, Permission.MANAGE)
    async with parts.sessions() as session:
        catalogue = await parts.catalogue.read(session)
        schedule = entry_of(catalogue.schedule_named, name, "schedule")
        row = await find_row(session, schedule.name)
        links = await feeds.of(session, Owner(schedule_id=row.id), made_by(browser.principal)) if row else []
    here = address_of("schedules", schedule.name)
    swaps = await list_swaps(schedule.name, parts, None, MOST_SWAPS, None)
    handoffs = await list_handoffs(schedule.name, parts, MOST_HANDOFFS, None)
    notes = await notes_for_the_next(schedule.name, parts)
    asked = catalogue, schedule, request.query_params, browser.principal.email, here
    values = await asyncio.to_thread(schedule_values, *asked)
    return render(
        request,
        "schedule.html",
        422 if form or values["span"].errors else 200,
        refresh=here,
        may_manage=manages,
        may_override=may(browser.principal.role, Permission.RESPOND),
        may_swap=may(browser.principal.role, Permission.ACKNOWLEDGE),
        may_note=may(browser.principal.role, Permission.COMMENT),
        viewer=browser.principal.email,
        swaps=swaps["items"],
        handoffs=handoffs["items"],
        notes=notes["items"],
        feeds=listed(links),
        may_make_feed=may(browser.principal.role, Permission.RESPOND),
        may_drop_feed=manages or bool(links),
        **values,
        **_override_form(catalogue, schedule, values, form),
    )


def _override_form(
    catalogue: Catalogue, schedule: Schedule, values: dict[str, Any], form: Form | None
) -> dict[str, Any]:
    zone, name = values["zone"], values["name"]
    start = datetime.now(UTC).replace(minute=0, second=0) + timedelta(hours=1)
    usual = {
        "kind": "replace",
        "level": "1",
        "clock": zone,
        "start": typed(start, zone),
        "end": typed(start + timedelta(days=1), zone),
        "swap_level": "1",
    }
    return {
        "form": Form({**{key: [value] for key, value in usual.items()}, **(form.posted if form else {})}),
        "errors": form.errors if form else {},
        "people_choices": people_of(catalogue, schedule.people),
        "level_choices": [(level, f"level {level}") for level in levels(schedule) or [1]],
        "kind_choices": list(KINDS.items()),
        "reason_longest": REASON_LONGEST,
        "new_form_id": lambda: new_id().hex,
        "override_words": lambda one: override_words(
            one, [name(email) for email in one.users], name(one.replaces) if one.replaces else None
        ),
    }
